"""The release windows of feeds: their moments, how many a day a host can have, and the rules that they expect."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timezone
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from newswatch.config.calendar_file import CalendarUnusable, read_calendar
from newswatch.config.kinds import did_you_mean
from newswatch.config.records import CheckedMapping
from newswatch.config.report import FileReport
from newswatch.config.yaml_tree import Node
from newswatch.models import Window

MOST_A_DAY = 3
"""Windows that one host can have on one day (UTC). A server is not to be polled every second for hours."""


@dataclass(frozen=True, slots=True)
class ExpectedRule:
    """A rule that a window waits for, and where it is named."""

    line: int
    col: int
    label: str
    rule_id: str


@dataclass(slots=True)
class WindowsPart:
    """What the windows of all feeds have in common."""

    calendars: dict[str, list[tuple[datetime, str]]] = field(default_factory=dict)
    """The moments of each calendar that was read. One that cannot be used is reported once."""
    expected: list[ExpectedRule] = field(default_factory=list)
    by_host: Counter[tuple[str, date]] = field(default_factory=Counter)


def read_windows(
    given: CheckedMapping, part: WindowsPart, report: FileReport, today: date, folder: Path | None
) -> tuple[Window, ...]:
    """A feed's windows, in the order of their times. Problems go to the report.

    Calendars are in `folder`; None reads none.
    """
    label = f"feed {given.get('id', '')!r}: windows"
    found: list[Window] = []
    for window in given.get("windows", ()):
        if "expect" in window.givens:
            part.expected.append(_expected(window, label))
        local: datetime | None = window.get("at")
        zone: str | None = window.get("timezone")
        at = None if local is None or zone is None else _moment(local, zone, window, label, report)
        if at is None:
            continue
        made = Window(int(at.timestamp()), timezone=zone or "UTC", **_chosen(window))
        if at.date() < today:
            report.warning(
                window.node_of("at"), f"{label}: {local:%Y-%m-%d %H:%M} is past: remove the window"
            )
            continue
        _count(given, at, window.node_of("at"), label, part, report)
        found.append(made)
    found += _from_calendar(given, part, report, today, folder)
    return tuple(sorted(found, key=lambda one: one.at_s))


def _from_calendar(
    given: CheckedMapping, part: WindowsPart, report: FileReport, today: date, folder: Path | None
) -> list[Window]:
    calendar: CheckedMapping | None = given.get("calendar")
    if calendar is None:
        return []
    label = f"feed {given.get('id', '')!r}: calendar"
    if "expect" in calendar.givens:
        part.expected.append(_expected(calendar, label))
    name: str | None = calendar.get("file")
    if name is None or folder is None:
        return []
    node = calendar.node_of("file")
    if name not in part.calendars:
        try:
            part.calendars[name] = read_calendar(folder / name, today)
        except CalendarUnusable as error:
            report.error(node, f"{label}: {name} {error}")
            part.calendars[name] = []
    chosen = _chosen(calendar)
    for at, _ in part.calendars[name]:
        _count(given, at, node, label, part, report)
    return [Window(int(at.timestamp()), timezone=zone, **chosen) for at, zone in part.calendars[name]]


def _expected(given: CheckedMapping, label: str) -> ExpectedRule:
    node = given.node_of("expect")
    return ExpectedRule(node.line, node.col, label, given.get("expect"))


def _chosen(window: CheckedMapping) -> dict[str, Any]:
    """What the mapping says apart from the time."""
    names = {"for": "for_s", "every": "every_s", "expect": "expect"}
    return {field: window.get(name) for name, field in names.items() if name in window.givens}


def _count(
    given: CheckedMapping, at: datetime, node: Node, label: str, part: WindowsPart, report: FileReport
) -> None:
    host = urlsplit(given.get("url", "")).hostname or ""
    part.by_host[host, at.date()] += 1
    if part.by_host[host, at.date()] > MOST_A_DAY:
        report.error(
            node,
            f"{label}: {host} has more than {MOST_A_DAY} windows on {at:%Y-%m-%d} (UTC): keep the most important ones,"
            " since a server must not be polled every second all day",
        )


def _moment(
    local: datetime, zone: str, window: CheckedMapping, label: str, report: FileReport
) -> datetime | None:
    """The moment in UTC; None after it was reported that clocks skip it."""
    first, second = (local.replace(tzinfo=ZoneInfo(zone), fold=fold) for fold in (0, 1))
    at, later = first.astimezone(timezone.utc), second.astimezone(timezone.utc)
    if at == later:
        return at
    node, text = window.node_of("at"), f"{label}: {local:%Y-%m-%d %H:%M}"
    if at > later:
        after = at.astimezone(ZoneInfo(zone))
        report.error(
            node,
            f"{text} does not exist in {zone}: the clocks are put forward then; write {after:%H:%M} if you mean that",
        )
        return None
    report.warning(
        node,
        f"{text} comes twice in {zone}, because the clocks are put back: the first one counts ({at:%H:%M} UTC); for the second"
        f" write {later:%H:%M} with timezone: UTC",
    )
    return at


def check_expected(part: WindowsPart, report: FileReport, known: Collection[str], *, complete: bool) -> None:
    """Report rules that windows expect and that do not exist. Without all rules (`complete`) nothing is known of them."""
    if not complete:
        return
    for one in part.expected:
        if one.rule_id not in known:
            near = did_you_mean(one.rule_id, _sorted(known))
            report.error_at(one.line, one.col, f"{one.label}: expect: there is no rule {one.rule_id!r}{near}")


def _sorted(known: Collection[str]) -> Sequence[str]:
    return sorted(filter(None, known))
