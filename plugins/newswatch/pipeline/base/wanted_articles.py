"""Which items' web pages are to be read, for feeds with `article: true`. Pure."""

from __future__ import annotations

from collections.abc import Iterable

from newswatch.models import Feed, Item
from newswatch.pipeline.base.hosts import host_of
from newswatch.pipeline.base.late_edits import is_late_edit
from newswatch.store.codec import from_ms


def wanted(feed: Feed, items: Iterable[Item], now_ms: int) -> frozenset[str]:
    """The ids of the items whose pages are to be read: those that may still alert and have a link."""
    if not feed.article:
        return frozenset()
    now = from_ms(now_ms)
    return frozenset(
        item.id for item in items if not item.silent and host_of(item.link) and not is_late_edit(item, now)
    )
