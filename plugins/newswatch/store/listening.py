"""Whether a listener takes clicks. Messages have buttons only if one does."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime

from redis.asyncio import Redis

from newswatch.store import keys
from newswatch.store.codec import from_ms, to_ms

BEAT_S = 20.0
SILENCE_S = 120
"""A listener that was not heard from for this long is gone. A restart takes less."""


@dataclass(frozen=True, slots=True)
class Listening:
    """The listener: `ways` are "Socket Mode" and "HTTP"."""

    ways: tuple[str, ...]
    since: datetime


async def beat(redis: Redis, listening: Listening) -> None:
    """Record that it is there."""
    row = json.dumps({"ways": listening.ways, "since": to_ms(listening.since)})
    await redis.set(keys.LISTENER, row, ex=SILENCE_S)


async def heard(redis: Redis) -> Listening | None:
    """The listener, None if there is none."""
    row = await redis.get(keys.LISTENER)
    if not row:
        return None
    data = json.loads(row)
    return Listening(tuple(data["ways"]), from_ms(data["since"]))
