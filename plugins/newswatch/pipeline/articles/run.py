"""The article stage: the pages of items from feeds with `article: true` are read and matched as `body`.

The claim queued them together with the items, which were matched without waiting. Each page that
brings text sends its item through the stream once more: same item, same revision, `article` set,
title and summary as the feed gave them. One host's slow pages hold up no other host's.
"""

from __future__ import annotations

import asyncio
import logging
import random
import time
from collections import deque
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace

from newswatch.errors import FetchFailed, FetchRefused, LeaseLost, ParseFailed
from newswatch.feeds.article_page import MAX_PAGE_BYTES
from newswatch.feeds.fetch import Fetcher
from newswatch.feeds.worker import ParserPool
from newswatch.models import Bundle, Feed
from newswatch.pipeline.articles import tries
from newswatch.pipeline.base.configuration import in_force
from newswatch.pipeline.base.hosts import HostPauses, host_of
from newswatch.pipeline.base.services import Services
from newswatch.pipeline.base.stage_lease import lease_s
from newswatch.store import articles, feeds, hosts
from newswatch.store.client import redis_errors
from newswatch.store.codec import to_ms
from newswatch.store.leases import Lease, under

log = logging.getLogger("newswatch.articles")

PER_HOST = 4
MAX_AT_ONCE = 50
MAX_TAKEN_UP = 10_000
LOOK_S = 0.5
SHORTEST_LEASE_S = 3.0
"""No page is urgent: better to wait longer after a kill than to lose the lease on a busy machine."""
WIND_UP_S = 20.0
"""Pages being read at the deadline get this long; after it they are left for the next run."""
PAGE_CPU_S = 4.0
_ACCEPT = "text/html, application/xhtml+xml, */*;q=0.1"


@dataclass(frozen=True, slots=True)
class ArticleCounts:
    """What a run came to.

    `jobs` is the pages tried, `fetched` the items that went back to the stream with a page's text,
    `failed` the tries that failed, `queued` the pages that still wait (for another try, or their
    turn). Pages that said nothing new, or nobody wants any more, are in `jobs` only.
    """

    jobs: int = 0
    fetched: int = 0
    failed: int = 0
    queued: int = 0

    def as_dict(self) -> dict[str, int]:
        """For `--json` and XCom."""
        return asdict(self)


async def run_articles(
    services: Services,
    *,
    deadline_s: float = 45.0,
    on_progress: Callable[[int, int], None] | None = None,
) -> ArticleCounts:
    """Read the pages that are due, those falling due meanwhile included. Never fails for a page's sake.

    After `deadline_s` no further page is begun. Where another process holds the lease it waits for
    that lease to lapse; if it is renewed, the other one is at work and this one leaves it to it.
    Raises RedisUnavailable.
    """
    bundle = await in_force(services)
    with redis_errors():
        due, _ = await articles.due_since(services.redis, to_ms(services.clock()))
        if bundle is None or not due:
            return ArticleCounts(queued=await articles.waiting(services.redis))
        lease = Lease(services.redis, "articles", max(lease_s(bundle), SHORTEST_LEASE_S))
        if not await lease.take(wait_s=lease.duration_s * 1.5):
            return ArticleCounts(queued=await articles.waiting(services.redis))
        await feeds.ensure_group(services.redis)
        stop_at = time.monotonic() + deadline_s
        pauses = HostPauses(services, {})
        async with _fetcher(services, pauses) as fetcher, ParserPool(cpu_s=PAGE_CPU_S) as parsers:
            stage = _Stage(services, bundle, lease, fetcher, parsers, pauses, stop_at, on_progress)
            try:
                await under(lease, stage.drain())
            except LeaseLost as error:
                log.warning("%s", error)
            finally:
                await lease.release()
        return replace(stage.counts(), queued=await articles.waiting(services.redis))


def _fetcher(services: Services, pauses: HostPauses) -> Fetcher:
    return Fetcher(
        user_agent=services.settings.user_agent,
        resolve_auth=services.resolve_auth,
        env=services.settings.network,
        max_bytes=MAX_PAGE_BYTES,
        per_host=PER_HOST,
        concurrency=MAX_AT_ONCE,
        accept=_ACCEPT,
        pause_s=pauses.left_s,
        clock=services.clock,
    )


