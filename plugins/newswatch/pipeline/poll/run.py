"""The poll stage: due feeds are fetched, parsed and claimed. A failing feed never fails the stage.

`pipeline.poll.visit` polls one feed, `pipeline.poll.cycle` many side by side. This module decides which feeds
are polled, and by which task.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from newswatch.errors import RedisFull
from newswatch.feeds.fetch import Fetcher
from newswatch.feeds.host import host_and_port, host_name
from newswatch.feeds.worker import ParserPool
from newswatch.models import Bundle, Feed
from newswatch.pipeline.base import notices
from newswatch.pipeline.base.configuration import in_force
from newswatch.pipeline.base.hosts import HostPauses
from newswatch.pipeline.base.services import Services
from newswatch.pipeline.poll import addresses, schedule
from newswatch.pipeline.poll.cycle import AT_ONCE, PER_HOST, Cycle, PollCounts
from newswatch.pipeline.poll.visit import Visitor
from newswatch.store import feeds, hosts
from newswatch.store.client import redis_errors
from newswatch.store.clock import went_back
from newswatch.store.codec import to_ms

__all__ = ["PollCounts", "Shard", "due_feeds", "plan_shards", "run_poll", "shards"]

PARSERS = 2
"""One parser is enough. The second works while the first is busy with an expensive document."""


@dataclass(frozen=True, slots=True)
class Shard:
    """Feeds polled by one task: whole hosts, so that per-host pacing holds."""

    label: str
    feed_ids: list[str]
    planned_ms: int = 0
    """When its feeds were found due (ms)."""


def due_feeds(bundle: Bundle, due_ms: dict[str, float], now_ms: int) -> list[Feed]:
    """Feeds that are due, or nearly (`schedule.early_s`). A feed that was never scheduled is due at once."""
    return [feed for feed in bundle.feeds if due_ms.get(feed.id, 0) <= now_ms + schedule.early_s(feed) * 1000]


def shards(
    due: Iterable[Feed], shard_size: int, request_urls: Mapping[str, str] | None = None, planned_ms: int = 0
) -> list[Shard]:
    """Feeds packed host by host into shards of about `shard_size`. A host is never split.

    `request_urls` has the URLs, by id, of feeds that are polled at another URL than their own.
    """
    by_host: dict[str, list[str]] = {}
    for feed in due:
        by_host.setdefault(host_name((request_urls or {}).get(feed.id, feed.url)), []).append(feed.id)
    packed: list[tuple[list[str], list[str]]] = []
    for host, ids in sorted(by_host.items(), key=lambda pair: (-len(pair[1]), pair[0])):
        for names, members in packed:
            if len(members) + len(ids) <= shard_size:
                names.append(host)
                members.extend(ids)
                break
        else:
            packed.append(([host], list(ids)))
    return [Shard(_label(names, len(members)), members, planned_ms) for names, members in packed]


def _label(names: Sequence[str], count: int) -> str:
    others = f" +{len(names) - 1} hosts" if len(names) > 1 else ""
    return f"{names[0]}{others}, {count} feed{'s' if count != 1 else ''}"


async def plan_shards(services: Services, *, shard_size: int = 500) -> list[Shard]:
    """The feeds that are due now, in shards. Raises RedisUnavailable."""
    bundle = await in_force(services)
    if bundle is None:
        return []
    now_ms = to_ms(services.clock())
    with redis_errors():
        await went_back(services.redis, now_ms)
        due = due_feeds(bundle, await feeds.read_due(services.redis), now_ms)
        moved = await feeds.read_moved(services.redis, [feed.id for feed in due])
    return shards(
        due, shard_size, {feed.id: addresses.expected_url(feed, moved[feed.id]) for feed in due}, now_ms
    )


async def run_poll(
    services: Services,
    *,
    feed_ids: Sequence[str] | None = None,
    planned_ms: int | None = None,
    all_feeds: bool = False,
    deadline_s: float = 45.0,
    on_progress: Callable[[int, int], None] | None = None,
) -> PollCounts:
    """Poll the feeds that are due, all of them or those in `feed_ids`. `all_feeds`: even if they are not due.

    `planned_ms` is when they were found due; None: look for due feeds now.
    Never fails because of a feed. The feeds of a host that asked for a pause wait in any case.
    After `deadline_s` no further feed is begun; feeds that were not reached stay due. Raises
    RedisUnavailable; a full Redis is also reported to ops.
    """
    stop_at = time.monotonic() + deadline_s
    try:
        return await _poll(services, feed_ids, planned_ms, stop_at, on_progress, all_feeds=all_feeds)
    except RedisFull as error:
        await notices.raise_notice(services, notices.FULL_CAUSE, str(error))
        raise


async def _poll(
    services: Services,
    feed_ids: Sequence[str] | None,
    planned_ms: int | None,
    stop_at: float,
    on_progress: Callable[[int, int], None] | None,
    *,
    all_feeds: bool,
) -> PollCounts:
    bundle = await in_force(services)
    if bundle is None:
        return PollCounts()
    planned_ms = to_ms(services.clock()) if planned_ms is None else planned_ms
    with redis_errors():
        await went_back(services.redis, to_ms(services.clock()))
        due_ms = await feeds.read_due(services.redis)
        due = bundle.feeds if all_feeds else due_feeds(bundle, due_ms, planned_ms)
        wanted = None if feed_ids is None else set(feed_ids)
        chosen = [feed for feed in due if wanted is None or feed.id in wanted]
        if not chosen:
            return PollCounts()
        states = await feeds.read_states(services.redis, [feed.id for feed in chosen])
        requested = [host_and_port(addresses.expected_url(feed, states[feed.id])) for feed in chosen]
        pauses = HostPauses(services, await hosts.pauses(services.redis, requested))
        await feeds.ensure_group(services.redis)
        async with _fetcher(services, pauses) as fetcher, ParserPool(size=PARSERS) as parsers:
            visitor = Visitor(services, fetcher, parsers, planned_ms, due_ms)
            return await Cycle(services, visitor, states, pauses, stop_at, on_progress).run(chosen)


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
