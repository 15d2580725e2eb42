"""Feed state and the claim: what makes an item be seen exactly once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from redis.asyncio import Redis

from newswatch.errors import RetryableError
from newswatch.models import Item
from newswatch.store import keys, polls
from newswatch.store.client import fields, script_text, text
from newswatch.store.codec import item_to_json
from newswatch.store.seen import SeenRecord, pack_all, unpack_all

MAX_CHUNK_ITEMS = 500
MAX_CHUNK_BYTES = 4_000_000
OF_A_FEED = (keys.feed, keys.polls, keys.seen, keys.elements)


class ClaimConflict(RetryableError):
    """Another poller claimed for this feed, or the configuration changed: decide again."""


@dataclass(frozen=True, slots=True)
class FeedState:
    """What is known of one feed between polls. Times are milliseconds since 1970, 0 unknown."""

    generation: int = 0
    url: str = ""
    etag: str = ""
    last_modified: str = ""
    body_hash: str = ""
    document_ms: int = 0
    confirmed_ms: int = 0
    seen_since_ms: int = 0
    polled_ms: int = 0
    last_new_ms: int = 0
    failures: int = 0
    failing_since_ms: int = 0
    error: str = ""
    status: str = ""
    title: str = ""
    ttl_s: int = 0
    """How often the document says it changes; 0 for not said."""
    gap_s: int = 0
    """The feed's own rhythm: half of its items came closer together than this; 0 unknown."""
    silent_after_s: int = 0
    """After how long without an item the feed is silent against its own rhythm; 0 unknown."""
    newest_ms: int = 0
    full_ms: int = 0
    """When the server last sent a whole document, and how often it answered 304 since."""
    streak: int = 0
    told: str = ""
    """What ops was told of the feed and not yet that it is over: "", silent, given-up, stopped."""
    unchanged: int = 0
    """Polls in a row, since the last entry of `store.polls`, that brought nothing new."""
    took_ms: int = 0
    """How long the last answer took."""
    move_url: str = ""
    """Where a permanent redirect leads, since when and in how many polls it led there."""
    move_since_ms: int = 0
    move_polls: int = 0
    moved_url: str = ""
    """The URL asked in place of the configured one, which is kept in `moved_from`."""
    polled_url: str = ""
    """The URL that was configured when the feed was last polled."""
    moved_from: str = ""
    moved_ms: int = 0
    articles_read: int = 0
    articles_failed: int = 0
    """Pages given up on; the last of them when (`article_failed_ms`) and why (`article_error`)."""
    article_failed_ms: int = 0
    article_error: str = ""


_NAMES = {"generation": "gen"}
_INTEGERS = frozenset(name for name, kind in FeedState.__annotations__.items() if kind == "int")


def _state(reply: Mapping[bytes, bytes]) -> FeedState:
    raw = fields(dict(reply))
    values = {name: raw.get(_NAMES.get(name, name)) for name in FeedState.__annotations__}
    known = {k: int(float(v)) if k in _INTEGERS else v for k, v in values.items() if v is not None}
    return FeedState(**known)  # type: ignore[arg-type]


def changes(before: FeedState, after: FeedState) -> dict[str, str | int]:
    """The fields that differ, as they are written."""
    pairs = ((name, getattr(before, name), getattr(after, name)) for name in FeedState.__annotations__)
    return {_NAMES.get(name, name): new for name, old, new in pairs if old != new}


async def read_states(redis: Redis, feed_ids: Sequence[str]) -> dict[str, FeedState]:
    """The states of many feeds in one round trip; a feed never polled has an empty one."""
    pipe = redis.pipeline(transaction=False)
    for feed_id in feed_ids:
        pipe.hgetall(keys.feed(feed_id))
    return {i: _state(reply) for i, reply in zip(feed_ids, await pipe.execute(), strict=True)}


async def read_due(redis: Redis) -> dict[str, float]:
    """When each feed is to be polled next, in milliseconds since 1970."""
    rows: Any = await redis.zrange(keys.FEEDS_DUE, 0, -1, withscores=True)
    return {text(member): score for member, score in rows}


@dataclass(frozen=True, slots=True)
class StateUpdate:
    """What a poll without anything to claim leaves behind."""

    feed_id: str
    values: Mapping[str, str | int]
    next_due_ms: int


async def write_updates(
    redis: Redis, updates: Iterable[StateUpdate], notes: Iterable[polls.PollNote] = ()
) -> None:
    """Many feeds' updates, and notes of polls, in one round trip."""
    pipe = redis.pipeline(transaction=False)
    due: dict[Any, Any] = {}
    for update in updates:
        values: dict[Any, Any] = dict(update.values)
        if values:
            pipe.hset(keys.feed(update.feed_id), mapping=values)
        due[update.feed_id] = update.next_due_ms
    if due:
        pipe.zadd(keys.FEEDS_DUE, due)
    for note in notes:
        polls.add(pipe, note)
    await pipe.execute()


