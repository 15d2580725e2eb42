"""The stored items that rules are tried on in full: those that the index names, and those that it does not have yet."""

from __future__ import annotations

import asyncio
import logging
import sqlite3
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from newswatch.config.draft import Draft
from newswatch.models import Bundle, Item, Rule
from newswatch.pipeline.authoring.index_upkeep import StoredIndex, stored_index
from newswatch.pipeline.authoring.item_index import item_key
from newswatch.pipeline.base.services import Services
from newswatch.rules.narrowing import need_of
from newswatch.store.client import redis_errors
from newswatch.store.items import items_at, stored_items, stream_order, stream_state

log = logging.getLogger("newswatch.backtest")

MOST_RULES = 20
"""More rules want nearly all items, and reading the stream takes less time than asking for each."""

PAGE = 500
"""Items read from Redis at once. An item with its article is about 10 KB."""


@dataclass(slots=True)
class ItemSearch:
    """Items, the oldest first, each revision on its own. `most` is about how many there can be."""

    services: Services
    since: str
    """The id from which entries of the stream count."""
    most: int
    index: StoredIndex | None = None
    numbers: Sequence[int] = ()
    seen: set[int] = field(default_factory=set)
    """The items that the index has, and those that were read after it."""
    indexed: str = ""
    """The last entry that was looked up in the index, "" for none."""

    async def items(self) -> AsyncIterator[Item]:
        """The candidates, then everything that is not indexed. Raises RedisUnavailable."""
        redis = self.services.redis
        if self.index is not None:
            for start in range(0, len(self.numbers), PAGE):
                ids = await asyncio.to_thread(self.index.stream_ids, self.numbers[start : start + PAGE], None)
                for item in await items_at(redis, ids):
                    yield item
        rest = self.indexed or stream_order(self.since)[0]
        async for item in stored_items(redis, rest, PAGE):
            self.seen.add(item_key(item.id))
            yield item

    @property
    def distinct(self) -> int:
        """How many different items were considered, once all were read."""
        return len(self.seen)


class Source(NamedTuple):
    """Rules to be tried, and the configuration with their lists and feeds."""

    rules: tuple[Rule, ...]
    config: Draft | Bundle


async def search_items(
    services: Services,
    sources: Sequence[Source],
    since_ms: int,
    on_progress: Callable[[int, int], None] | None = None,
) -> ItemSearch:
    """The items since that time that may match one of these rules. Raises QueryError, RedisUnavailable."""
    with redis_errors():
        stream = await stream_state(services.redis)
    since = max(f"{since_ms}-0", stream.first, key=stream_order)
    search = ItemSearch(services, since, stream.length)
    rules = [(source.config, rule) for source in sources for rule in source.rules]
    languages = {source.config.default_lang for source in sources}
    if not rules or len(rules) > MOST_RULES or len(languages) > 1:
        return search
    index = await stored_index(services, *languages)
    if index is None:
        return search
    await index.catch_up(services, on_progress=on_progress)
    state = index.state()
    if state.last == "0-0":
        return search
    needs = [need_of(rule, config.lists) for config, rule in rules]
    feeds = [feed for source in sources for feed in source.config.feeds]
    try:
        found = await asyncio.to_thread(index.candidates, needs, feeds, since)
        search.seen = await asyncio.to_thread(index.items, since)
    except sqlite3.DatabaseError:  # it was dropped just now: everything is read
        log.info("the index of the stored items cannot be read: all items are tried")
        return search
    search.index, search.indexed = index, max(state.last, since, key=stream_order)
    search.numbers = found.numbers[::-1]
    search.most = len(search.numbers)
    return search
