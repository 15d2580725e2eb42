"""The poll stage: due feeds are fetched, parsed and claimed; one feed's trouble is its own.

For each feed: 304 or an unchanged body ends it cheaply; otherwise the document is parsed, its
entries are told apart by `identity`, and the claim puts the new ones into the items stream
together with the feed's records. ETag, Last-Modified and body hash are saved with the claim's
last chunk and never before.
"""

from __future__ import annotations

import asyncio
import hashlib
import random
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from urllib.parse import urlsplit

from newswatch.errors import FetchFailed, FetchRefused, NewswatchError, ParseFailed, PermanentError
from newswatch.feeds.canonical import canonical_link
from newswatch.feeds.fetch import Fetcher
from newswatch.feeds.worker import ParserPool
from newswatch.models import Bundle, Feed, FetchResult, ParsedFeed
from newswatch.pipeline import identity, notices, schedule
from newswatch.pipeline.configure import in_force
from newswatch.pipeline.services import Services
from newswatch.store import configuration, feeds, keys
from newswatch.store.client import redis_errors
from newswatch.store.codec import to_ms

MAX_AT_ONCE = 100
CLAIM_TRIES = 5
GIVEN_UP_AFTER_S = 24 * 3600
_FLUSH_AT = 200


@dataclass(frozen=True, slots=True)
class PollCounts:
    """What one poll came to. `new` equals the entries added to the items stream."""

    feeds: int = 0
    polled: int = 0
    not_modified: int = 0
    new: int = 0
    failed: int = 0

    def as_dict(self) -> dict[str, int]:
        """For `--json` and XCom."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Shard:
    """Feeds polled by one task: whole hosts, so that per-host pacing holds."""

    label: str
    feed_ids: list[str]


def due_feeds(bundle: Bundle, due_ms: dict[str, float], now_ms: int) -> list[Feed]:
    """Feeds whose time has come; a feed never scheduled is due at once."""
    return [feed for feed in bundle.feeds if due_ms.get(feed.id, 0) <= now_ms]


def shards(due: Iterable[Feed], shard_size: int) -> list[Shard]:
    """Feeds packed host by host into shards of some `shard_size`; a host is never split."""
    by_host: dict[str, list[str]] = {}
    for feed in due:
        by_host.setdefault(urlsplit(feed.url).hostname or "", []).append(feed.id)
    packed: list[tuple[list[str], list[str]]] = []
    for host, ids in sorted(by_host.items(), key=lambda pair: (-len(pair[1]), pair[0])):
        for hosts, members in packed:
            if len(members) + len(ids) <= shard_size:
                hosts.append(host)
                members.extend(ids)
                break
        else:
            packed.append(([host], list(ids)))
    return [Shard(_label(hosts, len(members)), members) for hosts, members in packed]


def _label(hosts: Sequence[str], count: int) -> str:
    others = f" +{len(hosts) - 1} hosts" if len(hosts) > 1 else ""
    return f"{hosts[0]}{others}, {count} feed{'s' if count != 1 else ''}"


async def plan_shards(services: Services, *, shard_size: int = 500) -> list[Shard]:
    """The feeds due now, grouped for one task each. Raises RedisUnavailable."""
    bundle = await in_force(services)
    if bundle is None:
        return []
    with redis_errors():
        due = await feeds.read_due(services.redis)
    return shards(due_feeds(bundle, due, to_ms(services.clock())), shard_size)


async def run_poll(
    services: Services,
    *,
    feed_ids: Sequence[str] | None = None,
    all_feeds: bool = False,
    deadline_s: float = 45.0,
    on_progress: Callable[[int, int], None] | None = None,
) -> PollCounts:
    """Poll the feeds named, or those due, or all. Never fails for a feed's sake.

    After `deadline_s` no further feed is begun; what was not reached stays due. Raises
    RedisUnavailable.
    """
    bundle = await in_force(services)
    if bundle is None:
        return PollCounts()
    with redis_errors():
        chosen = await _chosen(services, bundle, feed_ids, all_feeds=all_feeds)
        states = await feeds.read_states(services.redis, [feed.id for feed in chosen])
        await feeds.ensure_group(services.redis)
        async with (
            Fetcher(
                user_agent=services.user_agent, resolve_auth=services.resolve_auth, env=services.env
            ) as fetcher,
            ParserPool() as parsers,
        ):
            cycle = _Cycle(services, bundle, fetcher, parsers, states, time.monotonic() + deadline_s)
            return await cycle.run(chosen, on_progress)


async def _chosen(
    services: Services, bundle: Bundle, feed_ids: Sequence[str] | None, *, all_feeds: bool
) -> list[Feed]:
    if all_feeds:
        return list(bundle.feeds)
    if feed_ids is not None:
        wanted = set(feed_ids)
        return [feed for feed in bundle.feeds if feed.id in wanted]
    return due_feeds(bundle, await feeds.read_due(services.redis), to_ms(services.clock()))


class _Cycle:
    """One poll over many feeds: bounded concurrency, buffered state updates, counts."""

    def __init__(
        self,
        services: Services,
        bundle: Bundle,
        fetcher: Fetcher,
        parsers: ParserPool,
        states: dict[str, feeds.FeedState],
        stop_at: float,
    ) -> None:
        self._services = services
        self._bundle = bundle
        self._fetcher = fetcher
        self._parsers = parsers
        self._states = states
        self._stop_at = stop_at
        self._updates: list[feeds.StateUpdate] = []
        self._polled = self._not_modified = self._new = self._failed = 0

    async def run(self, chosen: list[Feed], on_progress: Callable[[int, int], None] | None) -> PollCounts:
        slots = asyncio.Semaphore(MAX_AT_ONCE)

        async def one(feed: Feed) -> None:
            async with slots:
                if time.monotonic() >= self._stop_at:
                    return
                await self._poll(feed)
                self._polled += 1
                if on_progress is not None:
                    on_progress(self._polled, len(chosen))
                if len(self._updates) >= _FLUSH_AT:
                    await self._flush()

        work = [asyncio.ensure_future(one(feed)) for feed in chosen]
        try:
            await asyncio.gather(*work)
        finally:
            for task in work:
                task.cancel()
            await asyncio.gather(*work, return_exceptions=True)
        await self._flush()
        return PollCounts(len(chosen), self._polled, self._not_modified, self._new, self._failed)

    async def _flush(self) -> None:
        updates, self._updates = self._updates, []
        if updates:
            await feeds.write_updates(self._services.redis, updates)

    async def _poll(self, feed: Feed) -> None:
        state = self._states[feed.id]
        started = self._services.clock()
        try:
            same_url = state.url == feed.url
            result = await self._fetcher.fetch(
                feed,
                etag=state.etag or None if same_url else None,
                last_modified=state.last_modified or None if same_url else None,
            )
            body_hash = hashlib.blake2b(result.body, digest_size=16).hexdigest()
            if result.status == 304 or (same_url and body_hash == state.body_hash):
                await self._unchanged(feed, state, started.timestamp(), result)
                return
            parsed = await self._parsers.parse(result.body, url=result.url, headers=result.headers)
            await self._claim(feed, state, result, parsed, body_hash)
            await self._recovered(feed, state)
        except NewswatchError as error:
            if not isinstance(error, (FetchFailed, FetchRefused, ParseFailed, feeds.ClaimConflict)):
                raise
            self._failed += 1
            await self._failure(feed, state, error)

    async def _unchanged(
        self, feed: Feed, state: feeds.FeedState, started_s: float, result: FetchResult
    ) -> None:
        self._not_modified += 1
        now_ms = to_ms(self._services.clock())
        values: dict[str, str | int] = {**_healthy(now_ms), "confirmed_ms": now_ms}
        if result.status == 200:
            values |= _validators(result)
        due_ms = int(schedule.after_success(feed, started_s, random.random()) * 1000)
        self._updates.append(feeds.StateUpdate(feed.id, values, due_ms))
        await self._recovered(feed, state)

    async def _claim(
        self, feed: Feed, state: feeds.FeedState, result: FetchResult, parsed: ParsedFeed, body_hash: str
    ) -> None:
        redis = self._services.redis
        for attempt in range(1, CLAIM_TRIES + 1):
            now_ms = to_ms(self._services.clock())
            version, _ = await configuration.read_version(redis)
            decision = identity.decide(
                await feeds.read_seen(redis, feed.id),
                identity.identify(parsed.entries, canonical_link),
                _sighting(feed, state, parsed, now_ms, version),
            )
            work = feeds.Claim(
                feed_id=feed.id,
                items=decision.items,
                whole=decision.whole,
                values=_claimed_values(
                    feed, state, result, parsed, body_hash, now_ms, new=bool(decision.items)
                ),
                next_due_ms=int(schedule.after_success(feed, now_ms / 1000, random.random()) * 1000),
            )
            try:
                self._new += await feeds.claim(
                    redis,
                    work,
                    generation=state.generation,
                    config_version=version,
                    trim_before_ms=now_ms - keys.ITEM_RETENTION_S * 1000,
                )
                return
            except feeds.ClaimConflict:
                if attempt == CLAIM_TRIES:
                    raise
                state = (await feeds.read_states(redis, [feed.id]))[feed.id]

    async def _recovered(self, feed: Feed, state: feeds.FeedState) -> None:
        if state.failures:
            text = f"Feed {feed.id} answers again."
            await notices.clear_notice(self._services, f"feed:{feed.id}", text)

    async def _failure(self, feed: Feed, state: feeds.FeedState, error: NewswatchError) -> None:
        now_ms = to_ms(self._services.clock())
        failures = state.failures + 1
        since_ms = state.failing_since_ms or now_ms
        gone = isinstance(error, FetchRefused) and error.kind == "gone"
        retry_after_s = error.retry_after_s if isinstance(error, FetchFailed) else None
        due_s = schedule.after_failure(
            feed, now_ms / 1000, failures, retry_after_s, random.random(), stopped=gone
        )
        values: dict[str, str | int] = {
            "polled_ms": now_ms,
            "failures": failures,
            "failing_since_ms": since_ms,
            "error": str(error),
            "status": "stopped" if gone else "refused" if isinstance(error, PermanentError) else "failing",
        }
        self._updates.append(feeds.StateUpdate(feed.id, values, int(due_s * 1000)))
        if gone or now_ms - since_ms >= GIVEN_UP_AFTER_S * 1000:
            text = f"Feed {feed.id} brings nothing since {_hours(now_ms - since_ms)}: {error}"
            await notices.raise_notice(self._services, f"feed:{feed.id}", text)


def _hours(span_ms: int) -> str:
    hours = span_ms // 3_600_000
    return f"{hours} h" if hours else "this poll"


def _sighting(
    feed: Feed, state: feeds.FeedState, parsed: ParsedFeed, now_ms: int, version: int
) -> identity.Sighting:
    return identity.Sighting(
        feed=feed,
        now=now_ms // 1000,
        first_sight=not state.seen_since_ms,
        config_version=version,
        document_time=state.document_ms // 1000,
        confirmed_time=state.confirmed_ms // 1000,
        document_lang=parsed.lang,
        keep_s=keys.SEEN_RETENTION_S,
    )


def _healthy(now_ms: int) -> dict[str, str | int]:
    return {"polled_ms": now_ms, "failures": 0, "failing_since_ms": 0, "error": "", "status": "ok"}


def _validators(result: FetchResult) -> dict[str, str | int]:
    return {"etag": result.etag or "", "last_modified": result.last_modified or ""}


def _claimed_values(
    feed: Feed,
    state: feeds.FeedState,
    result: FetchResult,
    parsed: ParsedFeed,
    body_hash: str,
    now_ms: int,
    *,
    new: bool,
) -> dict[str, str | int]:
    values: dict[str, str | int] = {
        **_healthy(now_ms),
        **_validators(result),
        "url": feed.url,
        "title": parsed.title,
        "body_hash": body_hash,
        "document_ms": now_ms // 1000 * 1000,
        "confirmed_ms": now_ms,
        "seen_since_ms": state.seen_since_ms or now_ms,
    }
    if new:
        values["last_new_ms"] = now_ms
    return values
