"""What the pages show of alerts, messages and items: read page by page, never all at once."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from redis.asyncio import Redis

from newswatch.models import NO_MARKS, Alert, Item, Marks
from newswatch.store import keys
from newswatch.store.client import fields, text
from newswatch.store.codec import alert_from_json, from_ms, item_from_json
from newswatch.store.marks import marks_of

MOST_MESSAGES_A_STORY = 50


@dataclass(frozen=True, slots=True)
class Cursor:
    """A place in the list of alerts: everything older than this alert comes next."""

    matched_ms: int
    alert_id: str

    def __str__(self) -> str:
        return f"{self.matched_ms}-{self.alert_id}"

    def older_than(self, other: Cursor) -> bool:
        """Whether this place comes after the other in the list."""
        return (self.matched_ms, self.alert_id) < (other.matched_ms, other.alert_id)

    @classmethod
    def parse(cls, value: str) -> Cursor | None:
        """The cursor that `str` made; None for anything else."""
        moment, _, name = value.partition("-")
        if not moment.isascii() or not moment.isdigit() or len(moment) > 15 or not name:
            return None
        return cls(int(moment), name)


@dataclass(frozen=True, slots=True)
class StoredAlert:
    """An alert, the message it went into ("" for none yet), and whether a mute kept it back."""

    alert: Alert
    message_id: str
    muted: bool
    cursor: Cursor


@dataclass(frozen=True, slots=True)
class StoredMessage:
    """A message as its record stands. Times are milliseconds since 1970, 0 for not yet."""

    id: str
    kind: str
    channel: str
    story_id: str
    state: str
    alert_ids: tuple[str, ...]
    root_id: str
    text: str
    ts: str
    error: str
    created_ms: int
    due_ms: int
    sending_since_ms: int
    sent_ms: int
    attempts: int
    further: int
    marks: Marks = NO_MARKS


async def alerts_before(
    redis: Redis, before: Cursor | None, count: int, name: str = keys.ALERTS
) -> list[Cursor]:
    """The next `count` places in the list of all alerts, or in one of `keys.alerts_of`, newest first."""
    top: str | int = "+inf" if before is None else before.matched_ms
    found: Any = await redis.zrevrangebyscore(name, top, "-inf", start=0, num=count + 200, withscores=True)
    places = [Cursor(int(score), text(member)) for member, score in found]
    if before is not None:
        places = [place for place in places if place.older_than(before)]
    return places[:count]


async def shortest(redis: Redis, names: Sequence[str]) -> str:
    """Of these lists the one with the fewest alerts."""
    pipe = redis.pipeline(transaction=False)
    for name in names:
        pipe.zcard(name)
    return min(zip(await pipe.execute(), names, strict=True))[1]


async def dead_places(redis: Redis, most: int) -> list[Cursor]:
    """The alerts of the newest dead letters, newest first."""
    rows: Any = await redis.zrevrange(keys.DEAD, 0, most - 1)
    return await _places(redis, await _alerts_of(redis, [text(row) for row in rows]))


async def unsent_places(redis: Redis, most: int) -> list[Cursor] | None:
    """All alerts that wait for something, newest first; None where more than `most` messages wait."""
    channels = [text(row) for row in await redis.smembers(keys.CHANNELS)]
    pipe = redis.pipeline(transaction=False)
    pipe.zrevrange(keys.alerts_of("state", "held"), 0, most - 1)
    for channel in channels:
        pipe.zrange(keys.outbox(channel), 0, most)
    held, *queues = await pipe.execute()
    ids = [text(row) for queue in queues for row in queue]
    if len(ids) > most:
        return None
    return await _places(redis, [*map(text, held), *await _alerts_of(redis, ids)])


async def _alerts_of(redis: Redis, message_ids: Sequence[str]) -> list[str]:
    pipe = redis.pipeline(transaction=False)
    for name in message_ids:
        pipe.hget(keys.message(name), "alerts")
    return [name for row in await pipe.execute() for name in _ids(text(row))]


async def _places(redis: Redis, alert_ids: Sequence[str]) -> list[Cursor]:
    if not alert_ids:
        return []
    unique = list(dict.fromkeys(alert_ids))
    scores: Any = await redis.zmscore(keys.ALERTS, unique)
    places = [Cursor(int(at), name) for at, name in zip(scores, unique, strict=True) if at is not None]
    return sorted(places, key=lambda place: (place.matched_ms, place.alert_id), reverse=True)


async def read_alerts(redis: Redis, places: Sequence[Cursor], marks: Sequence[str] = ()) -> list[StoredAlert]:
    """The alerts at these places whose records hold the marks (`codec.alert_marks`).

    Those past their retention, or not ours, are left out.
    """
    pipe = redis.pipeline(transaction=False)
    for place in places:
        pipe.hmget(keys.alert(place.alert_id), ["json", "message", "muted"])
    found = []
    for place, (data, message, muted) in zip(places, await pipe.execute(), strict=True):
        alert = _alert(data) if not marks or _holds(data, marks) else None
        if alert is not None:
            found.append(StoredAlert(alert, text(message), muted is not None, place))
    return found


def _holds(data: bytes | None, marks: Sequence[str]) -> bool:
    folded = text(data).casefold()
    return all(mark in folded for mark in marks)


async def read_alert(redis: Redis, alert_id: str) -> StoredAlert | None:
    """One alert by its id."""
    score = await redis.zscore(keys.ALERTS, alert_id)
    found = await read_alerts(redis, [Cursor(int(score or 0), alert_id)])
    return found[0] if found else None


def _alert(data: bytes | None) -> Alert | None:
    try:
        return alert_from_json(data) if data else None
    except (ValueError, KeyError, TypeError):
        return None


async def read_messages(redis: Redis, ids: Iterable[str]) -> dict[str, StoredMessage]:
    """Messages by id; those that no longer exist are left out."""
    wanted = list(dict.fromkeys(name for name in ids if name))
    pipe = redis.pipeline(transaction=False)
    for name in wanted:
        pipe.hgetall(keys.message(name))
    rows = zip(wanted, await pipe.execute(), strict=True)
    return {name: _message(name, fields(row)) for name, row in rows if row}


def _ids(given: str) -> tuple[str, ...]:
    try:
        return tuple(map(str, json.loads(given)))
    except (ValueError, TypeError):
        return ()


def _message(name: str, raw: dict[str, str]) -> StoredMessage:
    def number(key: str) -> int:
        return int(float(raw.get(key) or 0))

    return StoredMessage(
        id=name,
        kind=raw.get("kind", "story"),
        channel=raw.get("channel", ""),
        story_id=raw.get("story", ""),
        state=raw.get("state", "queued"),
        alert_ids=_ids(raw.get("alerts") or "[]"),
        root_id=raw.get("root", ""),
        text=raw.get("text", ""),
        ts=raw.get("ts", ""),
        error=raw.get("error", ""),
        created_ms=number("created"),
        due_ms=number("due"),
        sending_since_ms=number("sending_since"),
        sent_ms=number("sent"),
        attempts=number("attempts"),
        further=number("further"),
        marks=marks_of(raw),
    )


async def sent_times(redis: Redis, ids: Iterable[str]) -> dict[str, datetime]:
    """When these messages were sent, as far as they were."""
    wanted = list(dict.fromkeys(name for name in ids if name))
    pipe = redis.pipeline(transaction=False)
    for name in wanted:
        pipe.hget(keys.message(name), "sent")
    rows = zip(wanted, await pipe.execute(), strict=True)
    return {name: from_ms(float(row)) for name, row in rows if row}


async def story_messages(redis: Redis, channel: str, story_id: str) -> list[str]:
    """Ids of the messages a channel has about a story, oldest first, the newest MOST_MESSAGES_A_STORY."""
    story = keys.story(channel, story_id)
    count = int(await redis.hget(story, "n") or 0)
    first = max(1, count - MOST_MESSAGES_A_STORY + 1)
    if count < first:
        return []
    found = await redis.hmget(story, [f"message:{number}" for number in range(first, count + 1)])
    return [text(name) for name in found if name]


async def items_claimed_at(redis: Redis, feed_id: str, moments_s: Iterable[int], most: int) -> list[Item]:
    """A feed's items that came into the stream within seconds of these moments, at most `most`."""
    pipe = redis.pipeline(transaction=False)
    for moment in moments_s:
        pipe.xrange(keys.ITEMS, min=(moment - 2) * 1000, max=(moment + 8) * 1000, count=200)
    mark = f'"feed":{json.dumps(feed_id, ensure_ascii=False)}'.encode()
    found: dict[str, Item] = {}
    for rows in await pipe.execute():
        for _, values in rows:
            data = values.get(b"item", b"")
            item = _item(data) if mark in data else None
            if item is not None and item.feed_id == feed_id:
                found[item.id] = item
    newest = sorted(found.values(), key=lambda item: item.first_seen, reverse=True)
    return newest[:most]


