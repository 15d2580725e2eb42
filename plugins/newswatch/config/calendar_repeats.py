"""When an event of a calendar repeats (RRULE of RFC 5545), and which rules of repetition can be followed at all.

A rule comes from outside. One that does not move, or asks for a day that does not exist, must not keep anybody waiting.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import MAXYEAR, date, datetime, time, timezone
from typing import Any

_CYCLE = 400
"""Years after which dates and weekdays repeat."""
_OFTEN = ("SECONDLY", "MINUTELY", "HOURLY")
_ONCE_A_DAY = ("BYHOUR", "BYMINUTE", "BYSECOND")
_OF_ZONES = (
    "FREQ",
    "INTERVAL",
    "COUNT",
    "UNTIL",
    "BYMONTH",
    "BYMONTHDAY",
    "BYDAY",
    "BYYEARDAY",
    "BYSETPOS",
    "WKST",
)
_ENTRIES = (["VEVENT"], ["VTODO"], ["VJOURNAL"])
"""What RFC 5545 lets repeat besides time zones. Of these only events are read, and their rules are checked by `repeated`."""
_MOST_SHOWN = 100


class RuleUnusable(ValueError):
    """The rule cannot be followed. The text goes on after the name of the event."""


def repeated(rule: Any, at: datetime, until: datetime) -> Iterator[datetime]:
    """The times, in UTC and in order, up to `until`, by the clocks of `at`. `rule` is that of the library.

    Raises RuleUnusable.
    """
    from dateutil.rrule import rrulestr  # noqa: PLC0415 - with icalendar

    parts = {str(name).upper(): value for name, value in rule.items()}
    _check(parts)
    last = min(_end(parts["UNTIL"][0], at), until) if "UNTIL" in parts else until
    text = ";".join(
        part
        for part in rule.to_ical().decode().split(";")
        if part.partition("=")[0].upper() not in ("UNTIL", "COUNT")
    )
    # The library follows a rule to the year 9999, which takes seconds where it never comes true. So it gets a year of the
    # same calendar shortly before that.
    later = (MAXYEAR - 1 - max(at.year, until.year)) // _CYCLE * _CYCLE
    try:
        dates = iter(rrulestr(text, dtstart=at.replace(year=at.year + later, tzinfo=None), ignoretz=True))
    except (ValueError, TypeError, KeyError) as error:
        raise RuleUnusable(f"has an RRULE that cannot be read: {text[:_MOST_SHOWN]!r} ({error})") from error
    count = parts.get("COUNT", [None])[0]
    number = 0
    for number, one in enumerate(dates, 1):
        moment = one.replace(year=one.year - later, tzinfo=at.tzinfo).astimezone(timezone.utc)
        if moment > last or (count is not None and number > count):
            return
        yield moment
    if not number:
        raise RuleUnusable(f"repeats on days that do not exist: {text[:_MOST_SHOWN]!r}")


def _check(parts: Mapping[str, Sequence[Any]]) -> None:
    frequency = str(parts.get("FREQ", [""])[0]).upper()
    if not frequency:
        raise RuleUnusable("has an RRULE without FREQ: write FREQ=DAILY, WEEKLY, MONTHLY or YEARLY")
    if frequency in _OFTEN or any(len(parts.get(name, ())) > 1 for name in _ONCE_A_DAY):
        raise RuleUnusable("repeats more often than daily: write an event for each time of day")
    for name in ("INTERVAL", "COUNT"):
        if parts.get(name, [1])[0] < 1:
            raise RuleUnusable(f"has {name}={parts[name][0]} in its RRULE: write 1 or more")


def _end(until: date | datetime, at: datetime) -> datetime:
    """When a repetition ends, in UTC. A date means the whole day."""
    if not isinstance(until, datetime):
        until = datetime.combine(until, time(23, 59, 59))
    try:
        return (until if until.tzinfo else until.replace(tzinfo=at.tzinfo)).astimezone(timezone.utc)
    except OverflowError as error:
        raise RuleUnusable(f"has an UNTIL that is not a usable date: {until:%Y-%m-%d}") from error


def check_zones(data: bytes) -> None:
    """Refuse time zones of the file (VTIMEZONE) whose rules the library would follow for hours. Raises RuleUnusable.

    It is done before the library sees the file.
    """
    inside: list[str] = []
    for number, line in _lines(data):
        name, _, value = line.upper().partition(":")
        if name == "BEGIN":
            inside.append(value.strip())
        elif name == "END" and inside:
            inside.pop()
        elif name.startswith(("RRULE", "EXRULE")) and inside[-1:] not in _ENTRIES and not _is_yearly(line):
            raise RuleUnusable(
                f"has a time zone whose RRULE is not understood: line {number}: {line[:_MOST_SHOWN]!r}; only FREQ=YEARLY is"
            )


def _is_yearly(line: str) -> bool:
    name, _, value = line.upper().partition(":")
    pairs = [part.partition("=")[::2] for part in value.strip().split(";")]
    parts = dict(pairs)
    return (
        name == "RRULE"
        and len(parts) == len(pairs)
        and parts.keys() <= set(_OF_ZONES)
        and parts.get("FREQ") == "YEARLY"
        and re.fullmatch(r"0*[1-9][0-9]{0,3}", parts.get("INTERVAL", "1")) is not None
    )


def _lines(data: bytes) -> Iterator[tuple[int, str]]:
    """The logical lines, each with the number of its first one. A line that begins with a space goes on with the last."""
    begun, parts = 0, [""]
    for number, line in enumerate(data.decode("utf-8", "replace").split("\n"), 1):
        text = line.removesuffix("\r")
        if text.startswith((" ", "\t")):
            parts.append(text[1:])
        elif text:
            yield begun, "".join(parts)
            begun, parts = number, [text]
    yield begun, "".join(parts)
