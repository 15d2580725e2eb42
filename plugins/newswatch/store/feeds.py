"""Feed state and the claim, which makes an item be seen exactly once."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from redis.asyncio import Redis
from redis.exceptions import ResponseError

from newswatch.errors import LeaseLost, RetryableError
from newswatch.models import Item
from newswatch.store import coverage, keys, polls
from newswatch.store.client import script_of, text
from newswatch.store.codec import item_to_json
from newswatch.store.feed_state import FeedState, Move, Source, read_state
from newswatch.store.hashes import read_fields, read_hashes
from newswatch.store.leases import Lease
from newswatch.store.seen import SeenRecord, pack_all, unpack_all

READ_AT_ONCE = 1_000
MAX_CHUNK_ITEMS = 500
MAX_CHUNK_BYTES = 4_000_000
WANTED_S = 3_600
"""How long a wish to poll a feed now is kept for its shard."""
OF_A_FEED = (keys.feed, keys.polls, keys.seen, keys.elements, keys.gaps)


class ClaimConflict(RetryableError):
    """Another poll claimed for this feed, or the configuration changed: decide again."""


async def read_states(redis: Redis, feed_ids: Sequence[str]) -> dict[str, FeedState]:
    """The states of many feeds in few round trips. A feed that was never polled has an empty state."""
    rows = await read_hashes(redis, [keys.feed(feed_id) for feed_id in feed_ids])
    return {feed_id: _read(flat) for feed_id, flat in zip(feed_ids, rows, strict=True)}


async def read_statuses(redis: Redis, feed_ids: Sequence[str]) -> dict[str, str]:
    """The status of each feed, "" for one that was never polled."""
    rows = await read_fields(redis, [keys.feed(feed_id) for feed_id in feed_ids], ["status"])
    return {feed_id: text(status) for feed_id, (status,) in zip(feed_ids, rows, strict=True)}


def _read(flat: list[bytes]) -> FeedState:
    return read_state(zip(flat[::2], flat[1::2], strict=True))


async def read_moved(redis: Redis, feed_ids: Sequence[str]) -> dict[str, FeedState]:
    """Only the part of many feeds' states that says which URL is requested."""
    names = ("adopted_url", "adopted_from", "address")
    pipe = redis.pipeline(transaction=False)
    for feed_id in feed_ids:
        pipe.hmget(keys.feed(feed_id), names)
    rows = zip(feed_ids, await pipe.execute(), strict=True)
    return {
        feed_id: FeedState(
            move=Move(adopted_url=text(url), adopted_from=text(configured)), source=Source(text(address))
        )
        for feed_id, (url, configured, address) in rows
    }


async def read_due(redis: Redis, feed_ids: Sequence[str] | None = None) -> dict[str, float]:
    """When each feed, or each of these, is to be polled next, in milliseconds since 1970."""
    if feed_ids is None:
        rows: Any = await redis.zrange(keys.FEEDS_DUE, 0, -1, withscores=True)
        return {text(member): score for member, score in rows}
    found: dict[str, float] = {}
    for start in range(0, len(feed_ids), READ_AT_ONCE):
        some = feed_ids[start : start + READ_AT_ONCE]
        scores = await redis.zmscore(keys.FEEDS_DUE, list(some))
        found |= {feed_id: score for feed_id, score in zip(some, scores, strict=True) if score is not None}
    return found


async def read_moved_buckets(redis: Redis) -> dict[str, int]:
    """The feeds that are read from another host than the configured one, with that host's bucket."""
    rows: Any = await redis.hgetall(keys.FEEDS_MOVED)
    return {text(feed_id): int(bucket) for feed_id, bucket in rows.items()}


async def note_moved_bucket(redis: Redis, feed_id: str, bucket: int | None) -> None:
    """The feed is read from a host of this bucket; None: from the configured one."""
    if bucket is None:
        await redis.hdel(keys.FEEDS_MOVED, feed_id)
    else:
        await redis.hset(keys.FEEDS_MOVED, feed_id, str(bucket))


