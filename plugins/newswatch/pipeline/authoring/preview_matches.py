"""Which rules the items of a previewed source would match. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from newswatch.document import Entry, ParsedFeed
from newswatch.models import Feed, Match
from newswatch.rules import ItemText, Watchlist


class Shown(NamedTuple):
    """An item of the source, as rules see it, and what it would match."""

    entry: Entry
    text: ItemText
    matches: Sequence[Match]


def matched(
    watchlist: Watchlist, source: ParsedFeed, default_lang: str, feed: Feed | None = None
) -> list[Shown]:
    """Each item with the rules that it would match; `feed` is the configured feed, if the source is one."""
    lang = source.lang or (feed.lang if feed else default_lang)
    found = []
    for entry in source.entries:
        text = ItemText(
            title=entry.title,
            summary=entry.summary,
            body=entry.body,
            author=entry.author,
            lang=entry.lang or lang,
            feed_id=feed.id if feed else "",
            feed_tags=feed.tags if feed else (),
            tags=entry.tags,
        )
        found.append(Shown(entry, text, watchlist.match(text)))
    return found