class _Stage:
    """One run: a queue and at most `PER_HOST` workers for each host."""

    def __init__(
        self,
        services: Services,
        bundle: Bundle,
        lease: Lease,
        fetcher: Fetcher,
        parsers: ParserPool,
        pauses: HostPauses,
        stop_at: float,
        on_progress: Callable[[int, int], None] | None,
    ) -> None:
        self._services = services
        self._redis = services.redis
        self._feeds: dict[str, Feed] = {feed.id: feed for feed in bundle.feeds}
        self._lease = lease
        self._fetcher = fetcher
        self._parsers = parsers
        self._pauses = pauses
        self._stop_at = stop_at
        self._on_progress = on_progress
        self._slots = asyncio.Semaphore(MAX_AT_ONCE)
        self._queues: dict[str, deque[articles.Job]] = {}
        self._workers: dict[asyncio.Task[None], str] = {}
        self._known: set[str] = set()
        self._jobs = self._fetched = self._failed = 0

    def counts(self) -> ArticleCounts:
        """What was done so far."""
        return ArticleCounts(self._jobs, self._fetched, self._failed)

    async def drain(self) -> None:
        """Work until nothing is due or the time is up."""
        try:
            while time.monotonic() < self._stop_at:
                await self._take_up()
                self._hire()
                if not self._workers:
                    return
                await self._wait(LOOK_S)
            await self._wait(WIND_UP_S)
        finally:
            for task in self._workers:
                task.cancel()
            await asyncio.gather(*self._workers, return_exceptions=True)

    async def _wait(self, timeout_s: float) -> None:
        if not self._workers:
            return
        done, _ = await asyncio.wait(self._workers, timeout=timeout_s, return_when=asyncio.FIRST_EXCEPTION)
        for task in done:
            del self._workers[task]
        for task in done:
            task.result()

    async def _take_up(self) -> None:
        """Put due jobs into their hosts' queues; those of hosts that asked for a pause wait."""
        now_ms = self._now_ms()
        found = await articles.due_jobs(self._redis, now_ms, known=self._known, most=MAX_TAKEN_UP)
        by_host: dict[str, list[articles.Job]] = {}
        for job in found:
            by_host.setdefault(host_of(job.link), []).append(job)
        paused = await hosts.pauses(self._redis, by_host)
        for host, jobs in by_host.items():
            until_ms = paused.get(host, 0)
            if until_ms > now_ms:
                await articles.put_off(self._redis, jobs, until_ms)
                continue
            self._queues.setdefault(host, deque()).extend(jobs)
            self._known.update(job.item_id for job in jobs)

    def _hire(self) -> None:
        at_work: dict[str, int] = {}
        for host in self._workers.values():
            at_work[host] = at_work.get(host, 0) + 1
        for host, queue in self._queues.items():
            for _ in range(min(len(queue), PER_HOST - at_work.get(host, 0))):
                self._workers[asyncio.create_task(self._work(host))] = host

    async def _work(self, host: str) -> None:
        """One host's queue, one page after the other."""
        queue = self._queues[host]
        while queue and time.monotonic() < self._stop_at:
            job = queue.popleft()
            async with self._slots:
                await self._read(job, host)
            self._known.discard(job.item_id)
            if self._on_progress is not None:
                self._on_progress(self._jobs, self._jobs + sum(map(len, self._queues.values())))

    async def _read(self, job: articles.Job, host: str) -> None:
        feed = self._feeds.get(job.feed_id)
        if feed is None or not feed.article or not host:
            await articles.settle(self._redis, self._lease, job, "drop")
            return
        self._jobs += 1
        try:
            item = await articles.read_item(self._redis, job)
            body = await self._text(feed, item.link)
        except (FetchFailed, FetchRefused, ParseFailed) as error:
            await self._failure(job, error)
        except (ValueError, KeyError, TypeError):
            # No item of ours, or a record that has just expired: the item itself is in the stream.
            log.warning("the article job of item %s cannot be read and is dropped", job.item_id)
            await articles.settle(self._redis, self._lease, job, "drop")
        else:
            news = None if body == item.body else replace(item, body=body, article=True)
            if await articles.settle(self._redis, self._lease, job, "read", item=news) and news is not None:
                self._fetched += 1

    async def _text(self, feed: Feed, link: str) -> str:
        result = await self._fetcher.fetch(tries.page_of(feed, link), etag=None, last_modified=None)
        page = await self._parsers.read_page(result.body, url=result.url, headers=result.headers)
        return page.body

    async def _failure(self, job: articles.Job, error: FetchFailed | FetchRefused | ParseFailed) -> None:
        self._failed += 1
        now_ms = self._now_ms()
        asked_s = tries.asked_pause_s(error)
        if asked_s is not None:
            await self._pause(getattr(error, "url", "") or job.link, asked_s)
        again_s = tries.next_try_s(error, job.tries + 1, random.random())
        if again_s is None:
            await articles.settle(self._redis, self._lease, job, "given-up", error=str(error), at_ms=now_ms)
        else:
            await articles.settle(
                self._redis, self._lease, job, "later", error=str(error), at_ms=now_ms + int(again_s * 1000)
            )

    async def _pause(self, url: str, asked_s: float) -> None:
        """Leave the host of `url` alone: its other pages wait, and that is no failure of theirs."""
        await self._pauses.pause(url, asked_s)
        until_ms = self._now_ms() + int(asked_s * 1000)
        queue = self._queues.get(host_of(url), deque())
        left = list(queue)
        queue.clear()
        await articles.put_off(self._redis, left, until_ms)
        self._known.difference_update(job.item_id for job in left)

    def _now_ms(self) -> int:
        return to_ms(self._services.clock())
