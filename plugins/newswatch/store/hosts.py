"""Hosts that asked for a pause (429, 503, Retry-After): all their feeds wait."""

from __future__ import annotations

from collections.abc import Iterable

from redis.asyncio import Redis

from newswatch.store import keys


async def pause(redis: Redis, host: str, now_ms: int, until_ms: int) -> None:
    """Store a host's pause. A shorter one does not end a longer one early."""
    known = await redis.get(keys.host(host))
    if known is None or int(known) < until_ms:
        await redis.set(keys.host(host), until_ms, px=max(until_ms - now_ms, 1))


async def pauses(redis: Redis, hosts: Iterable[str]) -> dict[str, int]:
    """When the pauses of these hosts end (ms), for those that have one. One round trip."""
    names = sorted(set(hosts))
    if not names:
        return {}
    rows = await redis.mget([keys.host(name) for name in names])
    return {name: int(value) for name, value in zip(names, rows, strict=True) if value is not None}