def _item(data: bytes) -> Item | None:
    try:
        return item_from_json(data)
    except (ValueError, KeyError, TypeError):
        return None


async def items_by_hour(redis: Redis, now_ms: int, hours: int) -> list[int]:
    """Items claimed in each of the last hours, the present one last."""
    present = now_ms // 3_600_000
    wanted = range(present - hours + 1, present + 1)
    pipe = redis.pipeline(transaction=False)
    days = sorted({hour // 24 for hour in wanted})
    for day in days:
        pipe.hgetall(keys.items_by_hour(day))
    by_day = {day: fields(row) for day, row in zip(days, await pipe.execute(), strict=True)}
    return [int(by_day[hour // 24].get(str(hour % 24), 0)) for hour in wanted]


async def hits_of(redis: Redis, rule_ids: Sequence[str], now_ms: int, days: int) -> dict[str, list[int]]:
    """Alerts of each rule on each of the last days, today last."""
    today = now_ms // 86_400_000
    pipe = redis.pipeline(transaction=False)
    for day in range(today - days + 1, today + 1):
        if rule_ids:
            pipe.hmget(keys.hits(day), list(rule_ids))
    rows = await pipe.execute()
    return {rule_id: [int(row[at] or 0) for row in rows] for at, rule_id in enumerate(rule_ids)}


async def last_hits(redis: Redis, rule_ids: Sequence[str]) -> dict[str, int]:
    """When each rule last had an alert, in milliseconds since 1970; those that never had are left out."""
    if not rule_ids:
        return {}
    rows = await redis.hmget(keys.HITS_LAST, list(rule_ids))
    return {name: int(row) for name, row in zip(rule_ids, rows, strict=True) if row is not None}


async def items_total(redis: Redis) -> int:
    """Entries ever added to the items stream."""
    if not await redis.exists(keys.ITEMS):
        return 0
    info: Any = await redis.xinfo_stream(keys.ITEMS)
    return int(info["entries-added"])


async def matches_on_day(redis: Redis, now_ms: int) -> int:
    """Alerts of all rules since midnight UTC."""
    rows: Any = await redis.hvals(keys.hits(now_ms // 86_400_000))
    return sum(int(row) for row in rows)
