"""Warnings that need stored items: words of the watchlist of which another form is far commoner."""

from __future__ import annotations

from collections.abc import Iterator

from newswatch.config.draft import Draft
from newswatch.pipeline.base.services import Services
from newswatch.rules.commoner import Commoner, FormCounts
from newswatch.store.client import redis_errors
from newswatch.store.codec import to_ms
from newswatch.store.items import stored_items

LOOK_BACK_S = 2 * 86_400
MOST_ITEMS = 5_000


async def commoner_forms(services: Services, draft: Draft) -> list[Commoner]:
    """The words of the draft's queries, events and lists that mostly find something else. Raises RedisUnavailable."""
    counts = FormCounts(draft.default_lang)
    since = to_ms(services.clock()) - LOOK_BACK_S * 1000
    with redis_errors():
        read = 0
        async for item in stored_items(services.redis, since):
            counts.add(f"{item.title}\n{item.summary}", item.lang)
            read += 1
            if read == MOST_ITEMS:
                break
    return counts.commoner(_texts(draft))


def _texts(draft: Draft) -> Iterator[str]:
    for rule in draft.rules:
        yield from (rule.query,) if rule.event is None else rule.event.texts
    for entries in draft.lists.values():
        yield from entries
