"""What a poll adds to a feed's coverage: an outage that it ends, and how late its new items are. Pure."""

from __future__ import annotations

from collections.abc import Iterable

from newswatch.models import Feed, Item
from newswatch.store.coverage import PollFigures
from newswatch.store.feed_state import FeedState
from newswatch.store.seen import SeenRecord

_LATE_S = 120
"""A poll this much later than the longest interval shows that nobody polled."""


def of_answer(
    feed: Feed, known: FeedState, now_ms: int, items: Iterable[tuple[Item, SeenRecord]] = ()
) -> PollFigures | None:
    """The figures of a poll that was answered; None if it adds nothing. `known` is the state before it."""
    unread = _unread(feed, known, now_ms)
    lags = tuple(_lags(items)) if known.document.seen_since_ms else ()
    if unread is None and not lags:
        return None
    return PollFigures(feed.id, now_ms // 1000, unread, lags)


def _unread(feed: Feed, known: FeedState, now_ms: int) -> tuple[int, int] | None:
    polling = known.polling
    if not known.document.seen_since_ms:
        return None
    if polling.failures:
        return polling.failing_since_ms // 1000, now_ms // 1000
    due_s = polling.polled_ms / 1000 + max(feed.at_most_s, feed.every_s)
    return (int(due_s), now_ms // 1000) if now_ms / 1000 > due_s + _LATE_S else None


def _lags(items: Iterable[tuple[Item, SeenRecord]]) -> Iterable[int]:
    """Of items with a time of day: a date alone says nothing of a lag."""
    for item, record in items:
        if not item.revision and not item.silent and record.published % 86_400:
            yield max(record.first_seen - record.published, 0)
