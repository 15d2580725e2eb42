"""How long an answer stays fresh, according to its headers (RFC 9111, 4.2.1). Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime

from newswatch.feeds.dates import from_http

_MAX_AGE = re.compile(r"(?i)(?:^|[\s,])max-age\s*=\s*\"?(\d{1,10})")
_NEVER = re.compile(r"(?i)(?:^|[\s,])(?:no-cache|no-store)(?:$|[\s,=])")


def fresh_for_s(headers: Mapping[str, str], now: datetime) -> float:
    """Seconds from `now` during which a new request brings nothing new; 0 where the server does not say.

    `headers` has lower-case names. Cache-Control wins over Expires. Expires is counted from the
    server's own Date, so that a wrong clock there does no harm.
    """
    control = headers.get("cache-control", "")
    if _NEVER.search(control):
        return 0.0
    age = _MAX_AGE.search(control)
    if age is not None:
        return float(age[1])
    expires = from_http(headers.get("expires"))
    if expires is None:
        return 0.0
    return max((expires - (from_http(headers.get("date")) or now)).total_seconds(), 0.0)
