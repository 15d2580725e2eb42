"""Whether items were missed between two documents of a feed. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise
from statistics import median

from newswatch.pipeline.poll.identity import AHEAD_S, Decision
from newswatch.store.gaps import Gap
from newswatch.store.seen import SeenRecord

FEWEST = 5
"""A shorter document may change as a whole without a gap."""


def find_gap(known: Iterable[SeenRecord], decision: Decision, now: int) -> Gap | None:
    """The gap before a document: it shares no item with the last one, and all its items are newer than all known.

    `known` are the records before the decision. A document with an item without date shows nothing.
    """
    known = list(known)
    if not known:
        return None
    shown = [record for record in decision.whole if record.last_in_document == now]
    items = {record.item for record in known}
    if len(shown) < FEWEST or any(record.item in items for record in shown):
        return None
    times = sorted(record.published for record in shown)
    newest = max((record.published for record in known if record.published <= now + AHEAD_S), default=0)
    if not newest or not times[0] or times[0] <= newest:
        return None
    between = median(later - earlier for earlier, later in pairwise(times))
    # The document holds this long; half of it leaves a margin.
    holds_s = between * (len(times) - 1) or times[-1] - times[0]
    return Gap(newest, times[0], max(1, int(holds_s / 2)))
