"""The poll stage, once: due feeds are fetched, parsed and claimed. A failing feed never fails the stage.

`pipeline.poll.visit` polls one feed, `pipeline.poll.cycle` many side by side, and `pipeline.poll.stay` does so for a
shift.
"""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from contextlib import asynccontextmanager

from newswatch.errors import RedisFull
from newswatch.feeds.fetch import Fetcher
from newswatch.feeds.worker import ParserPool
from newswatch.models import Feed
from newswatch.pipeline.base import notices
from newswatch.pipeline.base.configuration import Share, shard_in_force
from newswatch.pipeline.base.hosts import HostPauses
from newswatch.pipeline.base.services import Services
from newswatch.pipeline.poll import schedule
from newswatch.pipeline.poll.cycle import AT_ONCE, PER_HOST, Cycle, Done, PollCounts, ReadFrom
from newswatch.pipeline.poll.visit import Visitor
from newswatch.store import feeds
from newswatch.store.client import redis_errors
from newswatch.store.clock import went_back
from newswatch.store.codec import to_ms
from newswatch.store.leases import Lease

PARSERS = 2
"""One parser is enough. The second works while the first is busy with an expensive document."""


def due_feeds(feeds_: Iterable[Feed], due_ms: Mapping[str, float], now_ms: int) -> list[Feed]:
    """Feeds that are due, or nearly (`schedule.early_s`). A feed that was never scheduled is due at once."""
    return [feed for feed in feeds_ if due_ms.get(feed.id, 0) <= now_ms + schedule.early_s(feed) * 1000]


async def run_poll(
    services: Services,
    *,
    all_feeds: bool = False,
    deadline_s: float = 45.0,
    on_progress: Callable[[int, int], None] | None = None,
) -> PollCounts:
    """Poll the feeds that are due; with `all_feeds` the others too.

    Never fails because of a feed. The feeds of a host that asked for a pause wait in any case.
    After `deadline_s` no further feed is begun; feeds that were not reached stay due. Raises
    RedisUnavailable; a full Redis is also reported to ops.
    """
    stop_at = time.monotonic() + deadline_s
    try:
        return await _poll(services, stop_at, on_progress, all_feeds=all_feeds)
    except RedisFull as error:
        await notices.raise_notice(services, notices.FULL_CAUSE, str(error))
        raise


async def _poll(
    services: Services, stop_at: float, on_progress: Callable[[int, int], None] | None, *, all_feeds: bool
) -> PollCounts:
    configured = await shard_in_force(services, Share(1, 1))
    if configured is None:
        return PollCounts()
    with redis_errors():
        now_ms = to_ms(services.clock())
        await went_back(services.redis, now_ms)
        due_ms = await feeds.read_due(services.redis)
        chosen = configured if all_feeds else due_feeds(configured, due_ms, now_ms)
        if not chosen:
            return PollCounts()
        done = 0

        def progress(_feed: Feed, _due_ms: int | None, _failures: int) -> None:
            nonlocal done
            done += 1
            if on_progress is not None:
                on_progress(done, len(chosen))

        async with polling(services, lambda: time.monotonic() >= stop_at, progress) as cycle:
            await cycle.take(chosen, due_ms, now_ms)
            await cycle.wait()
        return cycle.counts()


@asynccontextmanager
async def polling(
    services: Services,
    over: Callable[[], bool],
    done: Done,
    lease: Lease | None = None,
    read_from: ReadFrom | None = None,
) -> AsyncIterator[Cycle]:
    """A cycle with connections and parsers of its own. At the end, what it has in hand is cancelled."""
    await feeds.ensure_group(services.redis)
    pauses = HostPauses(services)
    async with _fetcher(services, pauses) as fetcher, ParserPool(size=PARSERS) as parsers:
        cycle = Cycle(services, Visitor(services, fetcher, parsers, lease), pauses, over, done, read_from)
        try:
            yield cycle
        finally:
            await cycle.end()


def _fetcher(services: Services, pauses: HostPauses) -> Fetcher:
    return Fetcher(
        user_agent=services.settings.user_agent,
        resolve_auth=services.resolve_auth,
        env=services.settings.network,
        per_host=PER_HOST,
        concurrency=AT_ONCE,
        pause_s=pauses.left_s,
        clock=services.clock,
    )
