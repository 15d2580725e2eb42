"""Which web pages are read, for feeds with `article: true`. Pure."""

from __future__ import annotations

from collections.abc import Iterable

from newswatch.feeds.host import host_and_port
from newswatch.models import Feed, Item
from newswatch.pipeline.base.late_edits import is_late_edit
from newswatch.store.codec import from_ms


def wanted(feed: Feed, items: Iterable[Item], now_ms: int) -> frozenset[str]:
    """The ids of the items whose web pages are read: those that can still alert and have a link."""
    if not feed.article:
        return frozenset()
    now = from_ms(now_ms)
    return frozenset(
        item.id
        for item in items
        if not item.silent and host_and_port(item.link) and not is_late_edit(item, now)
    )
