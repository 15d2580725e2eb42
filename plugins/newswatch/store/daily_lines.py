"""The daily line of a receiver that got no alert."""

from __future__ import annotations

from redis.asyncio import Redis
from redis.exceptions import ResponseError

from newswatch.models import Receiver
from newswatch.store import keys
from newswatch.store.client import script_of, text


async def last_line(redis: Redis, receiver: Receiver) -> tuple[int | None, int]:
    """When the receiver's last line was due (ms, None before the first), and the items added by then."""
    due, items = await redis.hmget(keys.ALIVE, [receiver.id, f"{receiver.id}:items"])
    return (None if due is None else int(text(due))), int(text(items, "0"))


async def items_added(redis: Redis) -> int:
    """How many items were ever added to the stream, those that were trimmed included."""
    try:
        return int((await redis.xinfo_stream(keys.ITEMS)).get("entries-added") or 0)
    except ResponseError:  # there is no stream before the first item
        return 0


async def queue_line(
    redis: Redis, receiver: Receiver, line: str, *, due_ms: int, now_ms: int, items: int
) -> bool:
    """Queue the line that is due at `due_ms`, once, and only if no alert came since the line before.

    Returns whether it was queued.
    """
    script = script_of(redis, "daily_line")
    args: list[str | int] = [receiver.id, due_ms, now_ms, receiver.channel, line, items]
    return bool(await script(keys=[keys.ALIVE], args=args))
