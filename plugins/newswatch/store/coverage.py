"""How well each feed could be read: seconds without an answer, and how late its items came, for each day.

Written only by polls that bring items or end an outage. Lags are counted in classes that grow by a fifth, so that a
percentile is right to a tenth.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from redis.asyncio import Redis

from newswatch.store import keys
from newswatch.store.client import text

RETENTION_S = 35 * 86_400
LONGEST_LAG_S = 7 * 86_400
_DAY_S = 86_400
_GROWTH = math.log(1.2)
_UNREAD = "unread"


@dataclass(frozen=True, slots=True)
class PollFigures:
    """What one poll adds. `unread` is a time (from, to; s since 1970) in which the feed could not be read."""

    feed_id: str
    at_s: int
    unread: tuple[int, int] | None = None
    lags_s: tuple[int, ...] = ()


@dataclass(slots=True)
class FeedFigures:
    """The sums of some days."""

    unread_s: int = 0
    lags: Counter[int] = field(default_factory=Counter)

    def lag_s(self, share: float) -> float | None:
        """The lag that this share of the items did not exceed, in seconds; None if there were none."""
        left = math.ceil(self.lags.total() * share)
        for number, count in sorted(self.lags.items()):
            left -= count
            if left <= 0:
                return round(math.exp(number * _GROWTH), 1)
        return None


def days_of(from_s: int, to_s: int) -> Iterator[tuple[int, int]]:
    """The days of a time, each with the seconds that belong to it."""
    while from_s < to_s:
        end_s = min(to_s, (from_s // _DAY_S + 1) * _DAY_S)
        yield from_s // _DAY_S, end_s - from_s
        from_s = end_s


def add(pipe: Any, figures: PollFigures) -> None:
    """Add the figures within the caller's pipeline. An outage longer than they are kept is cut."""
    touched: set[int] = set()
    if figures.unread is not None:
        from_s, to_s = figures.unread
        for day, seconds in days_of(max(from_s, to_s - RETENTION_S), to_s):
            pipe.hincrby(keys.coverage(day), f"{figures.feed_id}|{_UNREAD}", seconds)
            touched.add(day)
    today = figures.at_s // _DAY_S
    for number, count in Counter(map(_class_of, figures.lags_s)).items():
        pipe.hincrby(keys.coverage(today), f"{figures.feed_id}|{number}", count)
        touched.add(today)
    for day in touched:
        pipe.expire(keys.coverage(day), RETENTION_S)


def _class_of(lag_s: int) -> int:
    return round(math.log(min(max(lag_s, 1), LONGEST_LAG_S)) / _GROWTH)


async def read(redis: Redis, first_day: int, last_day: int) -> dict[str, FeedFigures]:
    """The figures of all feeds that have any in these days."""
    found: dict[str, FeedFigures] = {}
    for day in range(first_day, last_day + 1):
        rows: Any = await redis.hgetall(keys.coverage(day))
        for name, value in rows.items():
            feed_id, _, figure = text(name).partition("|")
            mine = found.setdefault(feed_id, FeedFigures())
            if figure == _UNREAD:
                mine.unread_s += int(value)
            else:
                mine.lags[int(figure)] += int(value)
    return found
