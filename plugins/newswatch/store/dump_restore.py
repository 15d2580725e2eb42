"""Puts the records of a backup into Redis: first beside what is there, then in its place, in one step.

So Redis has either what it had or all of the backup, whatever happens. Until the last step it needs room for both.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from redis.asyncio import Redis

from newswatch import __version__
from newswatch.store import dump, keys
from newswatch.store.client import script_of
from newswatch.store.dump import Record, as_bytes
from newswatch.store.leases import Lease
from newswatch.store.schema import SCHEMA

RESTORED = "restored"
"""Stored as the run of Redis that last delivered to a channel. No run has that name, so the channel's history is read."""
LEASE_S = 60.0


def restore_lease(redis: Redis) -> Lease:
    """The right to restore, which one process has at a time."""
    return Lease(redis, "restore", LEASE_S)


async def write_beside(redis: Redis, records: Iterable[Record]) -> None:
    """Write records where nothing reads them, the parts of a key in their order.

    Removes what an earlier try left.
    """
    await clear_beside(redis)
    await _write_all(redis, records)
    # The last step looks for this key, and so finds only what is whole.
    name = keys.staged(keys.short(keys.SCHEMA))
    await redis.hset(name, mapping={"schema": SCHEMA, "release": __version__})


async def take_place(redis: Redis, lease: Lease) -> bool:
    """Remove everything that newswatch has in this Redis and put what was written beside it in its place.

    False, with nothing changed, if another process has the lease.
    """
    return bool(
        await script_of(redis, "restore")(
            keys=[lease.key, keys.staged(keys.short(keys.SCHEMA))],
            args=[lease.token, keys.EVERY, keys.STAGED, keys.whole(""), keys.staged("")],
        )
    )


async def clear_beside(redis: Redis) -> None:
    """Remove what was written beside the data."""
    async for name in redis.scan_iter(match=keys.STAGED, count=1000):
        await redis.unlink(name)


async def tidy(redis: Redis) -> None:
    """Remove what a killed restore left, unless one is at work."""
    if not await redis.exists(restore_lease(redis).key):
        await clear_beside(redis)


async def _write_all(redis: Redis, records: Iterable[Record]) -> None:
    elements = 0
    pipe = redis.pipeline(transaction=False)
    for record in records:
        name = keys.staged(record.name)
        elements += _write(pipe, name, record)
        if record.left_ms is not None:
            pipe.pexpire(name, record.left_ms)
        if elements >= dump.PART:
            await pipe.execute()
            elements = 0
    await pipe.execute()


def _write(pipe: Any, name: str, record: Record) -> int:
    """Returns how many elements it has."""
    value = record.value
    if record.kind == "string":
        pipe.set(name, as_bytes(value))
    elif record.kind == "hash":
        marks = keys.whole(record.name) == keys.EPOCH
        pipe.hset(name, mapping={as_bytes(f): RESTORED if marks else as_bytes(v) for f, v in value.items()})
    elif record.kind == "list":
        pipe.rpush(name, *map(as_bytes, value))
    elif record.kind == "set":
        pipe.sadd(name, *map(as_bytes, value))
    elif record.kind == "zset":
        pipe.zadd(name, {as_bytes(member): score for member, score in value})
    else:
        for stream_id, row in value["entries"]:
            pipe.xadd(name, {as_bytes(f): as_bytes(v) for f, v in row.items()}, id=stream_id)
        if value["next"] is not None:
            pipe.xgroup_create(name, keys.ITEMS_GROUP, id=value["next"], mkstream=True)
        return len(value["entries"])
    return 1 if record.kind == "string" else len(value)
