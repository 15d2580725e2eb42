"""The records of messages and alerts. They are parsed here, and written by the scripts' prelude."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast

from redis.asyncio import Redis

from newswatch.models import NO_MARKS, Alert, Delivery, DeliveryState, Marks, Message, MessageKind
from newswatch.store import keys
from newswatch.store.client import fields, script_of, text
from newswatch.store.codec import alert_from_json, from_ms
from newswatch.store.hashes import read_fields, read_hashes
from newswatch.store.marks import marks_of

_ALERT_FIELD = b"alert:"
_PUBLISHER_FIELD = "publisher:"
MOST_MESSAGES_A_STORY = 50


@dataclass(frozen=True, slots=True)
class StoredMessage:
    """A message with its delivery, and fields that only some readers need."""

    delivery: Delivery
    broadcast: bool = False
    """A reply that is also shown in the channel."""
    further: int = 0
    """Publishers in the message's thread that are not in the message."""
    in_thread: frozenset[str] = frozenset()
    """Which they are."""
    headline: str = ""
    """The alert in its thread whose headline it shows; "" for the best of its own."""
    looks: int = 0
    """How often the history could not be read while the message was in doubt."""
    marks: Marks = NO_MARKS
    rev: int = 0
    """Incremented by everything that changes how the message should look in Slack."""
    moved: bool = False
    """An operator moved it to its channel, which need not be its rules'."""
    of: str = ""
    """The message that a reminder is about."""
    deleted: bool = False
    """Somebody deleted it in Slack."""
    corrected: str = ""
    """What was corrected in its thread, "" for nothing."""

    @property
    def message(self) -> Message:
        """What goes to Slack."""
        return self.delivery.message

    @property
    def id(self) -> str:
        """The message's id."""
        return self.delivery.message.id


@dataclass(frozen=True, slots=True)
class StoredAlert:
    """An alert, the message it went into ("" for none yet), and whether a mute kept it out of Slack.

    `withdrawn` says why it was withdrawn before its turn, "" if it was not.
    """

    alert: Alert
    message_id: str
    muted: bool
    withdrawn: str = ""


@dataclass(frozen=True, slots=True)
class Outline:
    """Of a stored alert and its message only what the alert's state follows from. `state` is "" without a message."""

    message_id: str
    muted: bool
    withdrawn: bool
    state: str = ""
    kind: str = ""
    due_ms: float | None = None
    acknowledged: bool = False


def alert_ids_of(given: str) -> tuple[str, ...]:
    """The alerts of a record; none if it cannot be parsed, since one record must not hold up the others."""
    try:
        return tuple(map(str, json.loads(given)))
    except (ValueError, TypeError):
        return ()


def message_of(message_id: str, raw: dict[str, str]) -> StoredMessage:
    """One record, as `create_message` in the prelude and the later steps of delivery wrote it. Pure."""
    moments = {name: from_ms(float(raw[name])) for name in ("due", "sending_since", "sent") if raw.get(name)}
    message = Message(
        id=message_id,
        kind=cast("MessageKind", raw.get("kind", "story")),
        channel=raw.get("channel", ""),
        story_id=raw.get("story", ""),
        alert_ids=alert_ids_of(raw.get("alerts", "[]")),
        root_id=raw.get("root") or None,
        text=raw.get("text", ""),
        created=from_ms(float(raw.get("created", "0"))),
        size=int(raw.get("size", "0")),
    )
    delivery = Delivery(
        message=message,
        state=cast("DeliveryState", raw.get("state", "queued")),
        due=moments.get("due"),
        attempts=int(raw.get("attempts", "0")),
        sending_since=moments.get("sending_since"),
        sent=moments.get("sent"),
        ts=raw.get("ts") or None,
        error=raw.get("error", ""),
        minimal=raw.get("minimal") == "1",
    )
    return StoredMessage(
        delivery,
        broadcast=raw.get("broadcast") == "1",
        further=int(raw.get("further", "0")),
        in_thread=frozenset(
            name.removeprefix(_PUBLISHER_FIELD) for name in raw if name.startswith(_PUBLISHER_FIELD)
        ),
        headline=raw.get("headline", ""),
        looks=int(raw.get("looks", "0")),
        marks=marks_of(raw),
        rev=int(raw.get("rev", "0")),
        moved=raw.get("moved") == "1",
        of=raw.get("of", ""),
        deleted=raw.get("deleted") == "1",
        corrected=raw.get("corrected", ""),
    )


