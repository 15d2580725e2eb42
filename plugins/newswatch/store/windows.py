"""What is known of a release window: the expected hit was found, or the server asked for fewer requests."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from redis.asyncio import Redis

from newswatch.store import keys
from newswatch.store.client import script_of, text

KEPT_S = 86_400
WindowState = Literal["", "slow", "hit"]
WindowName = tuple[str, int]
"""The id of the feed, and when the window begins, in seconds since 1970."""


async def read(redis: Redis, names: Sequence[WindowName]) -> list[WindowState]:
    """What is known of each of these windows, in one round trip; "" for nothing."""
    if not names:
        return []
    rows = await redis.mget([keys.window(*name) for name in names])
    return [_state(row) for row in rows]


def _state(row: bytes | str | None) -> WindowState:
    word = text(row) if row else ""
    return "hit" if word == "hit" else "slow" if word == "slow" else ""


async def hit(redis: Redis, name: WindowName) -> None:
    """The rule that the window expects has a hit."""
    await script_of(redis, "window")(keys=[keys.window(*name)], args=["hit", KEPT_S])


async def slow_down(redis: Redis, name: WindowName) -> None:
    """The server answered 403 or 429: the window goes on at the feed's usual pace. A hit stays a hit."""
    await script_of(redis, "window")(keys=[keys.window(*name)], args=["slow", KEPT_S])
