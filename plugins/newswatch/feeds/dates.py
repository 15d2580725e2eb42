"""The one reader of date texts, from feeds and pages: `read_date`.

It reads the forms that feeds really use, in the order of their frequency: RFC 822, RFC 3339, then everything else
piece by piece (the time of day, the zone, the day). A text that can be read in two ways is decided by its day of
the week, by the other dates of its document (`day_order`), or by the country or language. If nothing decides,
there is no date: a missing date is better than a wrong one. A time without a zone is UTC.

Future dates are kept: the claim decides about them.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from datetime import datetime, timedelta, timezone
from email.utils import parsedate_to_datetime
from html import unescape
from typing import NamedTuple

from newswatch.feeds import time_zones
from newswatch.feeds.date_days import DateHints, Day, day_of, order_of
from newswatch.feeds.date_names import DAY_NAMES, HALVES, MONTHS, fold
from newswatch.feeds.time_zones import UTC, Offset

_EARLIEST = datetime(1971, 1, 1, tzinfo=timezone.utc)
"""Anything earlier is the zero of some program (1970, 1900, 1899, 1601, 0001), not the date of news."""
_LATEST_YEAR = 2200
"""A later year is of another calendar, or a mistake."""
_LONGEST = 100
_LONGEST_MARKUP = 1_000


class Reading(NamedTuple):
    """A date as read, in UTC. Without `has_time` it is the beginning of the day.

    Not `certain`: the zone's name has several meanings, or none that is known. UTC was assumed, and the true time
    may be up to 15 hours earlier or later.
    """

    moment: datetime
    certain: bool = True
    has_time: bool = True


NO_HINTS = DateHints()

_RFC_822 = re.compile(
    r"\s*(?:[A-Za-z]{3},)?\s*(\d{1,2}) ([A-Za-z]{3}) (\d{4}) (\d\d):(\d\d)(?::(\d\d))? ([+-]\d{4}|[A-Z]{1,4})\s*",
    re.ASCII,
)
_RFC_3339 = re.compile(
    r"\s*(\d{4})-(\d\d)-(\d\d)(?:[Tt ](\d\d):(\d\d)(?::(\d\d)(?:[.,]\d{1,9})?)?\s*([Zz]|[+-]\d\d:?\d\d)?)?\s*",
    re.ASCII,
)
_MARKED = re.compile(r"(?is)<time\b[^>]*?\bdatetime\s*=\s*[\"']([^\"']+)")
_TAG = re.compile(r"<[^>]*>")
_STAMP = re.compile(r"(\d{10})(?:\d{3})?(?:\.\d+)?")
_DENSE = re.compile(r"(\d{4})(\d\d)(\d\d)(?:[Tt]?(\d\d)(\d\d)(\d\d)?(?:\.\d+)?)?\s*([Zz]|[+-]\d\d:?\d\d)?")
_LAST_STAMP = 2_000_000_000
"""In 2033. A larger number of ten digits is a date and an hour, such as 2026112610."""
_ASIDE = re.compile(r"[(\[]([^)\]]*)[)\]]")
_ZONE_ASIDE = re.compile(r"[A-Z]{2,5}|(?:GMT|UTC)\s*[+-]\d{1,2}(?::?\d\d)?|[+-]\d\d:?\d\d")

_CLOCK = re.compile(
    r"(?<![\d:+\-])(?:(?P<before>上午|午前|오전|下午|午後|오후|[AP]M)\s*)?"
    r"(?:(?P<h>\d{1,2}):(?P<m>\d{1,2})(?::(?P<s>\d{1,2})(?:[.,]\d{1,9})?)?"
    r"|(?P<h1>\d{1,2})\s?[hH]\s?(?P<m1>\d\d)(?!\w)"
    r"|(?P<h2>\d{1,2})\s*[時时点點시]\s*(?:(?P<m2>\d{1,2})\s*[分분])?\s*(?:(?P<s2>\d{1,2})\s*[秒초])?"
    r"|(?P<h3>\d{1,2})(?:\.(?P<m3>\d\d))?(?=\s*(?:Uhr|uhr|[AaPp]\.?\s?[Mm]\b))"
    r"|(?<=kl\. )(?P<h4>\d{1,2})[.:](?P<m4>\d\d)|(?<=klo )(?P<h5>\d{1,2})[.:](?P<m5>\d\d))"
    r"(?![\d:])\s*(?P<half>[AaPp]\.?\s?[Mm]\.?(?!\w)|[ap]\.\s[m]\.|π\.?μ\.?|μ\.?μ\.?|[صم](?!\w)|上午|下午|[ÖO][ÖS](?!\w))?"
)
_PARTS = {part: [name for name in _CLOCK.groupindex if name[0] == part and len(name) < 3] for part in "hms"}
_ZONE = re.compile(
    r"\s*(?P<place>[A-Z][a-z]+(?:/[A-Z][A-Za-z_-]+){1,2})"
    r"|\s*(?P<name>[A-Za-z]{1,5}\b|МСК)?\s?(?P<digits>[+-](?:\d\d:?\d\d|\d{1,2}:\d\d|\d{1,2}))?(?![\d/:.-])"
)
_OPEN = re.compile(r"(?<!\d)\d{1,2}([-/ ])\d{1,2}\1\d{4}(?!\d)")
_OPEN_IN_MARKUP = re.compile(rb"[>\[]\s*((?:[A-Za-z]{2,9},?\s+)?\d{1,2}[-/ ]\d{1,2}[-/ ]\d{4})(?!\d)")
_LAST_ZONE = re.compile(r"\s+(?:(?P<name>[A-Z]{1,4})\s?)?(?P<digits>[+-]\d\d:?\d\d)?$")


def read_date(text: str, *, hints: DateHints = NO_HINTS) -> Reading | None:
    """The date that a text gives, or None where it gives none for sure."""
    try:
        return _read_usual(text, hints) or _read_any(text, hints)
    except (OverflowError, ValueError):
        return None


def day_order(texts: Iterable[str]) -> bool | None:
    """Whether the dates of a document have the day before the month. None: they do not tell, or contradict each other.

    A date tells if one of its numbers is above 12, or if its day of the week fits only one order.
    """
    found = {order for text in texts if (order := order_of(text)) is not None}
    return found.pop() if len(found) == 1 else None


def is_ambiguous(text: str) -> bool:
    """Whether a date needs the order of its document."""
    return bool(_OPEN.search(text)) and order_of(text) is None


def texts_in(document: bytes) -> list[str]:
    """What may be dates of numbers in a document's markup. Only good enough for `day_order`."""
    return [text.decode("ascii") for text in _OPEN_IN_MARKUP.findall(document)]


