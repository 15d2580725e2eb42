"""Redirects: which URL comes next, whether it may be requested, and whether with credentials.

Pure. `newswatch.feeds.fetch` does the requests.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache
from urllib.parse import urljoin, urlsplit

from newswatch.errors import FetchRefused
from newswatch.models import Feed
from newswatch.redact import redact_url

MAX_REDIRECTS = 5
REDIRECTS = frozenset({301, 302, 303, 307, 308})
_PERMANENT = frozenset({301, 308})
_PORTS = {"http": 80, "https": 443}
_UPGRADE = ("http", 80, "https", 443)


@dataclass(frozen=True, slots=True)
class Hop:
    """The URL to request now, the URLs before it, and whether the feed's credentials may be sent."""

    url: str
    seen: tuple[str, ...] = ()
    permanent: bool = True
    with_credentials: bool = True

    @property
    def permanent_url(self) -> str | None:
        """The feed's new URL, if all redirects so far were permanent."""
        return self.url if self.seen and self.permanent else None

    def follow(self, status: int, location: str, *, new_cookies: bool = False) -> Hop:
        """The next hop. Raises FetchRefused for loops, long chains and targets that are not http(s).

        A server that sets a cookie may lead to a URL that it was asked before: with the cookie the answer may
        be another one (`new_cookies`).

        Credentials are sent to their own origin only. The usual redirect from http to https on the
        same host keeps them. Once dropped, they stay dropped. User-info in a target is ignored.
        """
        target = _target(self.url, location)
        seen = (*self.seen, self.url)
        if target in seen and not new_cookies:
            raise FetchRefused(f"it redirects in a loop at {redact_url(target)}", kind="redirects")
        if len(seen) > MAX_REDIRECTS:
            raise FetchRefused(
                f"it redirects more than {MAX_REDIRECTS} times, last to {redact_url(target)}",
                kind="redirects",
            )
        return Hop(
            url=target,
            seen=seen,
            permanent=self.permanent and status in _PERMANENT,
            with_credentials=self.with_credentials and same_origin(self.url, target),
        )


@lru_cache(20_000)
def web_url(url: str) -> str:
    """`url` without fragment and surrounding space. Raises FetchRefused unless it is http(s) with a host."""
    url = url.strip().partition("#")[0]
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError:
        raise FetchRefused("the URL cannot be read", kind="scheme") from None
    if parts.scheme.lower() not in _PORTS:
        raise FetchRefused(
            f"{redact_url(url)} is neither http nor https: feeds can only be read over these two",
            kind="scheme",
        )
    if not host:
        raise FetchRefused(f"{redact_url(url)} has no host", kind="scheme")
    return url


def _target(base: str, location: str) -> str:
    try:
        joined = urljoin(base, location.strip())
        parts = urlsplit(web_url(joined))
    except ValueError:
        raise FetchRefused("it redirects to a URL that cannot be read", kind="redirects") from None
    return parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl()


def _origin(url: str) -> tuple[str, str, int]:
    parts = urlsplit(url)
    scheme = parts.scheme.lower()
    return scheme, parts.hostname or "", parts.port or _PORTS[scheme]


def same_origin(old: str, new: str) -> bool:
    """Whether credentials for `old` may be sent to `new`: the same origin, or the same host over https."""
    before, after = _origin(old), _origin(new)
    return before == after or (
        before[1] == after[1] and (before[0], before[2], after[0], after[2]) == _UPGRADE
    )


def at_address(feed: Feed, url: str) -> Feed:
    """The feed at another URL. What only its own origin may see goes along only if that is the same."""
    if not feed.has_own_headers or same_origin(feed.url, url):
        return replace(feed, url=url)
    return replace(feed, url=url, auth=None, headers=(), user_agent="", cookies=())
