"""The story id that an item's link gives: items with the same canonical link are one story, whatever their feeds.

An item without a usable link is a story of its own. `newswatch.stories.titles` finds reports of one story under
different links.
"""

from __future__ import annotations

from newswatch.models import Item, short_hash


def story_id(item: Item) -> str:
    """The id of the item's story: the same for every item with one link."""
    return short_hash("link", item.canonical_link) if item.canonical_link else short_hash("item", item.id)