def from_http(text: str | None) -> datetime | None:
    """An HTTP date (RFC 9110, 5.6.7), read leniently; None for None and for anything else."""
    try:
        moment = parsedate_to_datetime(text or "")
    except (TypeError, ValueError, OverflowError):
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=timezone.utc)


def _read_usual(text: str, hints: DateHints) -> Reading | None:
    """RFC 822 with a zone, and RFC 3339 (zone missing: UTC; time missing: midnight)."""
    match = _RFC_822.fullmatch(text)
    if match:
        day, name, year, hour, minute, second, zone = match.groups()
        month = MONTHS.get(name.lower())
        if month is None:
            return None
        date = int(year), month, int(day)
        return _reading(date, (hour, minute, second), _zone(zone, datetime(*date), hints))  # noqa: DTZ001
    match = _RFC_3339.fullmatch(text)
    if match is None:
        return None
    year, month_digits, day, *clock, zone = match.groups()
    return _reading((int(year), int(month_digits), int(day)), clock, _digits(zone))


def _digits(zone: str | None) -> Offset:
    return UTC if not zone or zone in "Zz" else time_zones.of_digits(zone)


def _reading(date: Day | None, clock: Iterable[str | None], offset: Offset) -> Reading | None:
    """Raises ValueError or OverflowError for a date that cannot be."""
    if date is None:
        return None
    hour, minute, second = (None if part is None else int(part) for part in clock)
    moment = time_zones.as_utc(_local(date, hour or 0, minute or 0, second or 0), offset)
    if moment < _EARLIEST or date[0] > _LATEST_YEAR:
        return None
    return Reading(moment, offset.known, hour is not None)


