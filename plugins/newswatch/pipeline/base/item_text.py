"""What rules read of an item, and of a text that is not an item. Pure."""

from __future__ import annotations

from newswatch.models import Alert, Feed, Item
from newswatch.rules import ItemText


def item_text(item: Item, feed: Feed | None) -> ItemText:
    """The text of an item. `feed` is the item's feed as configured, None when it is not configured any more."""
    return ItemText(
        title=item.title,
        summary=item.summary,
        body=item.body,
        author=item.author,
        lang=item.lang,
        feed_id=item.feed_id,
        feed_tags=feed.tags if feed else (),
        tags=item.tags,
    )


def plain_text(title: str, summary: str, body: str, lang: str, author: str = "") -> ItemText:
    """A text that comes from no feed."""
    return ItemText(
        title=title, summary=summary, body=body, author=author, lang=lang, feed_id="", feed_tags=(), tags=()
    )


def quoted_item(alert: Alert) -> Item:
    """An item that is no longer stored, with only the text that its alert quotes."""
    quoted = {
        name: "\n\n".join(one.text for one in alert.excerpts if one.field == name)
        for name in ("summary", "body")
    }
    return Item(
        id=alert.item_id,
        feed_id=alert.feed_id,
        revision=alert.revision,
        guid="",
        link=alert.link,
        canonical_link="",
        title=alert.title,
        summary=quoted["summary"],
        body=quoted["body"],
        author="",
        tags=(),
        lang="",
        published=alert.published,
        first_seen=alert.first_seen,
        config_version=0,
    )
