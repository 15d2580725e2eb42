"""Edits of items that come too late to be news. Pure."""

from __future__ import annotations

from datetime import datetime, timedelta

from newswatch.models import Item

UPDATE_WINDOW = timedelta(hours=48)
"""Up to this age of an item, an edit of it can still alert."""


def is_late_edit(item: Item, now: datetime) -> bool:
    """Whether the item is an edit that comes too late to be news. A date in the future counts as its first sight."""
    since = min(item.published or item.first_seen, item.first_seen)
    return item.revision > 0 and now - since >= UPDATE_WINDOW