def _local(date: Day, hour: int, minute: int, second: int) -> datetime:
    """24:00:00 is the end of the day, and a leap second the beginning of the next minute. Raises ValueError."""
    if minute > 59 or second > 60 or (hour == 24 and (minute or second)) or hour > 24:
        raise ValueError("no time of day")
    return datetime(*date) + timedelta(hours=hour, minutes=minute, seconds=second)  # noqa: DTZ001 - a local time


def _read_any(text: str, hints: DateHints) -> Reading | None:
    text = unicodedata.normalize("NFKC", text[:_LONGEST_MARKUP]).strip()
    if "<" in text:
        marked = _MARKED.search(text)
        inside = unescape(_TAG.sub(" ", text))
        return (read_date(marked[1], hints=hints) if marked else None) or read_date(inside, hints=hints)
    if not text or len(text) > _LONGEST or not any(letter.isdigit() for letter in text):
        return None
    stamp = _STAMP.fullmatch(text)
    if stamp and int(stamp[1]) < _LAST_STAMP:
        return _sane(datetime.fromtimestamp(int(stamp[1]), timezone.utc))
    dense = _DENSE.fullmatch(text)
    if dense:
        year, month, day, *clock, zone = dense.groups()
        return _reading((int(year), int(month), int(day)), clock, _digits(zone))
    return _read_pieces(_ASIDE.sub(_aside, text), hints)


def _sane(moment: datetime) -> Reading | None:
    return Reading(moment) if moment >= _EARLIEST else None


def _aside(match: re.Match[str]) -> str:
    """Of what is in brackets only a zone counts, if none is before it."""
    inside = match[1].strip()
    before = match.string[: match.start()].rstrip()
    known = re.search(r"[+-]\d\d:?\d\d$|[A-Z]{2,5}$", before)
    return f" {inside} " if not known and _ZONE_ASIDE.fullmatch(inside) else " "


def _read_pieces(text: str, hints: DateHints) -> Reading | None:
    clock = _CLOCK.search(text)
    if clock is None:
        zone = _LAST_ZONE.search(text)
        if zone is None or (zone["name"] and not time_zones.is_name(zone["name"])):
            rest, zone = text, None
        else:
            rest = text[: zone.start()]
        time: tuple[str | None, str | None, str | None] = (None, None, None)
    else:
        zone = _ZONE.match(text, clock.end())
        if zone and zone["name"] and not _is_zone(zone["name"]):
            zone = None
        rest = f"{text[: clock.start()]} {text[zone.end() if zone else clock.end() :]}"
        hours = _hours(clock)
        if hours is None:
            return None
        time = (str(hours), _group(clock, "m"), _group(clock, "s"))
    date = day_of(rest, hints)
    if date is None:
        return None
    local = _local(date, int(time[0] or 0), 0, 0)
    return _reading(date, time, _offset(zone, local, hints))


def _is_zone(name: str) -> bool:
    """Whether the word after the time of day is a zone's name, known or not: capitals, but no month or day."""
    return time_zones.is_name(name) or (
        len(name) > 1 and name.isupper() and fold(name) not in MONTHS and fold(name) not in DAY_NAMES
    )


def _offset(zone: re.Match[str] | None, local: datetime, hints: DateHints) -> Offset:
    found = zone.groupdict() if zone else {}
    return _zone(found.get("digits") or found.get("place") or found.get("name") or "", local, hints)


def _zone(text: str, local: datetime, hints: DateHints) -> Offset:
    """What a zone's text means; UTC if there is none."""
    if not text or text in ("GMT", "UTC", "Z", "z"):
        return UTC
    if text[0] in "+-":
        return time_zones.of_digits(text)
    return time_zones.of_name(text, local, country=hints.country, language=hints.tongue)


def _group(clock: re.Match[str], part: str) -> str | None:
    """The hour, minute or second, whichever way it is written."""
    return next((clock[name] for name in _PARTS[part] if clock[name]), None)


def _hours(clock: re.Match[str]) -> int | None:
    """The hour of 24. None if the half of the day contradicts it: 14:00 AM, 0:15 PM."""
    hour, half = int(_group(clock, "h") or 0), clock["half"] or clock["before"]
    if not half:
        return hour
    later = HALVES[fold(half.replace(" ", ""))]
    if hour > 12:
        return hour if later and hour < 24 else None
    if hour == 0:
        return None if later else 0
    return hour % 12 + later
