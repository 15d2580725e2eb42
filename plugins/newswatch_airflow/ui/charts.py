"""Charts as SVG geometry, which templates draw without script or inline style. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta


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
) -> Chart:
    """A column for each value, scaled to the highest. One that is not zero is always visible."""
    most = max(values, default=0)
    step = width / max(len(values), 1)
    drawn = []
    for number, (value, label) in enumerate(zip(values, labels, strict=True)):
        tall = max(2.0, value / most * (height - 2)) if value and most else 0.0
        left = number * step + step * gap / 2
        drawn.append(
            Bar(round(left, 2), round(height - tall, 2), round(step * (1 - gap), 2), round(tall, 2), label)
        )
    return Chart(width, height, tuple(drawn), summary, most)


def by_hour(counts: Sequence[int], now: datetime) -> Chart:
    """New items by hour, the current hour last."""
    starts = [now - timedelta(hours=len(counts) - 1 - number) for number in range(len(counts))]
    labels = [f"{at:%H}:00 UTC: {count:,}" for at, count in zip(starts, counts, strict=True)]
    busiest = max(counts, default=0)
    summary = f"New items by hour: {sum(counts):,} in {len(counts)} hours, {busiest:,} in the busiest"
    return bars(counts, labels, summary)
