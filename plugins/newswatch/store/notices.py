"""Notices to ops by cause: when one is due, and its message."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from redis.asyncio import Redis

from newswatch.store import keys
from newswatch.store.client import fields, script_of, text

REPEAT_AFTER_S = 4 * 3600
Switch = Literal["on", "off", "once"]


async def switch(
    redis: Redis, cause: str, how: Switch, *, notice_text: str, ops_channel: str, now_ms: int
) -> str | None:
    """Raise or clear a cause, or report it once.

    Returns the id of the queued message, "" if a notice is due but there is no channel, None if none is due.
    """
    script = script_of(redis, "notice")
    args: list[str | int] = [cause, how, notice_text, now_ms, REPEAT_AFTER_S * 1000, ops_channel]
    answer = await script(keys=[keys.notice(cause), keys.NOTICES], args=args)
    return None if answer is None else text(answer)


async def drop(redis: Redis, causes: Sequence[str]) -> None:
    """Delete causes without a message. If one is raised again, ops is notified again."""
    if not causes:
        return
    pipe = redis.pipeline(transaction=True)
    pipe.srem(keys.NOTICES, *causes)
    for cause in causes:
        pipe.hdel(keys.notice(cause), "since", "last")
        pipe.expire(keys.notice(cause), 86_400)
    await pipe.execute()


async def is_active(redis: Redis, cause: str) -> bool:
    """Whether the cause is raised and not cleared."""
    return bool(await redis.sismember(keys.NOTICES, cause))


async def active(redis: Redis) -> dict[str, dict[str, str]]:
    """Active causes with their text, since when (ms), and the last notice (ms)."""
    causes = sorted(text(row) for row in await redis.smembers(keys.NOTICES))
    pipe = redis.pipeline(transaction=False)
    for cause in causes:
        pipe.hgetall(keys.notice(cause))
    return {c: fields(row) for c, row in zip(causes, await pipe.execute(), strict=True)}
