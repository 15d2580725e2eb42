"""What readers say about messages with the buttons. Stored with the message and with its rules."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from redis.asyncio import Redis

from newswatch.models import Item, Mark, MarkKind, Marks
from newswatch.store import keys
from newswatch.store.client import fields, script_of, text
from newswatch.store.codec import from_ms, item_from_json, item_to_json, to_ms

MOST_IRRELEVANT = 200
"""Items kept for each rule: enough to backtest an edit."""


@dataclass(frozen=True, slots=True)
class Irrelevant:
    """An item that a reader marked as not relevant to a rule."""

    item: Item
    by: str
    at: datetime


def mark_to_json(mark: Mark) -> str:
    """The mark as the message's hash stores it."""
    until = to_ms(mark.until) if mark.until else None
    row = {"on": mark.on, "by": mark.by, "user": mark.user_id, "at": to_ms(mark.at), "until": until}
    return json.dumps(row, ensure_ascii=False)


def marks_of(raw: Mapping[str, str]) -> Marks:
    """The marks in a message's hash."""
    return Marks(_mark(raw.get("ack")), _mark(raw.get("mute")), _mark(raw.get("irrelevant")))


def _mark(data: str | None) -> Mark | None:
    if not data:
        return None
    try:
        row = json.loads(data)
        until = from_ms(row["until"]) if row["until"] else None
        return Mark(bool(row["on"]), str(row["by"]), str(row["user"]), from_ms(row["at"]), until)
    except (ValueError, KeyError, TypeError):
        return None


async def put_ack(redis: Redis, message_id: str, mark: Mark, now_ms: int) -> int:
    """Someone looks after the story: 1 stored, 0 someone did before, -1 no such message."""
    return await _put(redis, message_id, "ack", mark, now_ms, {})


async def put_mute(
    redis: Redis, message_id: str, mark: Mark, now_ms: int, rules: Sequence[str], channel: str
) -> int:
    """Mute the message's rules in its channel until `mute.until`, or unmute them.

    1 stored, 0 known or older than what is known, -1 no such message.
    """
    row = json.dumps(
        {
            "until": to_ms(mark.until) if mark.until else 0,
            "by": mark.by,
            "since": to_ms(mark.at),
            "message": message_id,
        }
    )
    follows = {f"{rule}|{channel}": row if mark.on else False for rule in rules}
    return await _put(redis, message_id, "mute", mark, now_ms, follows)


async def put_irrelevant(
    redis: Redis, message_id: str, mark: Mark, now_ms: int, items: Sequence[tuple[str, Item]]
) -> int:
    """The message is not relevant to its rules, or that is taken back; `items` by rule.

    1 stored, 0 known or older than what is known, -1 no such message.
    """
    follows = [[rule, item.id, _row(item, mark) if mark.on else False] for rule, item in items]
    return await _put(redis, message_id, "irrelevant", mark, now_ms, follows)


def _row(item: Item, mark: Mark) -> str:
    row = {"by": mark.by, "at": to_ms(mark.at), "item": item_to_json(item)}
    return json.dumps(row, ensure_ascii=False)


async def _put(redis: Redis, message_id: str, kind: MarkKind, mark: Mark, now_ms: int, follows: Any) -> int:
    script = script_of(redis, "mark")
    args: list[str | int] = [message_id, now_ms, kind, to_ms(mark.at), mark_to_json(mark)]
    args.append(json.dumps(follows, ensure_ascii=False))
    return int(await script(args=args))


async def read_irrelevant(redis: Redis, rule_id: str) -> list[Irrelevant]:
    """The items marked as not relevant to a rule, the newest mark first."""
    rows: Any = await redis.hgetall(keys.irrelevant(rule_id))
    found = [one for one in map(_irrelevant, fields(rows).values()) if one is not None]
    return sorted(found, key=lambda one: one.at, reverse=True)


def _irrelevant(data: str) -> Irrelevant | None:
    try:
        row = json.loads(data)
        return Irrelevant(item_from_json(row["item"]), str(row["by"]), from_ms(row["at"]))
    except (ValueError, KeyError, TypeError):
        return None


async def count_irrelevant(redis: Redis, rule_ids: Sequence[str]) -> dict[str, int]:
    """How many items were marked as not relevant to each rule. Rules without any are left out."""
    pipe = redis.pipeline(transaction=False)
    for rule_id in rule_ids:
        pipe.hlen(keys.irrelevant(rule_id))
    return {name: int(n) for name, n in zip(rule_ids, await pipe.execute(), strict=True) if n}


async def tidy(redis: Redis, now_ms: int, kept_s: float) -> int:
    """Delete what is past its retention, and all but the newest of a rule. Returns how many."""
    floor, gone = now_ms - int(kept_s * 1000), 0
    async for key in redis.scan_iter(match=keys.irrelevant("*"), count=1000):
        rule_id = text(key).removeprefix(keys.irrelevant(""))
        found = await read_irrelevant(redis, rule_id)
        old = [one for n, one in enumerate(found) if n >= MOST_IRRELEVANT or to_ms(one.at) < floor]
        if old:
            gone += int(await redis.hdel(key, *(one.item.id for one in old)))
    return gone
