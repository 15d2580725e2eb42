"""A feed's rhythm, from the times of its items: how often it publishes, and when it is silent. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise
from statistics import median

from newswatch.store.seen import SeenRecord

LOOKED_AT = 200
FEWEST = 6
"""With fewer items the rhythm is unknown."""
WINDOW_S = 30 * 86_400
SEES_A_WEEKEND_S = 8 * 86_400
_SOON_S, _LATE_S = 3_600, 72 * 3_600


@dataclass(frozen=True, slots=True)
class Rhythm:
    """In whole seconds, 0 for unknown. `newest_s` is a time since 1970."""

    gap_s: int = 0
    """The median gap between two items."""
    silent_after_s: int = 0
    """After this long without an item something must be wrong."""
    newest_s: int = 0


def rhythm_of(records: Iterable[SeenRecord], now_s: int) -> Rhythm:
    """The rhythm that the records show. An item's time is its date, or when it was first seen if it has no usable date.

    A feed is silent after three times its longest gap and six times its median gap. The items of a feed may span
    less than a week and so no weekend: then it is silent after three days at the earliest.
    """
    records = list(records)
    times = sorted({_time(record, now_s) for record in records})[-LOOKED_AT:]
    if not times:
        return Rhythm()
    seen = (record.first_seen for record in records if not record.silent)
    newest = max(times[-1], *seen, 0)
    times = [time for time in times if time > times[-1] - WINDOW_S]
    if len(times) < FEWEST:
        return Rhythm(newest_s=newest)
    gaps = [later - earlier for earlier, later in pairwise(times)]
    gap = median(gaps)
    patience = _SOON_S if times[-1] - times[0] >= SEES_A_WEEKEND_S else _LATE_S
    return Rhythm(int(gap), int(max(patience, 3 * max(gaps), 6 * gap)), newest)


def _time(record: SeenRecord, now_s: int) -> int:
    return record.published if 0 < record.published <= now_s else record.first_seen
