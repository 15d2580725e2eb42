"""What a feed's requests have that others have not: credentials, headers, user agent, cookies. Only its origin gets them."""

from __future__ import annotations

from dataclasses import dataclass, field

from aiohttp import hdrs

from newswatch import feed_secrets
from newswatch.errors import FetchRefused
from newswatch.feeds.auth import Auth, Resolve
from newswatch.models import Feed


@dataclass(frozen=True, slots=True)
class OwnHeaders:
    """Headers and cookies with their secrets filled in; hidden from `repr`."""

    headers: dict[str, str] = field(repr=False)
    cookies: tuple[tuple[str, str], ...] = field(repr=False)

    def over(self, usual: dict[str, str]) -> dict[str, str]:
        """The usual headers, with these instead of those of the same name."""
        names = {name.lower() for name in self.headers}
        return {name: value for name, value in usual.items() if name.lower() not in names} | self.headers


def own_headers(feed: Feed, user_info: tuple[str, str] | None, resolve: Resolve) -> OwnHeaders | None:
    """What `feed` says about its requests, or None if that is nothing. `user_info` is that of its URL.

    Raises FetchRefused(kind="auth") for a secret that is missing or that no header can have.
    """
    if user_info is None and not feed.has_own_headers:
        return None
    headers = {name: _filled(value, f"headers: {name}", resolve) for name, value in feed.headers}
    if feed.user_agent:
        headers[hdrs.USER_AGENT] = _filled(feed.user_agent, "user_agent", resolve)
    if feed.auth is not None:
        headers[hdrs.AUTHORIZATION] = _secret(resolve(feed.auth), "auth", feed.auth).header
    elif user_info is not None:
        headers[hdrs.AUTHORIZATION] = Auth.basic(*user_info).header
    cookies = tuple((name, _filled(value, f"cookies: {name}", resolve)) for name, value in feed.cookies)
    return OwnHeaders(headers, cookies)


def _filled(value: str, key: str, resolve: Resolve) -> str:
    """The value, or the secret that it names."""
    if not feed_secrets.is_name(value):
        return value
    found = _secret(resolve(value, plain=True), key, value).header
    if not feed_secrets.sendable(found):
        raise FetchRefused(
            f"`{key}: {value}`: the secret has characters that a header cannot have", kind="auth"
        )
    return found


def _secret(found: Auth | None, key: str, name: str) -> Auth:
    if found is None:
        raise FetchRefused(
            f"`{key}: {name}`: there is no Airflow connection or environment variable with that name",
            kind="auth",
        )
    return found
