"""Dates from feeds, aware and in UTC, or None where a date cannot be right.

Future dates are kept: the claim decides about them.
"""

from __future__ import annotations

import calendar
import re
import time
from datetime import datetime, timedelta, timezone
from email.utils import parsedate_to_datetime

_EARLIEST = datetime(1971, 1, 1, tzinfo=timezone.utc)
"""Anything earlier is the zero of some program (1970, 1900, 1899, 1601, 0001), not the date of news."""

_RFC3339 = re.compile(
    r"^(\d{4})-(\d\d)-(\d\d)(?:[Tt ](\d\d):(\d\d)(?::(\d\d)(?:\.(\d{1,9}))?)?\s*([Zz]|[+-]\d\d:?\d\d)?)?$"
)

_ISO_START = re.compile(r"^\s*(\d{4})-(\d\d)-(\d\d)(?:[Tt ](\d\d):(\d\d)(?::(\d\d))?)?")


def from_struct(parsed: time.struct_time | None, text: str = "") -> datetime | None:
    """A UTC struct_time from feedparser as datetime; None for None and for impossible dates.

    `text` is the date as written in the feed. feedparser takes the 13th month for January of the next
    year. Here such a date is None.
    """
    if parsed is None or _is_impossible(text):
        return None
    try:
        seconds = calendar.timegm(parsed)
        return _sane(datetime(1970, 1, 1, tzinfo=timezone.utc) + timedelta(seconds=seconds))
    except (OverflowError, ValueError):
        return None


def from_http(text: str | None) -> datetime | None:
    """An HTTP date (RFC 9110, 5.6.7), read leniently; None for None and for anything else."""
    try:
        moment = parsedate_to_datetime(text or "")
    except (TypeError, ValueError, OverflowError):
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=timezone.utc)


def _is_impossible(text: str) -> bool:
    match = _ISO_START.match(text)
    if not match:
        return False
    year, month, day, hour, minute, second = (int(part or 0) for part in match.groups())
    if not 1 <= year <= 9999 or not 1 <= month <= 12 or hour > 24 or minute > 59 or second > 60:
        return True
    return not 1 <= day <= calendar.monthrange(year, month)[1]


def from_rfc3339(text: str) -> datetime | None:
    """An RFC 3339 date-time (zone missing: UTC; time missing: midnight), None for anything else."""
    match = _RFC3339.match(text.strip())
    if not match:
        return None
    year, month, day, hour, minute, second, _, zone = match.groups()
    try:
        moment = datetime(
            int(year), int(month), int(day), int(hour or 0), int(minute or 0), tzinfo=timezone.utc
        ) + timedelta(seconds=min(int(second or 0), 60))
        return _sane(moment - _offset(zone))
    except (OverflowError, ValueError):
        return None


def _offset(zone: str | None) -> timedelta:
    if not zone or zone in "Zz":
        return timedelta(0)
    digits = zone[1:].replace(":", "")
    size = timedelta(hours=int(digits[:2]), minutes=int(digits[2:]))
    return -size if zone[0] == "-" else size


def _sane(moment: datetime) -> datetime | None:
    return moment if moment >= _EARLIEST else None
