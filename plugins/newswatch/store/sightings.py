"""One item in what all feeds have shown: its records, its stream entries, its alerts."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from redis.asyncio import Redis

from newswatch.models import Item
from newswatch.store import keys
from newswatch.store.client import script_of, text
from newswatch.store.codec import alert_marks, item_from_json
from newswatch.store.messages import StoredAlert, StoredMessage, read_stored_alerts
from newswatch.store.seen import SeenRecord, unpack_all

FEEDS_AT_ONCE = 250
"""About 1.5 MB of records if each feed shows a hundred items: Redis searches them in a millisecond or two."""
STATES_AT_ONCE = 1_000
_PAGE = 500
MOST_ENTRIES = 20_000
"""Stream entries that are read to find one item, in the times at which it may have come."""
MOST_NEWEST = 5_000
"""Entries that are read if it did not come at those times."""


@dataclass(frozen=True, slots=True)
class Sighting:
    """One feed's record of an item."""

    feed_id: str
    record: SeenRecord

    @property
    def item_id(self) -> str:
        """The id of the item in the stream."""
        return f"{self.feed_id}:{self.record.item.hex()}"


@dataclass(frozen=True, slots=True)
class StreamedItem:
    """One revision of an item in the stream."""

    stream_id: str
    item: Item

    @property
    def claimed_ms(self) -> int:
        """When it was added, by the clock of Redis (ms since 1970)."""
        return int(self.stream_id.partition("-")[0])


async def with_hash(redis: Redis, feed_ids: Sequence[str], hashed: bytes) -> list[Sighting]:
    """The items of these feeds whose link or title has this hash (`seen.digest`, 6 bytes)."""

    def wanted(record: SeenRecord) -> bool:
        return hashed in (record.link, record.title)

    return await _looked_through(redis, feed_ids, hashed, wanted)


async def with_id(redis: Redis, feed_id: str, item: bytes) -> list[Sighting]:
    """The item of a feed that has this id, or none."""
    return await _looked_through(redis, [feed_id], item, lambda record: item == record.item)


async def _looked_through(
    redis: Redis, feed_ids: Sequence[str], part: bytes, wanted: Callable[[SeenRecord], bool]
) -> list[Sighting]:
    # Searching the bytes is a hundred times as fast as parsing the records, and only what has them is sent here.
    script = script_of(redis, "seen_with")
    found = []
    for start in range(0, len(feed_ids), FEEDS_AT_ONCE):
        names = feed_ids[start : start + FEEDS_AT_ONCE]
        numbers: Any = await script(keys=[keys.seen(name) for name in names], args=[part])
        for name in (names[number - 1] for number in numbers):
            blob: Any = await redis.get(keys.seen(name))
            records = unpack_all(blob or b"")
            found += [Sighting(name, record) for record in records.values() if wanted(record)]
    return found


async def read_since(redis: Redis, feed_ids: Sequence[str]) -> int | None:
    """When the first of these feeds was first read (ms since 1970); None: none was."""
    script = script_of(redis, "seen_since")
    found: list[Any] = [
        await script(keys=[keys.feed(name) for name in feed_ids[start : start + STATES_AT_ONCE]])
        for start in range(0, len(feed_ids), STATES_AT_ONCE)
    ]
    return min((int(since) for since in found if since), default=None)


async def entries_of(redis: Redis, item_id: str, spans_ms: Iterable[tuple[int, int]]) -> list[StreamedItem]:
    """The item's entries that were added to the stream within these times, the oldest first."""
    mark, found, left = _mark(item_id), [], MOST_ENTRIES
    for begin, end in _merged(spans_ms):
        start = str(begin)
        while left > 0:
            rows: Any = await redis.xrange(keys.ITEMS, min=start, max=str(end), count=min(_PAGE, left))
            found += _marked(rows, mark)
            left -= len(rows)
            if len(rows) < _PAGE:
                break
            start = "(" + text(rows[-1][0])
    return found


async def newest_entries_of(redis: Redis, item_id: str) -> list[StreamedItem]:
    """The item's entries among the newest MOST_NEWEST of the stream, the oldest first."""
    mark, found, end, left = _mark(item_id), [], "+", MOST_NEWEST
    while left > 0:
        rows: Any = await redis.xrevrange(keys.ITEMS, max=end, count=min(_PAGE, left))
        found += _marked(rows, mark)
        left -= len(rows)
        if len(rows) < _PAGE:
            break
        end = "(" + text(rows[-1][0])
    return found[::-1]


def _mark(item_id: str) -> bytes:
    """The beginning of an item's JSON. Thousands of other items are skipped by it without parsing."""
    return f'{{"id":{json.dumps(item_id, ensure_ascii=False)},'.encode()


def _marked(rows: Iterable[tuple[bytes, dict[bytes, bytes] | None]], mark: bytes) -> list[StreamedItem]:
    found = ((stream_id, (values or {}).get(b"item", b"")) for stream_id, values in rows)
    return [
        StreamedItem(text(stream_id), item_from_json(data))
        for stream_id, data in found
        if data.startswith(mark)
    ]


def _merged(spans_ms: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    merged: list[tuple[int, int]] = []
    for begin, end in sorted(spans_ms):
        if merged and begin <= merged[-1][1]:
            merged[-1] = merged[-1][0], max(end, merged[-1][1])
        else:
            merged.append((begin, end))
    return merged


async def alerts_of(redis: Redis, feed_id: str, item_id: str, since_ms: int) -> list[StoredAlert]:
    """The alerts of an item, the oldest first. `since_ms` is when it was first seen."""
    name, marks = keys.alerts_of("feed", feed_id), alert_marks({"item": item_id}, "")
    found: list[StoredAlert] = []
    start = 0
    while True:
        rows: Any = await redis.zrangebyscore(name, since_ms, "+inf", start=start, num=_PAGE)
        alerts = await read_stored_alerts(redis, [text(row) for row in rows], marks)
        found += [one for one in alerts if one.alert.item_id == item_id]
        if len(rows) < _PAGE:
            return found
        start += len(rows)


async def muted_by(redis: Redis, alert_id: str) -> str:
    """The name of the mute that suppressed an alert, "" for none (`mutes.Mute.name`)."""
    return text(await redis.hget(keys.alert(alert_id), "muted"))


def is_capped(message: StoredMessage) -> bool:
    """Whether a message collects alerts beyond a rule's hourly cap."""
    return message.message.story_id.startswith("cap:")


async def waits(redis: Redis, stream_id: str) -> bool:
    """Whether a stream entry has not been matched yet."""
    for group in await redis.xinfo_groups(keys.ITEMS):
        if group["name"] == keys.ITEMS_GROUP.encode():
            if _order(stream_id) > _order(text(group["last-delivered-id"])):
                return True
            return bool(
                await redis.xpending_range(
                    keys.ITEMS, keys.ITEMS_GROUP, min=stream_id, max=stream_id, count=1
                )
            )
    return True


def _order(stream_id: str) -> tuple[int, int]:
    moment, _, number = stream_id.partition("-")
    return int(moment), int(number or 0)


async def match_error(redis: Redis, stream_id: str) -> str:
    """Why a stream entry could not be matched, "" if it was."""
    return text(await redis.hget(keys.DEAD_ITEMS, stream_id))
