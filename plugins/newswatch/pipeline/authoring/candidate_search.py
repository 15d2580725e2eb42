"""The stored items that a draft can match: their numbers in the index, the newest first, and how to read them."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial

from newswatch.config.draft import Draft
from newswatch.models import Bundle, Item
from newswatch.pipeline.authoring.draft_trial import DraftTrial, rule_in
from newswatch.pipeline.authoring.hit_count import Window
from newswatch.pipeline.authoring.index_upkeep import (
    StoredIndex,
    build_in_background,
    drop_later,
    index_folder,
    stored_index,
)
from newswatch.pipeline.authoring.item_index import Candidates
from newswatch.pipeline.authoring.live_worker import Worker
from newswatch.pipeline.base.services import Services
from newswatch.rules.narrowing import need_of
from newswatch.store.client import redis_errors
from newswatch.store.codec import to_ms
from newswatch.store.items import items_at, stream_order, stream_state

FEW_MISSING = 300
"""So many new items are indexed at once, more in the background."""


@dataclass(slots=True)
class CandidateSearch:
    """The candidates, the newest first, and how to read them."""

    services: Services
    index: StoredIndex | None
    feeds: frozenset[str] | None
    numbers: Sequence[int] = field(default_factory=tuple)
    entries: int = 0
    not_indexed: int = 0

    newest: str = ""
    """The entry of the first candidate."""

    async def read(self, numbers: Sequence[int]) -> tuple[list[Item], int | None]:
        """The items of these candidates that are still stored, and when the last entry came (ms since 1970)."""
        if self.index is None:
            return [], None
        ids = await asyncio.to_thread(self.index.stream_ids, numbers, None)
        self.newest = self.newest or (ids[0] if ids else "")
        wanted = (
            ids if self.feeds is None else await asyncio.to_thread(self.index.stream_ids, numbers, self.feeds)
        )
        with redis_errors():
            items = await items_at(self.services.redis, wanted)
        return items, stream_order(ids[-1])[0] if ids else None

    async def is_there(self, services: Services) -> bool:
        """Whether these services can go on with it, and the index still has the candidates under their numbers: it may have been dropped, or built again."""
        self.services = services
        if self.index is None or not self.numbers:
            return False
        try:
            first = await asyncio.to_thread(self.index.stream_ids, self.numbers[:1], None)
        except sqlite3.DatabaseError:
            return False
        return first == [self.newest]


async def search_candidates(
    services: Services,
    worker: Worker,
    config: Draft | Bundle,
    in_force: Bundle | None,
    trial: DraftTrial,
    window: Window,
) -> CandidateSearch:
    """The candidates of the time of the window. What is not indexed yet is indexed: a few items at once, more in the background."""
    index = await stored_index(services, config.default_lang)
    search = CandidateSearch(services, index, trial.feeds)
    folder = index_folder(services.settings.cache)
    if index is None or folder is None:
        with redis_errors():
            search.not_indexed = (await stream_state(services.redis)).length
        return search
    standing = await index.standing(services)
    if 0 < standing.missing <= FEW_MISSING and standing.last != "0-0":
        await index.catch_up(services, most=FEW_MISSING)
        standing = await index.standing(services)
    elif standing.missing:
        build_in_background(services, index)
    drop_later(folder)
    search.not_indexed = standing.missing
    if standing.last == "0-0":
        return search
    since = max(f"{to_ms(window.since)}-0", standing.stream.first, key=stream_order)
    try:
        found = await worker.do(partial(_candidates, index, config, in_force, trial, since))
    except sqlite3.DatabaseError:  # it was dropped, or is being built again
        search.not_indexed = standing.stream.length
        return search
    search.numbers, search.entries = found.numbers, found.entries
    return search


def _candidates(
    index: StoredIndex, config: Draft | Bundle, in_force: Bundle | None, trial: DraftTrial, since: str
) -> Candidates:
    needs = [need_of(trial.rule, config.lists)]
    feeds = list(config.feeds)
    known = rule_in(in_force, trial.rule.id) if in_force and trial.before else None
    if known is not None and in_force is not None:
        needs.append(need_of(known, in_force.lists))
        feeds += [feed for feed in in_force.feeds if in_force.feeds is not config.feeds]
    return index.candidates(needs, feeds, since)
