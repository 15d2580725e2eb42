"""Charts as SVG geometry, which templates draw without script or inline style. Pure."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta, timezone

from newswatch.quantity import quantity
from newswatch.store.hops import Column


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar in chart units; `label` is shown when the mouse points at it."""

    x: float
    y: float
    width: float
    height: float
    label: str


@dataclass(frozen=True, slots=True)
class Chart:
    """Bars on a canvas. `summary` says in words what the chart shows."""

    width: int
    height: int
    bars: tuple[Bar, ...]
    summary: str
    most: float


def bars(
    values: Sequence[float],
    labels: Sequence[str],
    summary: str,
    *,
    width: int = 480,
    height: int = 96,
    gap: float = 0.2,
    least: float = 0,
) -> Chart:
    """A column for each value, scaled to the highest or to `least`. One that is not zero is always visible."""
    most = max(*values, least) if values else least
    step = width / max(len(values), 1)
    drawn = []
    for number, (value, label) in enumerate(zip(values, labels, strict=True)):
        tall = max(2.0, value / most * (height - 2)) if value and most else 0.0
        left = number * step + step * gap / 2
        drawn.append(
            Bar(round(left, 2), round(height - tall, 2), round(step * (1 - gap), 2), round(tall, 2), label)
        )
    return Chart(width, height, tuple(drawn), summary, most)


@dataclass(frozen=True, slots=True)
class Cell:
    """One square of a grid. `level` is its strength from 0 (none) to 1."""

    x: int
    y: int
    level: float
    label: str


@dataclass(frozen=True, slots=True)
class Grid:
    """Squares on a canvas of columns and rows. `summary` says in words what they show."""

    columns: int
    rows: int
    cells: tuple[Cell, ...]
    summary: str


HOURS_A_ROW = 3


