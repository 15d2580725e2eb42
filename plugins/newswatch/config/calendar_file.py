"""An iCalendar file (RFC 5545) with the times of releases, read into moments.

Every event's start is a release. Events repeat daily or more seldom; cancelled and moved ones are respected. The end
of an event means nothing here.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date, datetime, time, timedelta, timezone, tzinfo
from itertools import islice
from pathlib import Path
from time import monotonic
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

MAX_BYTES = 1_000_000
MAX_EVENTS, MAX_REPEATING = 2_000, 100
MOST_A_YEAR = 1_000
YEAR = timedelta(days=366)
AHEAD = timedelta(days=100)
"""Only the moments of this time are put in force. Each week the file is read again."""
EARLIEST = 1970
PATIENCE_S = 5.0
"""A rule of repetition that never comes true is followed for thousands of years, which takes seconds."""
_OFTEN = ("SECONDLY", "MINUTELY", "HOURLY")


class CalendarUnusable(ValueError):
    """The file cannot be used. The text says why, without its name."""


def read_calendar(path: Path, today: date) -> list[tuple[datetime, str]]:
    """The moments from `today` (UTC) on for `AHEAD`, in UTC, sorted, each once, with the zone that the calendar gives.

    Raises CalendarUnusable.
    """
    start = datetime.combine(today, time(), timezone.utc)
    moments = {at: zone for at, zone in _moments(_events(_data(path)), start + YEAR) if at >= start}
    found = sorted(moments.items())
    if len(found) > MOST_A_YEAR:
        raise CalendarUnusable(f"has more than {MOST_A_YEAR:,} occurrences within a year: leave some out")
    return [one for one in found if one[0] < start + AHEAD]


def _data(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
    except FileNotFoundError:
        raise CalendarUnusable("does not exist in the configuration folder") from None
    except OSError as error:
        raise CalendarUnusable(f"cannot be read ({type(error).__name__})") from error
    if len(data) > MAX_BYTES:
        raise CalendarUnusable("is over 1 MB: keep the events that matter")
    return data


def _events(data: bytes) -> list[tuple[Any, tzinfo | None]]:
    """Its events, each with the zone of times without one."""
    # It takes a third of a second to import, and few configurations have a calendar.
    from icalendar import Calendar  # noqa: PLC0415

    try:
        calendars = Calendar.from_ical(data, multiple=True)
    except (ValueError, KeyError, IndexError, TypeError, AttributeError) as error:
        raise CalendarUnusable(f"is not an iCalendar file: {str(error)[:200]}") from error
    if not calendars:
        raise CalendarUnusable("is not an iCalendar file: it has no VCALENDAR")
    found = [(event, _zone(one)) for one in calendars for event in one.walk("VEVENT")]
    repeating = sum(1 for event, _ in found if "RRULE" in event)
    if len(found) > MAX_EVENTS or repeating > MAX_REPEATING:
        raise CalendarUnusable(
            f"has {len(found):,} events, {repeating:,} of them repeating: at most {MAX_EVENTS:,} and {MAX_REPEATING} are read"
        )
    return found


def _zone(calendar: Any) -> tzinfo | None:
    name = str(calendar.get("X-WR-TIMEZONE", ""))
    try:
        return ZoneInfo(name) if name else None
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return None


def _moments(events: Iterable[tuple[Any, tzinfo | None]], until: datetime) -> Iterator[tuple[datetime, str]]:
    events = list(events)
    moved: dict[str, set[datetime]] = {}
    for event, zone in events:
        if "RECURRENCE-ID" in event:
            at = _instant(event.decoded("RECURRENCE-ID"), zone, event)
            moved.setdefault(str(event.get("UID", "")), set()).add(at)
    stop_at = monotonic() + PATIENCE_S
    for event, zone in events:
        if monotonic() >= stop_at:
            raise CalendarUnusable(
                f"takes too long to read: remove repetitions that never come true before {_name(event)}"
            )
        if str(event.get("STATUS", "")).upper() == "CANCELLED":
            continue
        try:
            at = event.decoded("DTSTART")
        except (KeyError, ValueError) as error:
            raise CalendarUnusable(f"{_name(event)} has no usable start (DTSTART)") from error
        left_out = set(_dates(event, "EXDATE", zone))
        if "RECURRENCE-ID" not in event:
            left_out |= moved.get(str(event.get("UID", "")), set())
        first = _instant(at, zone, event)
        found = [
            *_repeated(event, at if at.tzinfo else at.replace(tzinfo=zone), until),
            *_dates(event, "RDATE", zone),
        ]
        named = getattr(at.tzinfo or zone, "key", "UTC")
        yield from ((one, named) for one in [first, *found] if one not in left_out and one < until)


def _instant(at: date | datetime, zone: tzinfo | None, event: Any) -> datetime:
    """A time of an event in UTC."""
    if not isinstance(at, datetime):
        raise CalendarUnusable(f"{_name(event)} has no time of day: give it one, or remove it")
    if at.tzinfo is None and zone is None:
        raise CalendarUnusable(
            f"{_name(event)} has no time zone: write DTSTART;TZID=Europe/Berlin:…, or UTC with a Z"
        )
    if at.year < EARLIEST:
        raise CalendarUnusable(f"{_name(event)} begins before {EARLIEST}")
    return (at if at.tzinfo else at.replace(tzinfo=zone)).astimezone(timezone.utc)


def _dates(event: Any, name: str, zone: tzinfo | None) -> Iterator[datetime]:
    """The times of EXDATE or RDATE, which may be there several times."""
    given = event.get(name, [])
    for one in given if isinstance(given, list) else [given]:
        for row in one.dts:
            at = row.dt[0] if isinstance(row.dt, tuple) else row.dt
            yield _instant(at, zone, event)


def _repeated(event: Any, at: datetime, until: datetime) -> Iterator[datetime]:
    """The times of RRULE, by the clocks of the event's zone."""
    rule = event.get("RRULE")
    if rule is None:
        return
    if isinstance(rule, list):
        raise CalendarUnusable(f"{_name(event)} has two rules of repetition (RRULE): make it two events")
    from dateutil.rrule import rrulestr  # noqa: PLC0415 - with icalendar

    parts = {str(name).upper(): value for name, value in rule.items()}
    times = [len(parts.get(name, [0])) for name in ("BYHOUR", "BYMINUTE", "BYSECOND")]
    if str(parts.get("FREQ", [""])[0]).upper() in _OFTEN or max(times) > 1:
        raise CalendarUnusable(
            f"{_name(event)} repeats more often than daily: write an event for each time of day"
        )
    count = parts.get("COUNT", [None])[0]
    last = min(_end(parts["UNTIL"][0], at), until) if "UNTIL" in parts else until
    text = ";".join(
        part
        for part in rule.to_ical().decode().split(";")
        if part.partition("=")[0].upper() not in ("UNTIL", "COUNT")
    )
    try:
        found = rrulestr(f"{text};UNTIL={last:%Y%m%dT%H%M%SZ}", dtstart=at)
        for one in islice(found, count):
            yield one.astimezone(timezone.utc)
    except (ValueError, TypeError, KeyError) as error:
        raise CalendarUnusable(
            f"{_name(event)} has a rule of repetition that cannot be read: {error}"
        ) from error


def _end(until: date | datetime, at: datetime) -> datetime:
    """When a repetition ends, in UTC. A date means the whole day."""
    if not isinstance(until, datetime):
        until = datetime.combine(until, time(23, 59, 59))
    return (until if until.tzinfo else until.replace(tzinfo=at.tzinfo)).astimezone(timezone.utc)


def _name(event: Any) -> str:
    """The event, for messages."""
    return f"event {str(event.get('SUMMARY', event.get('UID', 'without a name')))[:60]!r}"
