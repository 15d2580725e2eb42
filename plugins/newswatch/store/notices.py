"""Ops notices by cause: when one is due, and the message it becomes."""

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
    """Raise or clear a cause, or tell of it once. Returns the message queued, "" if due without a channel, None if not due."""
    script = script_of(redis, "notice")
    args: list[str | int] = [cause, how, notice_text, now_ms, REPEAT_AFTER_S * 1000, ops_channel]
    answer = await script(keys=[keys.notice(cause), keys.NOTICES], args=args)
    return None if answer is None else text(answer)


async def drop(redis: Redis, causes: Sequence[str]) -> None:
    """Clear causes without a word; one that is raised again is told anew."""
    if not causes:
        return
    pipe = redis.pipeline(transaction=True)
    pipe.srem(keys.NOTICES, *causes)
    for cause in causes:
        pipe.hdel(keys.notice(cause), "since", "last")
        pipe.expire(keys.notice(cause), 86_400)
    await pipe.execute()


async def is_active(redis: Redis, cause: str) -> bool:
    """Whether the cause has been raised and not cleared."""
    return bool(await redis.sismember(keys.NOTICES, cause))


async def active(redis: Redis) -> dict[str, dict[str, str]]:
    """Active causes with their text, since (ms) and last notice (ms)."""
    causes = sorted(text(row) for row in await redis.smembers(keys.NOTICES))
    pipe = redis.pipeline(transaction=False)
    for cause in causes:
        pipe.hgetall(keys.notice(cause))
    return {c: fields(row) for c, row in zip(causes, await pipe.execute(), strict=True)}
