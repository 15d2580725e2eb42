"""Mutes: rules whose alerts are not sent for a while, in one channel or in all."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from redis.asyncio import Redis

from newswatch.store import keys
from newswatch.store.client import script_of, text
from newswatch.store.codec import from_ms, to_ms

EVERYWHERE = "*"


@dataclass(frozen=True, slots=True)
class Mute:
    """One mute. `channel` is a channel id or EVERYWHERE; `muted` counts the alerts that it suppressed."""

    rule_id: str
    channel: str
    until: datetime
    by: str
    since: datetime
    muted: int = 0
    message_id: str = ""
    """The message whose button began it and which shows it while it lasts; "" for none."""

    @property
    def name(self) -> str:
        """The field that stores it."""
        return f"{self.rule_id}|{self.channel}"


async def put(redis: Redis, mute: Mute) -> None:
    """Begin a mute, or replace the one for the same rule and channel."""
    row = json.dumps({"until": to_ms(mute.until), "by": mute.by, "since": to_ms(mute.since)})
    await _change(redis, {mute.name: row}, to_ms(mute.since))


async def lift(redis: Redis, rule_id: str, channel: str | None, now: datetime) -> list[Mute]:
    """End a rule's mute in one channel, or in every channel where it has one. Returns the mutes that ended."""
    known = await read(redis)
    ended = [one for one in known if one.rule_id == rule_id and channel in (None, one.channel)]
    if ended:
        await _change(redis, {mute.name: False for mute in ended}, to_ms(now))
    return ended


async def _change(redis: Redis, rows: Mapping[str, str | bool], now_ms: int) -> None:
    """Begin or end (False) mutes. Messages whose buttons began a mute that ends no longer show it."""
    script = script_of(redis, "mute")
    await script(args=[now_ms, json.dumps(rows, ensure_ascii=False)])


async def read(redis: Redis) -> list[Mute]:
    """Every mute, by rule and channel, including ended ones that were not removed yet."""
    pipe = redis.pipeline(transaction=False)
    pipe.hgetall(keys.MUTES)
    pipe.hgetall(keys.MUTES_COUNT)
    rows, counts = await pipe.execute()
    return [
        _mute(text(name), json.loads(row), int(counts.get(name, 0))) for name, row in sorted(rows.items())
    ]


def _mute(name: str, row: dict[str, Any], muted: int) -> Mute:
    rule_id, _, channel = name.rpartition("|")
    until, since = from_ms(row["until"]), from_ms(row["since"])
    return Mute(rule_id, channel, until, row["by"], since, muted, row.get("message", ""))


async def tidy(redis: Redis, now: datetime) -> int:
    """Remove mutes that have ended. Returns how many."""
    ended = [mute.name for mute in await read(redis) if mute.until <= now]
    if ended:
        await redis.hdel(keys.MUTES, *ended)
        await redis.hdel(keys.MUTES_COUNT, *ended)
    return len(ended)


def muted_by(mutes: list[Mute], rule_id: str, channel: str, now: datetime) -> str | None:
    """The name of the mute in force for this rule and channel, None if it is not muted."""
    for mute in mutes:
        if mute.rule_id == rule_id and mute.channel in (channel, EVERYWHERE) and mute.until > now:
            return mute.name
    return None