async def make_due(redis: Redis, feed_ids: Iterable[str]) -> None:
    """Let these feeds be polled with the next cycle."""
    due = dict.fromkeys(feed_ids, 0)
    if due:
        await redis.zadd(keys.FEEDS_DUE, due)


async def forget(redis: Redis, configured: Iterable[str], kept_s: float) -> int:
    """Take feeds no longer configured off the schedule; what they showed is kept so long for their return."""
    gone = set(await read_due(redis)) - set(configured)
    pipe = redis.pipeline(transaction=False)
    for feed_id in gone:
        pipe.zrem(keys.FEEDS_DUE, feed_id)
        for name in OF_A_FEED:
            pipe.expire(name(feed_id), int(kept_s))
    await pipe.execute()
    return len(gone)


async def recall(redis: Redis, feed_ids: Iterable[str]) -> None:
    """Feeds that are configured now, perhaps again: what they showed is not to be forgotten."""
    pipe = redis.pipeline(transaction=False)
    for feed_id in feed_ids:
        for name in OF_A_FEED:
            pipe.persist(name(feed_id))
    await pipe.execute()


@dataclass(frozen=True, slots=True)
class Memory:
    """What a changed document is compared with.

    `seen` is what the feed has shown, by identity hash; `elements` what its last document held
    (`newswatch.store.elements`); `version` the configuration in force.
    """

    state: FeedState
    seen: dict[bytes, SeenRecord]
    elements: bytes
    version: int


async def read_memory(redis: Redis, feed_id: str) -> Memory:
    """One round trip. The generation is read first, so that the claim notices a claim in between."""
    pipe = redis.pipeline(transaction=False)
    pipe.hgetall(keys.feed(feed_id))
    pipe.get(keys.seen(feed_id))
    pipe.get(keys.elements(feed_id))
    pipe.hget(keys.CONFIG, "version")
    state, seen, elements, version = await pipe.execute()
    return Memory(_state(state), unpack_all(seen or b""), elements or b"", int(version or 0))


async def ensure_group(redis: Redis) -> None:
    """The consumer group of the items stream, from the stream's beginning."""
    groups = await redis.exists(keys.ITEMS) and await redis.xinfo_groups(keys.ITEMS)
    if not any(group["name"] == keys.ITEMS_GROUP.encode() for group in groups or []):
        await redis.xgroup_create(keys.ITEMS, keys.ITEMS_GROUP, id="0", mkstream=True)


@dataclass(frozen=True, slots=True)
class Claim:
    """All that one document changes: new items with their records, and the whole for the end.

    `pages` names the items whose pages are to be read, from `now_ms` on. `elements` is what
    `newswatch.store.elements` packed, empty where the next document must be read in full.
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
    """Items with their JSON in chunks bounded by number and by bytes; always at least one chunk."""
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
    redis: Redis, work: Claim, *, generation: int, config_version: int, trim_before_ms: int
) -> int:
    """Remember and append, chunk by chunk; validators only with the last. Returns the items appended.

    Raises ClaimConflict when the feed's generation or the configuration in force is no longer what
    the decision was made on; chunks already in stay claimed, and a new decision finds them known.
    """
    script = redis.register_script(script_text("claim"))
    names = [keys.feed(work.feed_id), keys.seen(work.feed_id), keys.ITEMS, keys.CONFIG, keys.FEEDS_DUE]
    names += [keys.ARTICLES, keys.elements(work.feed_id)]
    chunks = _chunks(work.items)
    appended = 0
    for number, chunk in enumerate(chunks, start=1):
        last = number == len(chunks)
        records = pack_all(work.whole) if last else pack_all(record for _, _, record in chunk)
        args: list[str | bytes | int] = [
            *(generation, config_version, "last" if last else "part", records, trim_before_ms),
            *(keys.ITEMS_GROUP, work.feed_id, work.next_due_ms, work.now_ms),
            *(keys.ARTICLE, keys.ARTICLE_RETENTION_S, work.elements if last else b"", len(chunk)),
        ]
        for data, item, _ in chunk:
            args += [data, int(item.id in work.pages)]
        for name, value in work.values.items() if last else ():
            args += [name, value]
        answer = await script(keys=names, args=args)
        if not answer[0]:
            raise ClaimConflict(f"feed {work.feed_id}: another poll claimed meanwhile")
        generation = int(answer[1])
        appended += len(chunk)
    return appended