async def read_messages(redis: Redis, ids: Iterable[str]) -> dict[str, StoredMessage]:
    """Messages by id, in the given order. Those that no longer exist are left out."""
    return {name: message_of(name, raw) for name, raw in (await _records(redis, ids)).items()}


async def read_readable(redis: Redis, ids: Iterable[str]) -> dict[str, StoredMessage]:
    """The same without records that cannot be parsed: one of many must not hold up the others."""
    found = {name: _readable(name, raw) for name, raw in (await _records(redis, ids)).items()}
    return {name: stored for name, stored in found.items() if stored is not None}


async def _records(redis: Redis, ids: Iterable[str]) -> dict[str, dict[str, str]]:
    wanted = list(dict.fromkeys(name for name in ids if name))
    rows = await read_hashes(redis, [keys.message(name) for name in wanted])
    return {
        name: fields(dict(zip(row[::2], row[1::2], strict=True)))
        for name, row in zip(wanted, rows, strict=True)
        if row
    }


def _readable(message_id: str, raw: dict[str, str]) -> StoredMessage | None:
    try:
        return message_of(message_id, raw)
    except (ValueError, KeyError, TypeError):
        return None


async def read_message(redis: Redis, message_id: str) -> StoredMessage | None:
    """One message, None if there is none with that id."""
    return (await read_messages(redis, [message_id])).get(message_id)


async def read_if_readable(redis: Redis, message_id: str | None) -> StoredMessage | None:
    """One message, None without an id, if there is none with that id, or if its record cannot be parsed."""
    return (await read_readable(redis, [message_id])).get(message_id) if message_id else None


async def mentioning(redis: Redis, root_id: str, message_id: str, *, claim: bool) -> str:
    """The message of a story that mentions a user group, "" for none. `claim`: it is this one if there was none."""
    key = keys.message(root_id)
    if claim and await redis.exists(key):
        await redis.hsetnx(key, "mentioned", message_id)
    return text(await redis.hget(key, "mentioned"))


async def content_of(redis: Redis, message_id: str) -> tuple[str, list[Alert | None]]:
    """A message's kind ("" if there is none with that id) and its alerts; None for one that cannot be parsed."""
    kind, rows = await script_of(redis, "content")(args=[message_id])
    return text(kind), [_alert(row) for row in rows]


async def read_stored_alerts(
    redis: Redis, ids: Sequence[str], marks: Sequence[str] = ()
) -> list[StoredAlert]:
    """The alerts with these ids, in this order, whose records contain the marks (`codec.alert_marks`).

    Those past their retention, and those that cannot be parsed, are left out: a page must not fail because of one.
    """
    asked = ("json", "message", "muted", "withdrawn")
    found = []
    for data, message, muted, withdrawn in await read_fields(
        redis, [keys.alert(name) for name in ids], asked
    ):
        alert = _alert(data) if not marks or _holds(data, marks) else None
        if alert is not None:
            found.append(StoredAlert(alert, text(message), muted is not None, text(withdrawn)))
    return found


