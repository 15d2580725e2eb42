"""Noticing that the time went back."""

from __future__ import annotations

from redis.asyncio import Redis

from newswatch.store import keys
from newswatch.store.client import script_of

LEAST_S = 60.0
"""Less is not noticed: clocks of machines differ by seconds, and nothing is silent for longer."""


async def went_back(redis: Redis, now_ms: int) -> int:
    """By how many ms the time went back since a stage last ran; what was put off meanwhile is due sooner by as much."""
    names = [keys.CLOCK, keys.FEEDS_DUE, keys.WORKSPACE]
    return int(await script_of(redis, "clock")(keys=names, args=[now_ms, int(LEAST_S * 1000)]))
