"""An iCalendar file (RFC 5545) with the times of releases, read into moments.

Every event's start is a release. Events repeat daily or more seldom; cancelled and moved ones are respected. The end
of an event means nothing here.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from datetime import date, datetime, time, timedelta, timezone, tzinfo
from pathlib import Path
from time import thread_time
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from newswatch.config.calendar_repeats import RuleUnusable, check_zones, repeated

MAX_BYTES = 1_000_000
MAX_EVENTS, MAX_REPEATING = 2_000, 100
MOST_A_YEAR = 1_000
YEAR = timedelta(days=366)
AHEAD = timedelta(days=100)
"""Only the moments of this time are put in force. Each week the file is read again."""
EARLIEST, LATEST = 1970, 9000
PATIENCE_S = 2.0
"""Of computing, for the occurrences of all events. A thousand a year since 1970 take half of it."""
_READ = ("DTSTART", "RRULE", "RDATE", "EXDATE", "RECURRENCE-ID")

_Event = tuple[Any, tzinfo | None]
"""An event of the library, and the zone of its times without one."""


class CalendarUnusable(ValueError):
    """The file cannot be used. The text says why, without its name."""


def read_calendar(path: Path, today: date) -> list[tuple[datetime, str]]:
    """The moments from `today` (UTC) on for `AHEAD`, in UTC, sorted, each once, with the zone that the calendar gives.

    Raises CalendarUnusable.
    """
    start = datetime.combine(today, time(), timezone.utc)
    moments: dict[datetime, str] = {}
    for at, zone in _moments(_events(_data(path)), start + YEAR):
        if at >= start:
            moments[at] = zone
        if len(moments) > MOST_A_YEAR:
            raise CalendarUnusable(f"has more than {MOST_A_YEAR:,} occurrences within a year: leave some out")
    return sorted(one for one in moments.items() if one[0] < start + AHEAD)


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


def _events(data: bytes) -> list[_Event]:
    # It takes a third of a second to import, and few configurations have a calendar.
    from icalendar import Calendar  # noqa: PLC0415

    try:
        check_zones(data)
        calendars = Calendar.from_ical(data, multiple=True)
        found = [(event, _zone(one)) for one in calendars for event in one.walk("VEVENT")]
    except RuleUnusable as error:
        raise CalendarUnusable(str(error)) from error
    except Exception as error:  # the library raises whatever a broken file leads to
        raise CalendarUnusable(f"is not an iCalendar file: {str(error)[:200]}") from error
    if not calendars:
        raise CalendarUnusable("is not an iCalendar file: it has no VCALENDAR")
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


def _moments(events: list[_Event], until: datetime) -> Iterator[tuple[datetime, str]]:
    stop_at = thread_time() + PATIENCE_S
    moved: dict[str, set[datetime]] = {}
    for event, zone in events:
        with _naming(event):
            moved.setdefault(str(event.get("UID", "")), set()).update(_moved_from(event, zone))
    for event, zone in events:
        found = _occurrences(event, zone, moved[str(event.get("UID", ""))], until)
        while True:
            with _naming(event):
                one = next(found, None)
            if thread_time() >= stop_at:
                raise CalendarUnusable(
                    f"takes too long to read: {_name(event)} and those before it have too many occurrences"
                )
            if one is None:
                break
            yield one


@contextmanager
def _naming(event: Any) -> Iterator[None]:
    """Errors of the event become CalendarUnusable with its name."""
    try:
        yield
    except CalendarUnusable:
        raise
    except RuleUnusable as error:
        raise CalendarUnusable(f"{_name(event)} {error}") from error
    except Exception as error:  # the library raises whatever a broken property leads to
        raise CalendarUnusable(f"{_name(event)} cannot be read: {str(error)[:200]}") from error


def _moved_from(event: Any, zone: tzinfo | None) -> list[datetime]:
    """The time of the occurrence that this event replaces, if it does."""
    broken = [name for name, _ in event.errors if name in _READ]
    if broken:
        raise CalendarUnusable(
            f"{_name(event)} has {_a(broken[0])} that cannot be read: {str(event.get(broken[0]))[:100]!r}"
        )
    if "RECURRENCE-ID" not in event:
        return []
    return [_instant(event.decoded("RECURRENCE-ID"), zone, event)]


def _occurrences(
    event: Any, zone: tzinfo | None, moved: Collection[datetime], until: datetime
) -> Iterator[tuple[datetime, str]]:
    if str(event.get("STATUS", "")).upper() == "CANCELLED":
        return
    if "DTSTART" not in event:
        raise CalendarUnusable(f"{_name(event)} has no start (DTSTART)")
    at = event.decoded("DTSTART")
    first = _instant(at, zone, event)
    left_out = set(_dates(event, "EXDATE", zone))
    if "RECURRENCE-ID" not in event:
        left_out.update(moved)
    named = getattr(at.tzinfo or zone, "key", "UTC")
    for times in (
        [first],
        _repeated(event, at if at.tzinfo else at.replace(tzinfo=zone), until),
        _dates(event, "RDATE", zone),
    ):
        yield from ((one, named) for one in times if one not in left_out and one < until)


def _repeated(event: Any, at: datetime, until: datetime) -> Iterator[datetime]:
    rule = event.get("RRULE")
    if isinstance(rule, list):
        raise CalendarUnusable(f"{_name(event)} has two rules of repetition (RRULE): make it two events")
    return iter(()) if rule is None else repeated(rule, at, until)


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
    if at.year > LATEST:
        raise CalendarUnusable(f"{_name(event)} begins after {LATEST}")
    return (at if at.tzinfo else at.replace(tzinfo=zone)).astimezone(timezone.utc)


def _dates(event: Any, name: str, zone: tzinfo | None) -> Iterator[datetime]:
    """The times of EXDATE or RDATE, which may be there several times."""
    given = event.get(name, [])
    for one in given if isinstance(given, list) else [given]:
        for row in one.dts:
            at = row.dt[0] if isinstance(row.dt, tuple) else row.dt
            yield _instant(at, zone, event)


def _a(name: str) -> str:
    """The property with its article, for messages."""
    return f"an {name}" if name in ("RRULE", "RDATE", "EXDATE") else f"a {name}"


def _name(event: Any) -> str:
    """The event, for messages."""
    return f"event {str(event.get('SUMMARY', event.get('UID', 'without a name')))[:60]!r}"
