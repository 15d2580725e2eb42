"""Reading all pages, sitemaps and JSON lists again, and saying which ones look wrong."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from newswatch.errors import FetchFailed, FetchRefused, ParseFailed
from newswatch.models import FEED, PAGE, Feed
from newswatch.pipeline.authoring.feed_preview import FeedPreview, preview_url
from newswatch.pipeline.base.services import Services
from newswatch.pipeline.poll.health import LAYOUT_CHANGED
from newswatch.quantity import quantity
from newswatch.store import feeds as store
from newswatch.store.client import redis_errors
from newswatch.store.feed_state import FeedState

LEAST_SURE = 0.3
"""A list of news that is found with less confidence may be another list."""
_AT_ONCE = 4


@dataclass(frozen=True, slots=True)
class SourceCheck:
    """What a source shows now. `faults` says what looks wrong; empty if nothing does."""

    feed_id: str
    kind: str
    items: int
    dated: int
    confidence: float | None
    faults: tuple[str, ...]


async def check_sources(services: Services, feeds: Sequence[Feed]) -> list[SourceCheck]:
    """All sources among these feeds that are not feeds, each read once."""
    with redis_errors():
        states = await store.read_states(services.redis, [feed.id for feed in feeds])
    chosen = [feed for feed in feeds if (feed.kind or states[feed.id].learned.kind or FEED) != FEED]
    slots = asyncio.Semaphore(_AT_ONCE)

    async def one(feed: Feed) -> SourceCheck:
        async with slots:
            return await _check(services, feed, states[feed.id])

    return list(await asyncio.gather(*map(one, chosen)))


async def accept(services: Services, feed: Feed) -> SourceCheck:
    """Take the list that the page shows now for the source's list.

    Of what it has now, only items dated after the last good poll are new. Changes nothing if the page has no list.
    """
    found = await _check(services, feed, FeedState())
    if found.items:
        with redis_errors():
            await store.forget_document(services.redis, feed.id)
            await store.make_due(services.redis, [feed.id])
    return found


async def _check(services: Services, feed: Feed, state: FeedState) -> SourceCheck:
    kind = feed.kind or state.learned.kind
    try:
        found = await preview_url(feed, services.settings, services.resolve_auth)
    except (FetchFailed, FetchRefused, ParseFailed) as error:
        return SourceCheck(feed.id, kind, 0, 0, None, (str(error),))
    entries = found.feed.entries
    dated = sum(1 for entry in entries if entry.published or entry.updated)
    sure = (
        found.lists.lists[0].confidence if found.lists and found.lists.lists and not feed.selector else None
    )
    return SourceCheck(
        feed.id, found.kind, len(entries), dated, sure, tuple(_faults(found, feed, state, sure))
    )


def _faults(found: FeedPreview, feed: Feed, state: FeedState, sure: float | None) -> list[str]:
    faults = [found.problem] if found.problem else []
    if not found.feed.entries and not found.problem:
        faults.append("it has no items")
    if found.kind == PAGE and state.polling.status == LAYOUT_CHANGED:
        faults.append(
            f"{state.polling.error}; if the right list is shown, `newswatch feeds check --accept {feed.id}`"
        )
    if sure is not None and sure < LEAST_SURE and not feed.list_number and not found.problem:
        reasons = "; ".join(found.lists.lists[0].reasons) if found.lists else ""
        faults.append(f"only {sure:.0%} sure of its list ({reasons}): name it with `list` or `selector`")
    untitled = sum(1 for entry in found.feed.entries if not entry.title)
    if untitled and found.kind == PAGE:
        faults.append(
            f"{untitled} of {quantity(len(found.feed.entries), 'item')} {'has' if untitled == 1 else 'have'} no title"
        )
    return faults
