"""Which unknown items of a page are new, and which have only come into view. Pure.

A page shows more than its news of the day: after a redesign, a removed item or another page size, older items come into
view that were never seen. Identity alone would take them for new ones. So of the unknown items of a page these are
remembered without an alert:

1. all, if the list was sought again because the configuration names another page or list, except items dated
   after the last good poll;
2. those below the last known item, except items dated after the last good poll, and except a few at the end of a list
   that has lost none of its items: some lists have their newest item last;
3. after a redesign, those with the title of a known item, and those dated before the last good poll;
4. those with the title of a known item, if most of the list is like that: the site has other addresses now.

Items without a date above a known item are new. In an index of sitemaps, entries without a date are never new.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from newswatch.pipeline.poll.entry_ids import Identified
from newswatch.pipeline.poll.identity import Decision
from newswatch.pipeline.poll.switching import may_be_after, settle
from newswatch.store.seen import SeenRecord

SAME, MOVED, FRESH, INDEX = "same", "moved", "fresh", "index"
"""How the items were found: by the learned pattern, by another one around known items, by a first search, in sitemaps."""

FEW = 3
"""So many items at the end of a list may be new ones. A page that shows more at a time adds more."""
_MOST = 0.5


def settled(
    decision: Decision,
    document: Sequence[Identified],
    known: Mapping[bytes, SeenRecord],
    how: str,
    since_s: int,
) -> Decision:
    """The decision without alerts for what has only come into view. `since_s`: when the last good poll began."""
    if not known and how != INDEX:
        return decision
    if how == FRESH:
        return settle(decision, known, since_s)
    items = {record.item for record in known.values()}
    records = {record.key: record for record in decision.whole}
    rows = [records.get(one.key) for one in document]
    fresh = {
        record.id: record
        for record in rows
        if record is not None and record.item not in items and not record.silent
    }
    if how == INDEX:
        return _quiet(decision, {id_ for id_, record in fresh.items() if not record.published}, set())
    titles = {record.title for record in known.values() if any(record.title)}
    repeated = {id_ for id_, record in fresh.items() if record.title in titles}
    if how != MOVED and len(repeated) <= max(FEW, _MOST * len(rows)):
        repeated = set()
    old = {
        record.id
        for record in _came_into_view(rows, fresh, items, all_stayed=_all_stayed(decision, known))
        if not may_be_after(record, since_s)
    }
    if how == MOVED:
        old |= {
            id_ for id_, record in fresh.items() if record.published and not may_be_after(record, since_s)
        }
    return _quiet(decision, old, repeated)


def _came_into_view(
    rows: Sequence[SeenRecord | None],
    fresh: Mapping[bytes, SeenRecord],
    items: set[bytes],
    *,
    all_stayed: bool,
) -> list[SeenRecord]:
    """The unknown items below the last known one."""
    last = max(
        (place for place, row in enumerate(rows) if row is not None and row.item in items), default=None
    )
    if last is None:
        return []
    below = [row for row in rows[last + 1 :] if row is not None and row.id in fresh]
    return [] if all_stayed and len(below) <= FEW and not any(row.published for row in below) else below


def _all_stayed(decision: Decision, known: Mapping[bytes, SeenRecord]) -> bool:
    """Whether every item of the last document is in this one."""
    before = max(record.last_in_document for record in known.values())
    now = max((record.last_in_document for record in decision.whole), default=0)
    there = {record.item for record in decision.whole if record.last_in_document == now}
    return all(record.item in there for record in known.values() if record.last_in_document == before)


def _quiet(decision: Decision, old: set[bytes], repeated: set[bytes]) -> Decision:
    """`old` items are kept as silent ones; `repeated` ones are only remembered."""
    if not old and not repeated:
        return decision
    silent = old | repeated
    whole = tuple(
        record._replace(silent=True) if record.id in silent else record for record in decision.whole
    )
    records = {record.id: record for record in whole}
    items = tuple(
        (replace(item, silent=True) if record.id in old else item, records[record.id])
        for item, record in decision.items
        if record.id not in repeated
    )
    return Decision(items, whole, decision.ids)