def by_day_and_hour(moments: Sequence[datetime], now: datetime, days: int) -> Grid:
    """What happened at these moments: a column for each day, today last, and a row for every three hours (UTC)."""
    counts = Counter(((now.date() - at.date()).days, at.hour // HOURS_A_ROW) for at in moments)
    most = max((n for (ago, _), n in counts.items() if ago < days), default=0)
    cells = []
    for ago in range(days):
        day = now.date() - timedelta(days=ago)
        for row in range(24 // HOURS_A_ROW):
            number = counts[ago, row]
            until = (row + 1) * HOURS_A_ROW
            label = f"{day:%a %d %b}, {row * HOURS_A_ROW:02}:00 to {until:02}:00 UTC: {number:,}"
            level = round(0.3 + 0.7 * number / most, 2) if number else 0.0
            cells.append(Cell(days - 1 - ago, row, level, label))
    hours = Counter(at.hour for at in moments if (now.date() - at.date()).days < days)
    busiest = max(hours, key=lambda hour: (hours[hour], -hour), default=0)
    told = f", most between {busiest:02}:00 and {busiest + 1:02}:00 UTC ({hours[busiest]:,})" if hours else ""
    summary = f"Alerts by day and hour: {sum(hours.values()):,} in {quantity(days, 'day')}{told}"
    return Grid(days, 24 // HOURS_A_ROW, tuple(cells), summary)


def by_day(
    counts: Sequence[int],
    now: datetime,
    what: str,
    *,
    width: int = 480,
    height: int = 96,
    known: int | None = None,
) -> Chart:
    """A column for each day, today last. `what` is counted: "alert", "item".

    Only the last `known` days are counted in full, all if it is None: the others have no column.
    """
    whole = len(counts) if known is None else known
    first = len(counts) - whole
    days = [now.date() - timedelta(days=len(counts) - 1 - number) for number in range(len(counts))]
    shown = [0] * first + list(counts[first:])
    labels = [
        f"{day:%a %d %b}: {'not counted yet' if number < first else f'{count:,}'}"
        for number, (day, count) in enumerate(zip(days, shown, strict=True))
    ]
    most, total = max(shown, default=0), sum(shown)
    best = labels[shown.index(most)] if most else "none on any day"
    span = quantity(whole, "day") if not first else f"the last {whole} of {quantity(len(counts), 'day')}"
    summary = f"{quantity(total, what)} in {span}, the most on {best}" if most else f"No {what}s in {span}"
    return bars(shown, labels, summary, width=width, height=height)


def by_hour(counts: Sequence[int], now: datetime) -> Chart:
    """New items by hour, the current hour last."""
    starts = [now - timedelta(hours=len(counts) - 1 - number) for number in range(len(counts))]
    labels = [f"{at:%H}:00 UTC: {count:,}" for at, count in zip(starts, counts, strict=True)]
    busiest = max(counts, default=0)
    summary = (
        f"New items by hour: {sum(counts):,} in {quantity(len(counts), 'hour')}, {busiest:,} in the busiest"
    )
    return bars(counts, labels, summary)


STEP_S = 600
_HIGH = 10
"""A queue of this length is drawn in full height, unless it was longer: a single message is not a peak."""


def queue_day(samples: Sequence[tuple[int, int]], now: datetime, what: str) -> Chart:
    """How long a queue was in the last 24 hours, from samples of (time in s, length).

    A column for every ten minutes, with the longest it was then; now last.
    """
    columns, last = 86_400 // STEP_S, int(now.timestamp()) // STEP_S
    longest: list[int | None] = [None] * columns
    for at_s, length in samples:
        column = columns - 1 - (last - at_s // STEP_S)
        if 0 <= column < columns:
            longest[column] = max(longest[column] or 0, length)
    starts = [datetime.fromtimestamp((last - columns + 1 + n) * STEP_S, timezone.utc) for n in range(columns)]
    labels = [
        f"{at:%H:%M} UTC: {'not measured' if length is None else f'{length:,}'}"
        for at, length in zip(starts, longest, strict=True)
    ]
    lengths = [length or 0 for length in longest]
    most = max(lengths)
    if not any(length is not None for length in longest):
        summary = f"{what}: not measured in the last 24 hours"
    elif most:
        summary = f"{what}: at most {most:,}, in the ten minutes from {starts[lengths.index(most)]:%H:%M} UTC"
    else:
        summary = f"{what}: none in the last 24 hours"
    return replace(bars(lengths, labels, summary, gap=0, least=_HIGH), most=most)


@dataclass(frozen=True, slots=True)
class Dot:
    """One dot on a time line: its place from 0 (the first) to 100 (the last)."""

    at: float
    label: str


def time_line(seconds: Sequence[float], labels: Sequence[str]) -> tuple[Dot, ...]:
    """A dot for each of these times after the first one. Those of one time are drawn over each other."""
    longest = max(seconds, default=0.0)
    places = [round(100 * passed / longest, 1) if longest else 0.0 for passed in seconds]
    return tuple(Dot(place, label) for place, label in zip(places, labels, strict=True))


@dataclass(frozen=True, slots=True)
class Strip:
    """A row of squares, one for each hour, the current one last."""

    name: str
    total: int
    grid: Grid


def strips(counts: Mapping[str, Sequence[int]], now: datetime, most: int) -> list[Strip]:
    """The feeds with the most items, each with its items by hour; the squares of all have one scale."""
    ordered = sorted(counts.items(), key=lambda pair: (-sum(pair[1]), pair[0]))[:most]
    highest = max((max(row) for _, row in ordered), default=0)
    return [Strip(name, sum(row), _strip(name, row, now, highest)) for name, row in ordered]


def _strip(name: str, row: Sequence[int], now: datetime, highest: int) -> Grid:
    cells = []
    for at, number in enumerate(row):
        hour = now - timedelta(hours=len(row) - 1 - at)
        level = round(0.3 + 0.7 * number / highest, 2) if number else 0.0
        cells.append(Cell(at, 0, level, f"{hour:%H}:00 UTC: {number:,}"))
    busiest = now - timedelta(hours=len(row) - 1 - list(row).index(max(row)))
    total = quantity(sum(row), "item")
    most = f"the most at {busiest:%H}:00 UTC ({max(row):,})"
    summary = f"{name}: {total} in {quantity(len(row), 'hour')}, {most}"
    return Grid(len(row), 1, tuple(cells), summary)


@dataclass(frozen=True, slots=True)
class Layers:
    """Two charts on one canvas, the higher values behind."""

    behind: Chart
    front: Chart


def times_by_hour(
    hours: Sequence[tuple[Column | None, Column | None]], now: datetime, words: Callable[[Column], str]
) -> Layers:
    """How long things took, by hour: p50 in front of p95, up to the end of their columns, on a logarithmic scale.

    None for an hour without any.
    """
    starts = [now - timedelta(hours=len(hours) - 1 - number) for number in range(len(hours))]
    labels = [
        f"{at:%H}:00 UTC: "
        + ("none" if p50 is None or p95 is None else f"p50 {words(p50)}, p95 {words(p95)}")
        for at, (p50, p95) in zip(starts, hours, strict=True)
    ]
    slow = [_height(p95) for _, p95 in hours]
    half = [_height(p50) for p50, _ in hours]
    worst = max(range(len(hours)), key=slow.__getitem__, default=0)
    summary = f"Time from publication to Slack by hour. The slowest hour: {labels[worst]}" if labels else ""
    behind = bars(slow, labels, summary)
    front = bars(half, labels, "", least=max(slow, default=0.0))
    return Layers(behind, front)


def _height(column: Column | None) -> float:
    low, high = column or (0.0, 0.0)
    return math.log1p(2 * low if high is None else high)
