"""The daily line of receivers that nothing came for."""

from __future__ import annotations

from redis.asyncio import Redis
from redis.exceptions import ResponseError

from newswatch.models import Receiver
from newswatch.store import keys
from newswatch.store.client import script_of, text


async def told(redis: Redis, receiver: Receiver) -> tuple[int | None, int]:
    """The time the receiver's last line was due at (ms), None before the first, and the items added by then."""
    due, items = await redis.hmget(keys.ALIVE, [receiver.id, f"{receiver.id}:items"])
    return (None if due is None else int(text(due))), int(text(items, "0"))


async def items_added(redis: Redis) -> int:
    """Items appended to the stream since it exists, trimmed ones included."""
    try:
        return int((await redis.xinfo_stream(keys.ITEMS)).get("entries-added") or 0)
    except ResponseError:  # no item ever came
        return 0


async def tell(redis: Redis, receiver: Receiver, line: str, *, due_ms: int, now_ms: int, items: int) -> bool:
    """Queue the line unless an alert came since the last one, or it was told; note that its time has been."""
    script = script_of(redis, "alive")
    args: list[str | int] = [receiver.id, due_ms, now_ms, receiver.channel, line, items]
    return bool(await script(keys=[keys.ALIVE], args=args))
