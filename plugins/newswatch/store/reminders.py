"""Messages of which a channel is to be reminded if nobody acknowledges them."""

from __future__ import annotations

from typing import Any

from redis.asyncio import Redis

from newswatch.store import keys
from newswatch.store.client import script_of, text


async def due(redis: Redis, now_ms: int) -> list[str]:
    """The messages whose reminder is due."""
    rows: Any = await redis.zrangebyscore(keys.REMINDERS, "-inf", now_ms)
    return [text(row) for row in rows]


async def remind(redis: Redis, message_id: str, reminder: str, now_ms: int) -> bool:
    """Queue the reminder of a message, unless it was acknowledged or `reminder` is "". Returns whether it was queued."""
    return bool(await script_of(redis, "remind")(args=[message_id, now_ms, reminder]))
