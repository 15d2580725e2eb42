"""What a server's answer to a feed request means. Pure; the clock is passed in."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from datetime import datetime
from functools import lru_cache

from newswatch.errors import FetchFailed, FetchRefused
from newswatch.feeds.dates import from_http

KEPT_HEADERS = ("content-type", "content-language", "content-location", "cache-control", "expires", "date")
WITH_DOCUMENT = frozenset({200, 203})
_MAX_RETRY_AFTER_S = 7 * 86_400.0
_MAX_VALIDATOR_CHARS = 1_000
PROXY_AUTH_TEXT = "the proxy asks for credentials (HTTP 407): put them into the proxy's URL"
_CLOSED = re.compile(rb"(?i)</(?:rss|feed|(?:[\w.-]+:)?rdf)\s*>|\}\s*$")
_PASSING = frozenset({408, 421, 425, 429})


def retry_after_s(value: str | None, now: datetime) -> float | None:
    """Seconds to wait according to a Retry-After header, or None where it is missing or unusable.

    The header has seconds (sometimes fractions) or an HTTP date (RFC 9110, 10.2.3). The result is
    never negative, and at most a week.
    """
    if not value:
        return None
    value = value.strip()
    try:
        wait_s = float(value)
    except ValueError:
        moment = from_http(value)
        if moment is None:
            return None
        wait_s = (moment - now).total_seconds()
    if not math.isfinite(wait_s):
        return None
    return min(max(wait_s, 0.0), _MAX_RETRY_AFTER_S)


def check_status(status: int, headers: Mapping[str, str], *, now: datetime, conditional: bool) -> None:
    """Returns for 200 and 203, and for 304 if the request was conditional. Raises for any other status.

    `headers` is case-insensitive. Raises FetchFailed or FetchRefused without feed and URL: the caller
    adds both.
    """
    if status in WITH_DOCUMENT or (status == 304 and conditional):
        return
    # A date in Retry-After follows the server's own clock, which may be wrong.
    wait_s = retry_after_s(headers.get("Retry-After"), from_http(headers.get("Date")) or now)
    if status == 429 and not wait_s:
        # 429 with a wait of 0 s contradicts itself, so it counts as a 429 without a time.
        wait_s = None
    if status == 429 or (status == 403 and wait_s is not None):
        raise FetchFailed(
            f"the server asks us to slow down (HTTP {status}{_wait_text(wait_s)})",
            kind="ratelimited",
            status=status,
            retry_after_s=wait_s,
        )
    if status == 410:
        raise FetchRefused("the server says it is gone for good (HTTP 410)", kind="gone", status=status)
    if status in (401, 407):
        raise FetchRefused(_auth_text(status), kind="auth", status=status)
    if 400 <= status < 500 and status not in _PASSING:
        raise FetchRefused(
            f"the server refused the request (HTTP {status}{_hint(status)})",
            kind="http",
            status=status,
            retry_after_s=wait_s,
        )
    raise FetchFailed(
        f"the server answered HTTP {status}{_wait_text(wait_s)}",
        kind="http",
        status=status,
        retry_after_s=wait_s,
    )


def is_whole(headers: Mapping[str, str], body: bytes) -> bool:
    """Whether the whole document has certainly arrived.

    A body without a length and without chunks ends where the connection ends (RFC 9112, 6.3). Then
    only the closing tag of the root, or the closing brace of JSON, shows that nothing is missing.
    """
    if "Content-Length" in headers or "Transfer-Encoding" in headers:
        return True
    return _CLOSED.search(body[-2_000:]) is not None


def validator(value: str | None) -> str | None:
    """An ETag or Last-Modified that can be sent back verbatim, else None.

    A value that is not valid UTF-8 or far too long could not be sent back unchanged, so it counts as
    absent: a full answer is better than a wrong 304.
    """
    if not value or len(value) > _MAX_VALIDATOR_CHARS:
        return None
    if value.isascii() and value.isprintable():
        return value
    if any(c < " " or c == "\x7f" for c in value):
        return None
    try:
        value.encode("utf-8")
    except UnicodeEncodeError:
        return None
    return value


def modified(headers: Mapping[str, str], now: datetime) -> str | None:
    """A Last-Modified that can be sent back, else None.

    A time in the future is not: RFC 9110, 8.8.2.1 forbids it, and a server that compares would answer 304 until then.
    A server whose own Date is as far ahead has only a wrong clock.
    """
    value = validator(headers.get("Last-Modified"))
    moment = _moment(value) if value else None
    if moment is not None and moment > now and moment > (from_http(headers.get("Date")) or now):
        return None
    return value


@lru_cache(20_000)
def _moment(value: str) -> datetime | None:
    """The same text comes with every answer of a feed that does not change."""
    return from_http(value)


def _wait_text(wait_s: float | None) -> str:
    return "" if wait_s is None else f", retry after {wait_s:g} s"


def _auth_text(status: int) -> str:
    if status == 407:
        return PROXY_AUTH_TEXT
    return "the server asks for credentials (HTTP 401): check the feed's `auth`"


def _hint(status: int) -> str:
    return {404: ", not found: is the URL still right?", 403: ", forbidden"}.get(status, "")
