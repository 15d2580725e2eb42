"""A story's name: two items with one canonical link tell one story, whatever feeds they came through.

An item without a usable link is a story of its own. Stories told under other links are found by
their titles, see `newswatch.stories.titles`.
"""

from __future__ import annotations

from newswatch.models import Item, short_hash


def story_id(item: Item) -> str:
    """The story's name: the same for every copy of one link."""
    return short_hash("link", item.canonical_link) if item.canonical_link else short_hash("item", item.id)