async def read_outlines(redis: Redis, ids: Sequence[str]) -> list[Outline]:
    """Outlines of the alerts with these ids, in this order: in a tenth of the time that the alerts themselves take."""
    asked = ("json", "message", "muted", "withdrawn")
    rows = await read_fields(redis, [keys.alert(name) for name in ids], asked)
    found = [(text(message), muted, withdrawn) for data, message, muted, withdrawn in rows if data]
    names = list(dict.fromkeys(name for name, _, _ in found if name))
    about = await read_fields(redis, [keys.message(name) for name in names], ("state", "kind", "due", "ack"))
    known = {
        name: (text(state), text(kind), float(due) if due else None, bool(ack))
        for name, (state, kind, due, ack) in zip(names, about, strict=True)
        if state
    }
    return [
        Outline(name, muted is not None, bool(withdrawn), *known.get(name, ()))
        for name, muted, withdrawn in found
    ]


async def read_alerts(redis: Redis, ids: Iterable[str]) -> list[Alert]:
    """Alerts by id, in the given order. Those past their retention are left out.

    Raises ValueError, KeyError or TypeError for a record that cannot be parsed: a message must not be sent without it.
    """
    pipe = redis.pipeline(transaction=False)
    for alert_id in ids:
        pipe.hget(keys.alert(alert_id), "json")
    return [alert_from_json(row) for row in await pipe.execute() if row]


def _holds(data: bytes | None, marks: Sequence[str]) -> bool:
    folded = text(data).casefold()
    return all(mark in folded for mark in marks)


def _alert(data: bytes | None) -> Alert | None:
    try:
        return alert_from_json(data) if data else None
    except (ValueError, KeyError, TypeError):
        return None


async def alert_ids(redis: Redis, message_ids: Sequence[str]) -> list[str]:
    """The alerts of these messages."""
    rows = await read_fields(redis, [keys.message(name) for name in message_ids], ["alerts"])
    return [name for (row,) in rows for name in alert_ids_of(text(row))]


async def story_messages(redis: Redis, channel: str, story_id: str) -> list[str]:
    """Ids of the channel's messages about a story, oldest first; the newest MOST_MESSAGES_A_STORY."""
    name = keys.story(channel, story_id)
    count = int(await redis.hget(name, "n") or 0)
    first = max(1, count - MOST_MESSAGES_A_STORY + 1)
    row = await redis.hmget(name, ["", *(f"message:{number}" for number in range(first, count + 1))])
    return [text(one) for one in row if one]


async def alerts_of_stories(
    redis: Redis, places: Sequence[tuple[str, str]], most: int
) -> dict[tuple[str, str], list[str]]:
    """The newest alerts of each channel and story, oldest first, whatever became of them: at most `most` of each."""
    pipe = redis.pipeline(transaction=False)
    for place in places:
        pipe.hgetall(keys.story(*place))
    found = {}
    for place, row in zip(places, await pipe.execute(), strict=True):
        matched = {text(name): int(at) for name, at in row.items() if name.startswith(_ALERT_FIELD)}
        newest = sorted(matched, key=lambda name: (matched[name], name))[-most:]
        found[place] = [name.removeprefix(_ALERT_FIELD.decode()) for name in newest]
    return found


async def dead_letters(redis: Redis, most: int | None = None) -> dict[str, int]:
    """The newest dead letters, newest first, each with the time it became one (ms since 1970)."""
    last = -1 if most is None else most - 1
    rows: Any = await redis.zrevrange(keys.DEAD, 0, last, withscores=True)
    return {text(name): int(score) for name, score in rows}


async def sent_times(redis: Redis, ids: Iterable[str]) -> dict[str, datetime]:
    """When these messages were sent. Those that were not are left out."""
    return await _times(redis, ids, "sent")


async def created_times(redis: Redis, ids: Iterable[str]) -> dict[str, datetime]:
    """When these messages were queued."""
    return await _times(redis, ids, "created")


async def _times(redis: Redis, ids: Iterable[str], field: str) -> dict[str, datetime]:
    wanted = list(dict.fromkeys(name for name in ids if name))
    rows = await read_fields(redis, [keys.message(name) for name in wanted], [field])
    return {
        name: from_ms(float(row))
        for name, (row,) in zip(wanted, rows, strict=True)
        if row and text(row).isdigit()
    }
