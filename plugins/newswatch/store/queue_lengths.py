"""How long the queues were in each minute of the last day: what waits to be matched, read and sent."""

from __future__ import annotations

from dataclasses import dataclass

from redis.asyncio import Redis

from newswatch.store import keys
from newswatch.store.client import text

MOST = 1_440
"""A sample a minute for 24 hours."""
PACE_S = 55
"""Samples are at least this far apart, also if several processes take them."""


@dataclass(frozen=True, slots=True)
class QueueLengths:
    """One sample: items that wait for matching, messages that are queued, articles that are due."""

    at_s: int
    items: int
    messages: int
    articles: int


async def add(redis: Redis, sample: QueueLengths) -> None:
    """Keep the sample, unless the last one is less than a minute old. The oldest beyond MOST are dropped."""
    newest = _unpacked(text(await redis.lindex(keys.QUEUE_LENGTHS, -1)))
    if newest is not None and 0 <= sample.at_s - newest.at_s < PACE_S:
        return
    pipe = redis.pipeline(transaction=False)
    pipe.rpush(keys.QUEUE_LENGTHS, f"{sample.at_s} {sample.items} {sample.messages} {sample.articles}")
    pipe.ltrim(keys.QUEUE_LENGTHS, -MOST, -1)
    await pipe.execute()


async def read(redis: Redis) -> list[QueueLengths]:
    """The samples, the oldest first. One that cannot be parsed is left out."""
    found = [_unpacked(text(row)) for row in await redis.lrange(keys.QUEUE_LENGTHS, 0, -1)]
    return [sample for sample in found if sample is not None]


def _unpacked(row: str) -> QueueLengths | None:
    try:
        at_s, items, messages, articles = map(int, row.split())
    except ValueError:
        return None
    return QueueLengths(at_s, items, messages, articles)
