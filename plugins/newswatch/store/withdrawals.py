"""Alerts that were withdrawn because they were no longer to be sent when their turn came."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from redis.asyncio import Redis

from newswatch.models import Message
from newswatch.store import keys
from newswatch.store.client import script_of, text

RETURN_WITHIN_S = 86_400
"""How long after its withdrawal an alert still returns if its rule or its route does."""


@dataclass(frozen=True, slots=True)
class Withdrawal:
    """One alert and why it is not sent. `mute` names the mute that suppresses it, "" for none."""

    alert_id: str
    reason: str
    matched_ms: int
    returns: bool
    mute: str = ""


async def withdraw(
    redis: Redis, message: Message, gone: Sequence[Withdrawal], reason: str, *, now_ms: int, kept_s: float
) -> int:
    """Take alerts out of a queued message; without any other it is withdrawn as a whole, for `reason`.

    Returns how many it has left, -1 if it is not queued any more.
    """
    rows = [[one.alert_id, one.reason, one.matched_ms, int(one.returns), one.mute] for one in gone]
    args: list[str | int] = [
        message.id,
        message.channel,
        now_ms,
        int(kept_s),
        now_ms - RETURN_WITHIN_S * 1000,
    ]
    args += [json.dumps(rows, ensure_ascii=False), reason]
    return int(await script_of(redis, "withdraw")(args=args))


async def reinstate(
    redis: Redis, message: Message, alert_ids: Sequence[str], *, now_ms: int, size: int
) -> int:
    """Queue alerts again that were withdrawn from this message. Returns how many were."""
    args: list[str | int] = [message.id, message.channel, message.story_id, now_ms, size]
    args.append(json.dumps(list(alert_ids)))
    return int(await script_of(redis, "reinstate")(args=args))


async def may_return(redis: Redis, now_ms: int) -> list[str]:
    """The alerts that return if their rule or route does."""
    rows: Any = await redis.zrangebyscore(keys.WITHDRAWN, now_ms - RETURN_WITHIN_S * 1000, "+inf")
    return [text(row) for row in rows]


async def count_since(redis: Redis, since_ms: int) -> int:
    """How many of the alerts that were matched since then are withdrawn."""
    return int(await redis.zcount(keys.alerts_of("state", "withdrawn"), since_ms, "+inf"))


async def judged_under(redis: Redis) -> str:
    """The conditions under which queued alerts were last judged, "" for none yet."""
    return text(await redis.get(keys.CONDITIONS))


async def note_judged_under(redis: Redis, fingerprint: str) -> None:
    """Remember the conditions, so that their next change is noticed."""
    await script_of(redis, "small")(keys=[keys.CONDITIONS], args=["SET", fingerprint])
