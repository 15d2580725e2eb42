"""Removing what is past its retention, from lists that do not expire by themselves."""

from __future__ import annotations

from redis.asyncio import Redis

from newswatch.store import keys
from newswatch.store.items import oldest_waiting_ms


async def trim_items(redis: Redis, now_ms: int, kept_s: float) -> int:
    """Trim the items stream by age, but never past the oldest item that is not acknowledged."""
    floor_ms = now_ms - int(kept_s * 1000)
    waiting = await oldest_waiting_ms(redis)
    if waiting is not None:
        floor_ms = min(floor_ms, waiting)
    return int(await redis.xtrim(keys.ITEMS, minid=str(floor_ms), approximate=False))


async def trim_articles(redis: Redis, now_ms: int) -> int:
    """Remove pages from the queue that were not read in a week. Their jobs expire by themselves."""
    return int(await redis.zremrangebyscore(keys.ARTICLES, "-inf", now_ms - keys.ARTICLE_RETENTION_S * 1000))


async def trim_alerts(redis: Redis, now_ms: int, kept_s: float) -> int:
    """Remove alerts past their retention from the lists. Their records expire by themselves."""
    horizon = now_ms - int(kept_s * 1000)
    pipe = redis.pipeline(transaction=False)
    async for name in redis.scan_iter(match=keys.alerts_of("*", "*"), count=1_000):
        pipe.zremrangebyscore(name, "-inf", horizon)
    await pipe.execute()
    return int(await redis.zremrangebyscore(keys.ALERTS, "-inf", horizon))


async def trim_dead(redis: Redis, now_ms: int, kept_s: float) -> int:
    """Remove dead letters past their retention, with their messages."""
    horizon = now_ms - int(kept_s * 1000)
    old = await redis.zrangebyscore(keys.DEAD, "-inf", horizon)
    for message_id in old:
        name = message_id.decode() if isinstance(message_id, bytes) else str(message_id)
        await redis.delete(keys.message(name))
    await redis.zremrangebyscore(keys.DEAD, "-inf", horizon)
    return len(old)
