"""Mutes: rules that stay out of Slack for a while, in one channel or in all of them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from redis.asyncio import Redis
from redis.asyncio.client import Pipeline

from newswatch.store import keys
from newswatch.store.client import text
from newswatch.store.codec import from_ms, to_ms
from newswatch.store.marks import mark_to_json, marks_of

EVERYWHERE = "*"


@dataclass(frozen=True, slots=True)
class Mute:
    """One rule's silence. `channel` is a channel id or EVERYWHERE; `muted` counts what it kept back."""

    rule_id: str
    channel: str
    until: datetime
    by: str
    since: datetime
    muted: int = 0
    message_id: str = ""
    """The message whose button began it, which shows it as long as it lasts; "" for none."""

    @property
    def name(self) -> str:
        """The field it is kept under."""
        return f"{self.rule_id}|{self.channel}"


async def put(redis: Redis, mute: Mute) -> None:
    """Begin a mute, or replace the one for the same rule and channel."""
    row = {"until": to_ms(mute.until), "by": mute.by, "since": to_ms(mute.since)}
    known = await read(redis)
    marks = await _taken_back(redis, [one for one in known if one.name == mute.name], known)
    pipe = redis.pipeline(transaction=True)
    pipe.hset(keys.MUTES, mute.name, json.dumps(row))
    pipe.hset(keys.MUTES_COUNT, mute.name, 0)
    _show(pipe, marks, to_ms(mute.since))
    await pipe.execute()


async def lift(redis: Redis, rule_id: str, channel: str | None, now: datetime) -> list[Mute]:
    """End a rule's mute in one channel, or wherever it has one; returns what was ended."""
    known = await read(redis)
    ended = [one for one in known if one.rule_id == rule_id and channel in (None, one.channel)]
    if ended:
        marks = await _taken_back(redis, ended, known)
        pipe = redis.pipeline(transaction=True)
        pipe.hdel(keys.MUTES, *(mute.name for mute in ended))
        pipe.hdel(keys.MUTES_COUNT, *(mute.name for mute in ended))
        _show(pipe, marks, to_ms(now))
        await pipe.execute()
    return ended


async def _taken_back(redis: Redis, ended: Sequence[Mute], known: Sequence[Mute]) -> dict[str, str]:
    """Messages whose buttons began what has ended and nothing else that lasts: the mark each gets.

    It is the mark of the click, off: the same click, told again by Slack, is then known.
    """
    lasting = {mute.message_id for mute in known if mute not in ended}
    found: dict[str, str] = {}
    for message_id in sorted({mute.message_id for mute in ended} - lasting - {""}):
        mark = marks_of({"mute": text(await redis.hget(keys.message(message_id), "mute"))}).mute
        if mark is not None:
            found[message_id] = mark_to_json(replace(mark, on=False))
    return found


def _show(pipe: Pipeline, marks: Mapping[str, str], now_ms: int) -> None:
    for message_id, mark in marks.items():
        pipe.hset(keys.message(message_id), "mute", mark)
        pipe.hincrby(keys.message(message_id), "rev", 1)
        pipe.zadd(keys.UPDATES, {message_id: now_ms})


async def read(redis: Redis) -> list[Mute]:
    """Every mute, ended ones not yet tidied away included, by rule and channel."""
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
    """Forget mutes that have ended; returns how many."""
    ended = [mute.name for mute in await read(redis) if mute.until <= now]
    if ended:
        await redis.hdel(keys.MUTES, *ended)
        await redis.hdel(keys.MUTES_COUNT, *ended)
    return len(ended)


def muted_by(mutes: list[Mute], rule_id: str, channel: str, now: datetime) -> str | None:
    """The name of the mute in force for this rule and channel, None when it may speak."""
    for mute in mutes:
        if mute.rule_id == rule_id and mute.channel in (channel, EVERYWHERE) and mute.until > now:
            return mute.name
    return None
