"""Gaps: times in which a feed published more than its document holds, so that items were probably missed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from redis.asyncio import Redis

from newswatch.store import keys
from newswatch.store.client import text

MOST = 500
"""Gaps kept of one feed."""


class Gap(NamedTuple):
    """Nothing is known of what was published between two times (whole seconds since 1970).

    `every_s` is the interval that would have closed it, by the feed's own rhythm.
    """

    since_s: int
    until_s: int
    every_s: int


async def add(redis: Redis, feed_id: str, gap: Gap, now_ms: int) -> None:
    """Store a gap that was found now. The same one again changes nothing."""
    name = keys.gaps(feed_id)
    pipe = redis.pipeline(transaction=False)
    pipe.zadd(name, {" ".join(map(str, gap)): now_ms}, nx=True)
    pipe.zremrangebyscore(name, "-inf", now_ms - keys.GAP_RETENTION_S * 1000)
    pipe.zremrangebyrank(name, 0, -MOST - 1)
    pipe.expire(name, keys.GAP_RETENTION_S)
    await pipe.execute()


async def found_since(redis: Redis, feed_id: str, since_ms: int) -> list[Gap]:
    """The gaps of a feed that were found since then, the oldest first."""
    return (await all_found_since(redis, [feed_id], since_ms))[feed_id]


async def all_found_since(redis: Redis, feed_ids: Sequence[str], since_ms: int) -> dict[str, list[Gap]]:
    """The same for many feeds, in one round trip."""
    pipe = redis.pipeline(transaction=False)
    for feed_id in feed_ids:
        pipe.zrangebyscore(keys.gaps(feed_id), since_ms, "+inf")
    found = zip(feed_ids, await pipe.execute(), strict=True)
    return {feed_id: [Gap(*map(int, text(row).split())) for row in rows] for feed_id, rows in found}