async def scheduled(redis: Redis) -> int:
    """How many feeds are polled."""
    return int(await redis.zcard(keys.FEEDS_DUE))


async def wanted_now(redis: Redis, mine: Collection[str]) -> list[str]:
    """The feeds among `mine` that somebody wants polled now. They are given out once."""
    wanted: Any = await redis.smembers(keys.FEEDS_WANTED)
    found = [name for name in map(text, wanted) if name in mine]
    if found:
        await redis.srem(keys.FEEDS_WANTED, *found)
    return found


async def earliest_due(redis: Redis, feed_ids: Sequence[str], unplanned_ms: int) -> int | None:
    """When the first feed becomes due (ms since 1970).

    A feed of `feed_ids` that is not scheduled counts as due at `unplanned_ms`. None: there is no feed.
    """
    rows: Any = await redis.zrangebyscore(keys.FEEDS_DUE, 1, "+inf", start=0, num=1, withscores=True)
    scores = await redis.zmscore(keys.FEEDS_DUE, list(feed_ids)) if feed_ids else []
    times = [int(score) for _, score in rows]
    times += [unplanned_ms for score in scores if not score]
    return min(times, default=None)


async def last_polled(redis: Redis, feed_ids: Sequence[str]) -> int:
    """When one of these feeds was last polled, in milliseconds since 1970; 0: never."""
    rows = await read_fields(redis, [keys.feed(feed_id) for feed_id in feed_ids], ["polled_ms"])
    return max((int(polled or 0) for (polled,) in rows), default=0)


async def forget_document(redis: Redis, feed_id: str) -> None:
    """Forget how the source's document looked, not its items: the next poll reads it as another document."""
    await redis.hdel(keys.feed(feed_id), "pattern", "etag", "last_modified", "body_hash")


@dataclass(frozen=True, slots=True)
class StateUpdate:
    """What is stored after a poll that claims nothing. `generation` is that of the state on which `values` are based."""

    feed_id: str
    values: Mapping[str, str | int]
    next_due_ms: int
    generation: int = 0


