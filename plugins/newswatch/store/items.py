"""Reading the items stream."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from redis.asyncio import Redis

from newswatch.models import Item
from newswatch.store import keys
from newswatch.store.client import fields, script_of, text
from newswatch.store.codec import SCHEMA_VERSION, item_from_json

CONSUMER = "match"
_BACK_PAGE = 500


@dataclass(frozen=True, slots=True)
class StreamEntry:
    """One stream entry: the item, or why it cannot be parsed."""

    stream_id: str
    item: Item | None
    error: str = ""


def _entry(stream_id: bytes, values: dict[bytes, bytes] | None) -> StreamEntry:
    if not values:
        return StreamEntry(text(stream_id), None, "the entry was deleted from the stream")
    written = text(values.get(b"v"), SCHEMA_VERSION)
    if written.isdecimal() and int(written) > int(SCHEMA_VERSION):
        why = f"a newer release wrote it (schema {written}): retry it after the upgrade"
        return StreamEntry(text(stream_id), None, why)
    try:
        return StreamEntry(text(stream_id), item_from_json(values[b"item"]))
    except (ValueError, KeyError, TypeError) as error:
        return StreamEntry(text(stream_id), None, f"not a newswatch item: {error!r}")


async def read_batch(
    redis: Redis, count: int, *, pending: bool, wait_ms: int | None = None
) -> list[StreamEntry]:
    """The next entries: new ones, or with `pending` those that were read before and not acknowledged.

    With `wait_ms` it waits this long for new ones. That must be less than the client's socket timeout.
    """
    position = "0" if pending else ">"
    reply: Any = await redis.xreadgroup(
        keys.ITEMS_GROUP, CONSUMER, {keys.ITEMS: position}, count=count, block=None if pending else wait_ms
    )
    streams = reply.items() if isinstance(reply, dict) else reply
    return [_entry(stream_id, values) for _, rows in streams or () for stream_id, values in rows]


async def set_aside(redis: Redis, stream_id: str, error: str, *, kept_s: float) -> None:
    """Store for `kept_s` why an item could not be matched. The stream keeps its text for its retention."""
    await redis.hset(keys.DEAD_ITEMS, stream_id, error)
    await redis.expire(keys.DEAD_ITEMS, int(kept_s))


async def set_aside_items(redis: Redis) -> dict[str, str]:
    """The items that could not be matched: place in the stream → why."""
    found: Any = await redis.hgetall(keys.DEAD_ITEMS)
    return fields(found)


async def entries(redis: Redis, stream_ids: Iterable[str]) -> dict[str, StreamEntry]:
    """The entries at these places of the stream."""
    names = list(stream_ids)
    pipe = redis.pipeline(transaction=False)
    for name in names:
        pipe.xrange(keys.ITEMS, min=name, max=name)
    found = await pipe.execute() if names else []
    return {
        name: _entry(name.encode(), dict(rows[0][1]) if rows else None)
        for name, rows in zip(names, found, strict=True)
    }


async def try_again(redis: Redis, stream_id: str) -> bool:
    """Put an item that was set aside into the stream again. False if the stream no longer has it."""
    return bool(await script_of(redis, "retry_item")(keys=[keys.ITEMS, keys.DEAD_ITEMS], args=[stream_id]))


async def oldest_waiting_ms(redis: Redis) -> int | None:
    """When the oldest item that is not acknowledged was added, None if there is none."""
    if not await redis.exists(keys.ITEMS):
        return None
    for group in await redis.xinfo_groups(keys.ITEMS):
        if group["name"] != keys.ITEMS_GROUP.encode():
            continue
        if group["pending"]:
            summary = await redis.xpending(keys.ITEMS, keys.ITEMS_GROUP)
            return int(text(summary["min"]).split("-")[0])
        after = "(" + text(group["last-delivered-id"])
        rows: Any = await redis.xrange(keys.ITEMS, min=after, count=1)
        return int(text(rows[0][0]).split("-")[0]) if rows else None
    rows = await redis.xrange(keys.ITEMS, count=1)
    return int(text(rows[0][0]).split("-")[0]) if rows else None


async def waiting_count(redis: Redis) -> int:
    """How many items wait to be matched, pending ones included."""
    if not await redis.exists(keys.ITEMS):
        return 0
    for group in await redis.xinfo_groups(keys.ITEMS):
        if group["name"] == keys.ITEMS_GROUP.encode():
            lag: Any = group.get("lag")
            if lag is None:  # after deletions within the stream Redis does not know: count
                after = "(" + text(group["last-delivered-id"])
                rows: Any = await redis.xrange(keys.ITEMS, min=after, count=100_000)
                lag = len(rows)
            return int(group["pending"]) + int(lag)
    return int(await redis.xlen(keys.ITEMS))


async def stored_items(redis: Redis, since: int | str, page: int = 1000) -> AsyncIterator[Item]:
    """Every item kept in the stream since a time in ms, or after the entry with this id, oldest first, in pages."""
    start = str(since) if isinstance(since, int) else f"({since}"
    while True:
        rows: Any = await redis.xrange(keys.ITEMS, min=start, count=page)
        if not rows:
            return
        for stream_id, values in rows:
            entry = _entry(stream_id, values)
            if entry.item is not None:
                yield entry.item
        start = "(" + text(rows[-1][0])


async def entries_after(redis: Redis, after: str, count: int) -> list[StreamEntry]:
    """The next entries of the stream after the one with this id; "0-0" begins with the oldest."""
    rows: Any = await redis.xrange(keys.ITEMS, min=f"({after}", count=count)
    return [_entry(stream_id, values) for stream_id, values in rows]


async def items_at(redis: Redis, stream_ids: Sequence[str]) -> list[Item]:
    """The items of these entries, in this order, without those that are gone or cannot be parsed."""
    if not stream_ids:
        return []
    found = await script_of(redis, "items_at")(keys=[keys.ITEMS], args=stream_ids)
    entries = (_entry(name.encode(), {b"item": data}) for name, data in zip(stream_ids, found, strict=True))
    return [entry.item for entry in entries if entry.item is not None]


def stream_order(stream_id: str) -> tuple[int, int]:
    """Orders ids of entries by time."""
    ms, _, seq = stream_id.partition("-")
    return int(ms), int(seq or 0)


@dataclass(frozen=True, slots=True)
class StreamState:
    """How many entries the stream has, and the ids of the oldest and the newest; "0-0" for none."""

    length: int
    first: str
    last: str
    replication_id: str
    """Another one: another Redis, or one that restarted or took over."""


async def stream_state(redis: Redis) -> StreamState:
    """The stream as it is now."""
    info = await redis.info("replication")
    length = int(await redis.xlen(keys.ITEMS))
    oldest: Any = await redis.xrange(keys.ITEMS, count=1)
    newest: Any = await redis.xrevrange(keys.ITEMS, count=1)
    first, last = (text(rows[0][0]) if rows else "0-0" for rows in (oldest, newest))
    return StreamState(length, first, last, str(info.get("master_replid") or "unknown"))


async def has_entry(redis: Redis, stream_id: str) -> bool:
    """Whether the stream still has the entry."""
    return bool(await redis.xrange(keys.ITEMS, min=stream_id, max=stream_id))


async def items_before(
    redis: Redis, wanted: Mapping[str, int], latest_ms: int, most: int = 3_000
) -> dict[str, Item]:
    """Among the `most` entries before `latest_ms`, the wanted items: id → revision in, id → Item out."""
    # An item's JSON begins with its id, so thousands of others are skipped without parsing.
    names = tuple(f'{{"id":{json.dumps(item_id, ensure_ascii=False)},'.encode() for item_id in wanted)
    found: dict[str, Item] = {}
    end, left = str(latest_ms), most
    while left > 0 and len(found) < len(wanted):
        rows: Any = await redis.xrevrange(keys.ITEMS, max=end, count=min(left, _BACK_PAGE))
        for stream_id, values in rows:
            data = (values or {}).get(b"item", b"")
            item = _entry(stream_id, values).item if data.startswith(names) else None
            if item is not None and wanted.get(item.id) == item.revision:
                found.setdefault(item.id, item)
        if len(rows) < _BACK_PAGE:
            break
        end, left = "(" + text(rows[-1][0]), left - len(rows)
    return found


async def latest_links(redis: Redis, feed_id: str, most: int = 1_000) -> dict[str, str]:
    """The links of a feed's items among the newest `most` entries, newest first: id → link."""
    mark = f'{{"id":{json.dumps(feed_id + ":", ensure_ascii=False)[:-1]}'.encode()
    rows: Any = await redis.xrevrange(keys.ITEMS, count=most)
    found = (_entry(name, values).item for name, values in rows if values.get(b"item", b"").startswith(mark))
    return {item.id: item.link for item in found if item is not None and item.link}
