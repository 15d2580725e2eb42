"""Whether newswatch can use this Redis, by what the server reports."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from redis.asyncio import Redis

from newswatch.errors import RedisRefused, RedisUnavailable
from newswatch.quantity import quantity
from newswatch.store import keys, schema
from newswatch.store.client import redis_errors
from newswatch.store.faults import CLUSTER, LOADING, OLDEST_VERSION, REPLICA, SENTINEL, too_old
from newswatch.store.leases import Lease


def version_of(info: Mapping[str, Any]) -> str:
    """The version as people know it: Valkey also reports itself as Redis 7.2."""
    return str(info.get("valkey_version") or info.get("redis_version") or "unknown")


def judge(info: Mapping[str, Any]) -> RedisUnavailable | RedisRefused | None:
    """What is wrong with a server, from its INFO; None for a primary that newswatch can use. Pure.

    A replica that accepts writes is refused too, because its writes are lost with the next synchronisation.
    """
    mode = info.get("server_mode") or info.get("redis_mode")  # Valkey renamed it
    if mode == "sentinel":
        return RedisRefused(SENTINEL)
    if mode == "cluster" or info.get("cluster_enabled") == 1:
        return RedisRefused(CLUSTER)
    version = version_of(info)
    major = version.partition(".")[0]
    if major.isdecimal() and int(major) < OLDEST_VERSION:
        return RedisRefused(too_old(version))
    if info.get("loading") == 1:
        return RedisUnavailable(LOADING)
    if info.get("role") == "slave":
        return RedisUnavailable(REPLICA)
    return None


def eviction_fault(info: Mapping[str, Any]) -> str:
    """That this Redis deletes keys when it is full, and what to do, from its INFO; "" if it does not, or does not say. Pure."""
    policy = str(info.get("maxmemory_policy") or "noeviction")
    if policy == "noeviction":
        return ""
    gone = int(info.get("evicted_keys") or 0)
    so_far = f", {quantity(gone, 'key')} so far" if gone else ""
    return f"maxmemory-policy is {policy}: when Redis is full, it deletes what newswatch needs{so_far}. Set `noeviction`"


async def check_kind(redis: Redis) -> None:
    """Check the server, whatever is in it. Raises RedisUnavailable or RedisRefused."""
    with redis_errors():
        info = await redis.info()
    fault = judge(info)
    if fault is not None:
        raise fault


async def check_server(redis: Redis) -> None:
    """Check the server, and that its data is not a newer release's, before a stage relies on it. Two round trips.

    Raises RedisUnavailable or RedisRefused.
    """
    await check_kind(redis)
    with redis_errors():
        await schema.take_up(redis)


async def try_writing(redis: Redis) -> None:
    """A write that changes nothing: Redis refuses it when it is out of memory.

    Raises RedisFull, RedisUnavailable or RedisRefused.
    """
    with redis_errors():
        await redis.zadd(keys.FEEDS_DUE, {"": 0}, xx=True)


async def try_scripts(redis: Redis) -> None:
    """Run a script as the stages do. Raises RedisUnavailable or RedisRefused."""
    with redis_errors():
        lease = Lease(redis, "doctor", 1.0)
        await lease.take(0.0)
        await lease.release()
