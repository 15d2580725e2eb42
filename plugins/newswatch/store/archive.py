"""What pages show of alerts, messages and items. It is read page by page, never all at once."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from redis.asyncio import Redis

from newswatch.models import Item
from newswatch.store import keys
from newswatch.store.client import fields, script_of, text
from newswatch.store.codec import item_from_json
from newswatch.store.messages import alert_ids, dead_letters

DAYS_AT_ONCE = 7
"""So many days' alerts are added up in one step. With 1,440 alerts a day Redis does nothing else for 16 ms meanwhile."""


@dataclass(frozen=True, slots=True)
class Cursor:
    """A place in the list of alerts: the next page has everything older than this alert."""

    matched_ms: int
    alert_id: str

    def __str__(self) -> str:
        return f"{self.matched_ms}-{self.alert_id}"

    def older_than(self, other: Cursor) -> bool:
        """Whether this place comes after the other in the list."""
        return (self.matched_ms, self.alert_id) < (other.matched_ms, other.alert_id)

    @classmethod
    def parse(cls, value: str) -> Cursor | None:
        """The cursor that `str` gave; None for anything else."""
        moment, _, name = value.partition("-")
        if not moment.isascii() or not moment.isdigit() or len(moment) > 15 or not name:
            return None
        return cls(int(moment), name)


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
    """The shortest of these lists."""
    pipe = redis.pipeline(transaction=False)
    for name in names:
        pipe.zcard(name)
    return min(zip(await pipe.execute(), names, strict=True))[1]


async def dead_places(redis: Redis, most: int) -> list[Cursor]:
    """The alerts of the newest dead letters, newest first."""
    return await _places(redis, await alert_ids(redis, list(await dead_letters(redis, most))))


async def unsent_places(redis: Redis, most: int) -> list[Cursor] | None:
    """All waiting alerts, newest first; None if more than `most` messages wait."""
    channels = [text(row) for row in await redis.smembers(keys.CHANNELS)]
    pipe = redis.pipeline(transaction=False)
    pipe.zrevrange(keys.alerts_of("state", "held"), 0, most - 1)
    for channel in channels:
        pipe.zrange(keys.outbox(channel), 0, most)
    held, *queues = await pipe.execute()
    ids = [text(row) for queue in queues for row in queue]
    if len(ids) > most:
        return None
    return await _places(redis, [*map(text, held), *await alert_ids(redis, ids)])


async def _places(redis: Redis, alert_ids: Sequence[str]) -> list[Cursor]:
    if not alert_ids:
        return []
    unique = list(dict.fromkeys(alert_ids))
    scores: Any = await redis.zmscore(keys.ALERTS, unique)
    places = [Cursor(int(at), name) for at, name in zip(scores, unique, strict=True) if at is not None]
    return sorted(places, key=lambda place: (place.matched_ms, place.alert_id), reverse=True)


async def items_claimed_at(redis: Redis, feed_id: str, moments_s: Iterable[int], most: int) -> list[Item]:
    """At most `most` of a feed's items that were added to the stream within seconds of these times."""
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
    """Items claimed in each of the last hours, the current hour last."""
    present = now_ms // 3_600_000
    wanted = range(present - hours + 1, present + 1)
    pipe = redis.pipeline(transaction=False)
    days = sorted({hour // 24 for hour in wanted})
    for day in days:
        pipe.hgetall(keys.items_by_hour(day))
    by_day = {day: fields(row) for day, row in zip(days, await pipe.execute(), strict=True)}
    return [int(by_day[hour // 24].get(str(hour % 24), 0)) for hour in wanted]


async def items_by_feed(redis: Redis, now_ms: int, hours: int) -> dict[str, list[int]]:
    """Items claimed of each feed that had any in each of the last hours, at most 24, the current hour last."""
    first = now_ms // 3_600_000 - hours + 1
    found: dict[str, list[int]] = {}
    for day in range(first // 24, (first + hours - 1) // 24 + 1):
        rows: dict[Any, Any] = await redis.hgetall(keys.items_of_feeds(day))
        for name, value in rows.items():
            hour, _, feed_id = text(name).partition("|")
            at = day * 24 + int(hour) - first
            if 0 <= at < hours:
                found.setdefault(feed_id, [0] * hours)[at] += int(value)
    return found


async def hits_of(redis: Redis, rule_ids: Sequence[str], now_ms: int, days: int) -> dict[str, list[int]]:
    """Alerts of each rule on each of the last days, today last."""
    today = now_ms // 86_400_000
    pipe = redis.pipeline(transaction=False)
    for day in range(today - days + 1, today + 1):
        if rule_ids:
            pipe.hmget(keys.hits(day), list(rule_ids))
    rows = await pipe.execute()
    return {rule_id: [int(row[at] or 0) for row in rows] for at, rule_id in enumerate(rule_ids)}


async def hits_totals(redis: Redis, now_ms: int, days: int) -> dict[str, int]:
    """Alerts of the last days together, of every rule that had any."""
    today = now_ms // 86_400_000
    names = [keys.hits(day) for day in range(today - days + 1, today + 1)]
    totals: Counter[str] = Counter()
    for start in range(0, len(names), DAYS_AT_ONCE):
        totals.update(_pairs(await script_of(redis, "sum_hashes")(keys=names[start : start + DAYS_AT_ONCE])))
    return totals


async def all_last_hits(redis: Redis) -> dict[str, int]:
    """When each rule that had an alert last had one (ms since 1970). Of thousands at a quarter of the cost of `last_hits`."""
    return _pairs(await script_of(redis, "hash_json")(keys=[keys.HITS_LAST]))


def _pairs(reply: bytes) -> dict[str, int]:
    """The fields of a hash with their values, which are numbers."""
    row = iter(json.loads(reply))
    return {name: int(value) for name, value in zip(row, row, strict=True)}


async def last_hits(redis: Redis, rule_ids: Sequence[str]) -> dict[str, int]:
    """When each rule last had an alert (ms since 1970). Rules without one are left out."""
    if not rule_ids:
        return {}
    rows = await redis.hmget(keys.HITS_LAST, list(rule_ids))
    return {name: int(row) for name, row in zip(rule_ids, rows, strict=True) if row is not None}


async def oldest_alert_ms(redis: Redis) -> int | None:
    """When the oldest stored alert was matched; None if there is none."""
    rows: Any = await redis.zrange(keys.ALERTS, 0, 0, withscores=True)
    return int(rows[0][1]) if rows else None


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
