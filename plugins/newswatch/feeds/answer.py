"""What a server's answer to a feed request means. Pure; the clock is passed in."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from datetime import datetime

from newswatch.errors import FetchFailed, FetchRefused
from newswatch.feeds.dates import from_http

KEPT_HEADERS = ("content-type", "content-language", "content-location", "cache-control", "expires", "date")
WITH_DOCUMENT = frozenset({200, 203})
_MAX_RETRY_AFTER_S = 7 * 86_400.0
_MAX_VALIDATOR_CHARS = 1_000
PROXY_AUTH_TEXT = "the proxy wants credentials (HTTP 407): put them into the proxy's URL"
_CLOSED = re.compile(rb"(?i)</(?:rss|feed|(?:[\w.-]+:)?rdf)\s*>|\}\s*$")
_PASSING = frozenset({408, 421, 425, 429})


def retry_after_s(value: str | None, now: datetime) -> float | None:
    """Seconds to wait as a Retry-After header says, or None where it says nothing usable.

    Seconds (fractions occur) or an HTTP date (RFC 9110, 10.2.3); never negative, at most a week.
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
    """Returns for 200, 203 and an asked-for 304; raises what any other status means.

    `headers` is case-insensitive. Errors say what happened, without feed or URL: the caller
    adds both.
    """
    if status in WITH_DOCUMENT or (status == 304 and conditional):
        return
    # A date is meant by the server's own clock, which may be wrong.
    wait_s = retry_after_s(headers.get("Retry-After"), from_http(headers.get("Date")) or now)
    if status == 429 and not wait_s:
        # "Too many requests, come back at once" says nothing about when.
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
        raise FetchRefused(f"the server refuses (HTTP {status}{_hint(status)})", kind="http", status=status)
    raise FetchFailed(
        f"the server answered HTTP {status}{_wait_text(wait_s)}",
        kind="http",
        status=status,
        retry_after_s=wait_s,
    )


def is_whole(headers: Mapping[str, str], body: bytes) -> bool:
    """Whether all of the document is sure to have arrived.

    A body that gives neither its length nor comes in chunks ends where the connection does (RFC 9112,
    6.3); then only a document that closes its root, or a JSON one its brace, shows that nothing is missing.
    """
    if "Content-Length" in headers or "Transfer-Encoding" in headers:
        return True
    return _CLOSED.search(body[-2_000:]) is not None


def validator(value: str | None) -> str | None:
    """An ETag or Last-Modified fit to be sent back verbatim, else None.

    One that is not valid UTF-8 or absurdly long could not be returned unchanged, so it is
    treated as absent: better a full answer than a wrong 304.
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


def _wait_text(wait_s: float | None) -> str:
    return "" if wait_s is None else f", retry after {wait_s:g} s"


def _auth_text(status: int) -> str:
    if status == 407:
        return PROXY_AUTH_TEXT
    return "the server wants credentials (HTTP 401): check the feed's `auth`"


def _hint(status: int) -> str:
    return {404: ", not found: is the URL still right?", 403: ", forbidden"}.get(status, "")
