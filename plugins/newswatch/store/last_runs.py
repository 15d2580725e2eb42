"""When each DAG that comes and goes last finished its work."""

from __future__ import annotations

from collections.abc import Iterable

from redis.asyncio import Redis

from newswatch.store import keys


async def note(redis: Redis, dag_id: str, now_ms: int) -> None:
    """It has finished now."""
    await redis.hset(keys.LAST_RUNS, dag_id, str(now_ms))


async def read(redis: Redis, dag_ids: Iterable[str], now_ms: int) -> dict[str, int]:
    """When each last finished, in ms. One that is not known yet counts from now on."""
    names = list(dag_ids)
    pipe = redis.pipeline(transaction=False)
    for name in names:
        pipe.hsetnx(keys.LAST_RUNS, name, str(now_ms))
    pipe.hmget(keys.LAST_RUNS, names)
    found = (await pipe.execute())[-1]
    return dict(zip(names, map(int, found), strict=True))
