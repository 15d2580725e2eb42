"""What readers say about messages with the buttons. Stored with the message and with its rules."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from redis.asyncio import Redis

from newswatch.models import Alert, Item, Mark, MarkKind, Marks
from newswatch.store.client import script_of
from newswatch.store.codec import from_ms, to_ms
from newswatch.store.labelled import Labelled, labelled_to_json


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


async def put_ack(redis: Redis, message_id: str, mark: Mark, now_ms: int, alerts: Sequence[Alert]) -> int:
    """Someone looks after the story: 1 stored, 0 someone did before, -1 no such message.

    `alerts` are those of the message that are counted for their rules.
    """
    follows = [[one.rule_id, one.item_id, str(to_ms(one.matched))] for one in alerts]
    return await _put(redis, message_id, "ack", mark, now_ms, follows)


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
    follows = [
        [rule, item.id, labelled_to_json(Labelled(item, mark.by, mark.at)) if mark.on else False]
        for rule, item in items
    ]
    return await _put(redis, message_id, "irrelevant", mark, now_ms, follows)


async def _put(redis: Redis, message_id: str, kind: MarkKind, mark: Mark, now_ms: int, follows: Any) -> int:
    script = script_of(redis, "mark")
    args: list[str | int] = [message_id, now_ms, kind, to_ms(mark.at), mark_to_json(mark)]
    args.append(json.dumps(follows, ensure_ascii=False))
    return int(await script(args=args))
