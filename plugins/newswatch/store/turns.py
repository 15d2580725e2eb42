"""Whose turn it is to ask a method of Slack that takes so many requests a minute. All processes share the limit."""

from __future__ import annotations

from typing import Literal

from redis.asyncio import Redis

from newswatch.store import keys
from newswatch.store.client import script_of

Method = Literal["history", "replies", "update"]
_MINUTE_MS = 60_000
_AT_ONCE = 5
"""A fifth of a minute's requests may be made at once. In no minute are there more than 1.2 times the rate."""


async def take_turn(redis: Redis, method: Method, per_minute: int, now_ms: int) -> int:
    """Take a turn if one is free now. Returns 0 if it was taken, else how long to wait in ms."""
    script = script_of(redis, "turn")
    args: list[str | int] = [method, now_ms, _MINUTE_MS // per_minute or 1, max(1, per_minute // _AT_ONCE)]
    return int(await script(keys=[keys.TURNS], args=args))


async def pause_method(redis: Redis, method: Method, until_ms: int) -> None:
    """Nobody gets a turn before `until_ms`, because Slack asked for that."""
    await script_of(redis, "small")(keys=[keys.TURNS], args=["HSET", f"{method}:until", until_ms])
