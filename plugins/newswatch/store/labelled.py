"""Items that readers labelled for a rule: acknowledged, not relevant to it, or missed by it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, get_args

from redis.asyncio import Redis

from newswatch.models import Item
from newswatch.store import keys
from newswatch.store.client import fields, script_of, text
from newswatch.store.codec import from_ms, item_from_json, item_to_json, to_ms

Label = Literal["irrelevant", "missed"]
LABELS: tuple[Label, ...] = get_args(Label)
Counted = Literal["acknowledged", "irrelevant", "missed"]
"""What is counted for each rule. The alerts of acknowledged items have their text, so only their time is stored."""

MOST_LABELLED = 200
"""Items kept for each rule and label: enough to judge an edit."""
HASHES_AT_ONCE = 2_000
"""Counted in one step, which holds Redis up for about two milliseconds."""

_KEYS = {"acknowledged": keys.acknowledged, "irrelevant": keys.irrelevant, "missed": keys.missed}


@dataclass(frozen=True, slots=True)
class Labelled:
    """An item that a reader labelled for a rule: by whom and when."""

    item: Item
    by: str
    at: datetime


def labelled_to_json(one: Labelled) -> str:
    """The record as Redis stores it."""
    row = {"by": one.by, "at": to_ms(one.at), "item": item_to_json(one.item)}
    return json.dumps(row, ensure_ascii=False)


def _from_json(data: str) -> Labelled | None:
    try:
        row = json.loads(data)
        return Labelled(item_from_json(row["item"]), str(row["by"]), from_ms(row["at"]))
    except (ValueError, KeyError, TypeError):
        return None


async def put_missed(redis: Redis, rule_id: str, one: Labelled) -> bool:
    """Record an item that a rule missed. False if it was recorded before; the newer record replaces it."""
    return bool(await redis.hset(keys.missed(rule_id), one.item.id, labelled_to_json(one)))


async def read_labelled(redis: Redis, label: Label, rule_id: str) -> list[Labelled]:
    """The items that a rule has with this label, the newest first."""
    rows: Any = await redis.hgetall(_KEYS[label](rule_id))
    found = [one for one in map(_from_json, fields(rows).values()) if one is not None]
    return sorted(found, key=lambda one: one.at, reverse=True)


async def count_labelled(
    redis: Redis, labels: Sequence[Counted], rule_ids: Sequence[str]
) -> dict[Counted, dict[str, int]]:
    """How many items have each of these labels, by rule. Rules without any are left out."""
    script = script_of(redis, "hash_lengths")
    found: dict[Counted, dict[str, int]] = {label: {} for label in labels}
    beginnings = json.dumps([_KEYS[label]("") for label in labels])
    at_once = HASHES_AT_ONCE // max(1, len(labels))
    for start in range(0, len(rule_ids), at_once):
        some = rule_ids[start : start + at_once]
        row = iter(await script(args=[beginnings, json.dumps(some, ensure_ascii=False)]))
        for label, rule, length in zip(row, row, row, strict=True):
            found[labels[int(label) - 1]][some[int(rule) - 1]] = int(length)
    return found


async def tidy_labelled(redis: Redis, label: Label, now_ms: int, kept_s: float) -> int:
    """Delete what is past its retention, and all but the newest of a rule. Returns how many."""
    floor, gone = now_ms - int(kept_s * 1000), 0
    async for key in redis.scan_iter(match=_KEYS[label]("*"), count=1000):
        rule_id = text(key).removeprefix(_KEYS[label](""))
        found = await read_labelled(redis, label, rule_id)
        old = [one for n, one in enumerate(found) if n >= MOST_LABELLED or to_ms(one.at) < floor]
        if old:
            gone += int(await redis.hdel(key, *(one.item.id for one in old)))
    return gone


async def tidy_acknowledged(redis: Redis, now_ms: int, kept_s: float) -> int:
    """Delete acknowledged items whose alerts are past their retention. Returns how many."""
    floor, gone = now_ms - int(kept_s * 1000), 0
    async for key in redis.scan_iter(match=keys.acknowledged("*"), count=1000):
        rows: Any = await redis.hgetall(key)
        old = [item for item, matched_ms in fields(rows).items() if int(matched_ms) < floor]
        if old:
            gone += int(await redis.hdel(key, *old))
    return gone
