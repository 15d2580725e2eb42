"""The first document after a feed switched to another of its addresses. Pure.

Two addresses of one source seldom agree on guids, links and dates to the second, and one may list what the other has
dropped. So an entry that is unknown there is new only if it is dated after the last good poll and is not a known one by
title and day. Everything else is remembered without an alert, under the identity that this address gives it, and the
identity of the other address is kept: the feed may return to it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from newswatch.models import Feed
from newswatch.pipeline.poll import addresses
from newswatch.pipeline.poll.identity import Decision
from newswatch.store.feed_state import FeedState
from newswatch.store.seen import SeenRecord

_DAY_S, _MINUTE_S = 86_400, 60


def has_switched(feed: Feed, state: FeedState, address: str) -> bool:
    """Whether the last document came from another address of the feed."""
    last = state.validators.url
    return bool(feed.fallback) and last not in ("", address) and last in addresses.of(feed)


def last_good_s(state: FeedState) -> int:
    """When the last poll that was answered began. What was published later was not in its document."""
    return (state.document.confirmed_ms - state.polling.took_ms) // 1000


def settle(decision: Decision, known: Mapping[bytes, SeenRecord], since_s: int) -> Decision:
    """The decision about the first document after a switch. `since_s`: see `last_good_s`."""
    titles = {_title_and_day(record) for record in known.values() if any(record.title)}
    by_item: dict[bytes, list[SeenRecord]] = {}
    for record in known.values():
        by_item.setdefault(record.item, []).append(record)
    whole = {record.id: record for record in decision.whole}
    items = {record.id: item for item, record in decision.items}
    for record in decision.whole:
        if record.id in known:
            continue
        after = may_be_after(record, since_s)
        if record.item in by_item:  # a known item under the identity that this address gives it
            whole |= {other.id: whole.get(other.id, other) for other in by_item[record.item]}
            if not after and items.pop(record.id, None) is not None:
                whole[record.id] = record._replace(revision=record.revision - 1)
            continue
        repeated = _title_and_day(record) in titles
        if repeated or not after:
            whole[record.id] = record._replace(silent=True)
        if repeated:
            items.pop(record.id, None)
        elif not after and record.id in items:
            items[record.id] = replace(items[record.id], silent=True)
    return Decision(
        tuple((items[record.id], whole[record.id]) for _, record in decision.items if record.id in items),
        tuple(whole.values()),
        decision.ids,
    )


def _title_and_day(record: SeenRecord) -> tuple[bytes, int]:
    return record.title, record.published // _DAY_S


def may_be_after(record: SeenRecord, since_s: int) -> bool:
    """Whether it is dated after that time, or not before as far as its date tells: to the day or to the minute."""
    if not record.published:
        return False
    exact_to_s = next((unit for unit in (_DAY_S, _MINUTE_S) if record.published % unit == 0), 1)
    return record.published + exact_to_s > since_s
