"""One feed's way through redirects: where it is, where it may go next, what it may carry there.

Pure; `newswatch.feeds.fetch` walks it.
"""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urljoin, urlsplit

from newswatch.errors import FetchRefused
from newswatch.redact import redact_url

MAX_REDIRECTS = 5
REDIRECTS = frozenset({301, 302, 303, 307, 308})
_PERMANENT = frozenset({301, 308})
_PORTS = {"http": 80, "https": 443}
_UPGRADE = ("http", 80, "https", 443)


@dataclass(frozen=True, slots=True)
class Hop:
    """The URL to ask now, how we came there, and whether the feed's credentials may go along."""

    url: str
    seen: tuple[str, ...] = ()
    permanent: bool = True
    with_credentials: bool = True

    @property
    def permanent_url(self) -> str | None:
        """The URL to adopt, if every step so far was a permanent one."""
        return self.url if self.seen and self.permanent else None

    def follow(self, status: int, location: str) -> Hop:
        """The next hop. Raises FetchRefused for loops, long chains and targets that are not http(s).

        Credentials stay within their origin; the usual step from http to https on the same host
        keeps them. Once dropped they do not come back. User-info in a target is not used.
        """
        target = _target(self.url, location)
        seen = (*self.seen, self.url)
        if target in seen:
            raise FetchRefused(f"it redirects in a circle at {redact_url(target)}", kind="redirects")
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
            f"{redact_url(url)} is neither http nor https; feeds are read over these two only", kind="scheme"
        )
    if not host:
        raise FetchRefused(f"{redact_url(url)} names no host", kind="scheme")
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
    """Whether `new` is where credentials for `old` may go: the same origin, or its step to https."""
    before, after = _origin(old), _origin(new)
    return before == after or (
        before[1] == after[1] and (before[0], before[2], after[0], after[2]) == _UPGRADE
    )