async def write_updates(
    redis: Redis,
    updates: Sequence[StateUpdate],
    notes: Sequence[polls.PollNote] = (),
    figures: Sequence[coverage.PollFigures] = (),
) -> None:
    """Store many feeds' updates in one step, and notes of polls and figures in another.

    A feed that left the schedule meanwhile is not scheduled again. If a feed's generation is another one by now, only its
    due time is stored.
    """
    if notes or figures:
        pipe = redis.pipeline(transaction=False)
        for note in notes:
            polls.add(pipe, note)
        for one in figures:
            coverage.add(pipe, one)
        await pipe.execute()
    if not updates:
        return
    rows = [
        [
            str(update.next_due_ms),
            update.feed_id,
            [str(part) for pair in update.values.items() for part in pair],
            str(update.generation),
        ]
        for update in updates
    ]
    names = [keys.FEEDS_DUE, *(keys.feed(update.feed_id) for update in updates)]
    data = json.dumps(rows, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")
    await script_of(redis, "update")(keys=names, args=[data])


async def make_due(redis: Redis, feed_ids: Iterable[str]) -> None:
    """Make these feeds due now, if they are scheduled."""
    due = dict.fromkeys(feed_ids, 0)
    if due:
        pipe = redis.pipeline(transaction=True)
        pipe.zadd(keys.FEEDS_DUE, due, xx=True)
        pipe.sadd(keys.FEEDS_WANTED, *due)
        pipe.expire(keys.FEEDS_WANTED, WANTED_S)
        await pipe.execute()


@dataclass(frozen=True, slots=True)
class Memory:
    """What a changed document is compared with.

    `seen` are the feed's records by identity hash, `elements` the entries of its last document
    (`newswatch.store.elements`), `version` the configuration in force.
    """

    state: FeedState
    seen: dict[bytes, SeenRecord]
    elements: bytes
    version: int


async def read_memory(redis: Redis, feed_id: str) -> Memory:
    """Read all of it in one step."""
    names = [keys.feed(feed_id), keys.seen(feed_id), keys.elements(feed_id), keys.CONFIG]
    state, seen, elements, version = await script_of(redis, "memory")(keys=names)
    return Memory(_read(state), unpack_all(seen), elements, int(version))


async def ensure_group(redis: Redis) -> None:
    """Create the consumer group of the items stream, from the stream's beginning."""
    groups = await redis.exists(keys.ITEMS) and await redis.xinfo_groups(keys.ITEMS)
    if not any(group["name"] == keys.ITEMS_GROUP.encode() for group in groups or []):
        try:
            await redis.xgroup_create(keys.ITEMS, keys.ITEMS_GROUP, id="0", mkstream=True)
        except ResponseError as error:
            if not str(error).startswith("BUSYGROUP"):  # another stage was faster
                raise


@dataclass(frozen=True, slots=True)
class Claim:
    """All changes by one document: new items with their records, and all records at the end.

    `pages` names the items whose web pages are to be read, from `now_ms` on. `elements` is what
    `newswatch.store.elements` packed, empty if the next document must be parsed in full.
    """

    feed_id: str
    items: tuple[tuple[Item, SeenRecord], ...]
    whole: tuple[SeenRecord, ...]
    values: Mapping[str, str | int]
    next_due_ms: int
    now_ms: int
    pages: frozenset[str] = frozenset()
    elements: bytes = b""


def _chunks(pairs: Sequence[tuple[Item, SeenRecord]]) -> list[list[tuple[str, Item, SeenRecord]]]:
    """Items with their JSON in chunks, bounded by number and by bytes. There is always at least one chunk."""
    chunks: list[list[tuple[str, Item, SeenRecord]]] = [[]]
    size = 0
    for item, record in pairs:
        data = item_to_json(item)
        if chunks[-1] and (len(chunks[-1]) >= MAX_CHUNK_ITEMS or size + len(data) > MAX_CHUNK_BYTES):
            chunks.append([])
            size = 0
        chunks[-1].append((data, item, record))
        size += len(data)
    return chunks


async def claim(
    redis: Redis,
    work: Claim,
    *,
    generation: int,
    config_version: int,
    trim_before_ms: int,
    lease: Lease | None = None,
) -> int:
    """Store records and append items, chunk by chunk; validators only with the last. Returns the number of items appended.

    Raises LeaseLost if the lease under which the feed is polled is another's, and ClaimConflict if the feed's generation or the configuration in force is no longer the one that the decision was
    based on. Chunks that are stored stay claimed, and a new decision finds them known.
    """
    script = script_of(redis, "claim")
    names = [keys.feed(work.feed_id), keys.seen(work.feed_id), keys.ITEMS, keys.CONFIG, keys.FEEDS_DUE]
    names += [keys.ARTICLES, keys.elements(work.feed_id), *([lease.key] if lease else [])]
    chunks = _chunks(work.items)
    appended = 0
    for number, chunk in enumerate(chunks, start=1):
        last = number == len(chunks)
        records = pack_all(work.whole) if last else pack_all(record for _, _, record in chunk)
        args: list[str | bytes | int] = [
            *(generation, config_version, "last" if last else "part", records, trim_before_ms),
            *(keys.ITEMS_GROUP, work.feed_id, work.next_due_ms, work.now_ms),
            *(keys.ARTICLE_RETENTION_S, work.elements if last else b""),
            *(lease.token if lease else "", len(chunk)),
        ]
        for data, item, _ in chunk:
            args += [data, int(item.id in work.pages)]
        for name, value in work.values.items() if last else ():
            args += [name, value]
        answer = await script(keys=names, args=args)
        if answer[0] < 0:
            raise LeaseLost("another process polls this feed's hosts now and continues the work")
        if not answer[0]:
            raise ClaimConflict(f"feed {work.feed_id}: another poll claimed meanwhile")
        generation = int(answer[1])
        appended += len(chunk)
    return appended
