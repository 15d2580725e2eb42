"""The articles stage: the articles of items from feeds with `article: true` are read and matched as `body`.

The claim queued them together with the items, which were matched without waiting. Each web page that has an
article sends its item through the stream again: same item, same revision, `article` set, title and summary as
in the feed. One host's slow pages do not hold up other hosts.
"""

from __future__ import annotations

import asyncio
import logging
import random
import time
from collections import deque
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass, replace

from newswatch.document import BLOCK_SEPARATOR
from newswatch.errors import FetchFailed, FetchRefused, LeaseLost, ParseFailed
from newswatch.feeds.article_page import MAX_PAGE_BYTES
from newswatch.feeds.article_text import squash
from newswatch.feeds.fetch import Fetcher
from newswatch.feeds.host import host_and_port
from newswatch.feeds.worker import ParserPool
from newswatch.models import Feed, Item
from newswatch.pipeline.articles import tries
from newswatch.pipeline.articles.on_demand import QUIET_S, QuietEnd
from newswatch.pipeline.articles.rechecks import PageText, Rechecker
from newswatch.pipeline.base.configuration import FeedsInForce, receivers_in_force, version_in_force
from newswatch.pipeline.base.hosts import HostPauses, asked_pause_s
from newswatch.pipeline.base.services import Services
from newswatch.pipeline.base.shift import Shift
from newswatch.pipeline.base.shift_work import hold_stage, work_shift
from newswatch.pipeline.base.stage_lease import lease_s
from newswatch.store import articles, feeds, hosts, schema
from newswatch.store.client import redis_errors
from newswatch.store.codec import to_ms
from newswatch.store.configuration import Version
from newswatch.store.leases import Lease, under
from newswatch.store.rechecks import Recheck, due_rechecks
from newswatch.store.rechecks import postpone as postpone_rechecks

log = logging.getLogger("newswatch.articles")

PER_HOST = 4
MAX_AT_ONCE = 50
MAX_LOADED = 10_000
LOOK_S = 0.5
IDLE_S = 1.0
"""How often a resident looks whether a page is due."""
SHORTEST_LEASE_S = 3.0
"""No article is urgent. A longer wait after a kill is better than a lost lease on a busy machine."""
WIND_UP_S = 20.0
"""Pages being read at the deadline get this much time. After it they are left to the next run."""
IN_HAND_S = 3.0
"""The same at the end of a resident's shift, which has to end within four seconds."""
PAGE_CPU_S = 4.0
_ACCEPT = "text/html, application/xhtml+xml, */*;q=0.1"


@dataclass(frozen=True, slots=True)
class ArticleCounts:
    """The counts of a run.

    `jobs` counts the pages that were tried, `fetched` the items that went back to the stream with an article,
    `failed` the tries that failed, and `queued` the pages that still wait for their turn or another try. Pages
    without new text, and pages that are not wanted any more, count in `jobs` only.
    """

    jobs: int = 0
    fetched: int = 0
    failed: int = 0
    queued: int = 0

    def __add__(self, later: ArticleCounts) -> ArticleCounts:
        """Both together; the queue is as the later one found it."""
        return ArticleCounts(
            self.jobs + later.jobs, self.fetched + later.fetched, self.failed + later.failed, later.queued
        )

    def as_dict(self) -> dict[str, int]:
        """The counts for `--json` and XCom."""
        return asdict(self)


async def run_articles(
    services: Services,
    *,
    deadline_s: float = 45.0,
    on_progress: Callable[[int, int], None] | None = None,
) -> ArticleCounts:
    """Read the articles that are due, also those that become due meanwhile. Never fails because of a web page.

    After `deadline_s` no further page is begun. If another process holds the lease, this one waits until the lease
    expires. If the other process renews it, that one is at work, and this one ends.
    Raises RedisUnavailable.
    """
    receivers, version = await receivers_in_force(services), await version_in_force(services)
    with redis_errors():
        now_ms = to_ms(services.clock())
        due, _ = await articles.due_since(services.redis, now_ms)
        if receivers is None or not due:
            return ArticleCounts(queued=await articles.waiting(services.redis))
        lease = Lease(services.redis, "articles", max(lease_s(receivers), SHORTEST_LEASE_S))
        if not await lease.take(wait_s=lease.duration_s * 1.5):
            return ArticleCounts(queued=await articles.waiting(services.redis))
        stop_at = time.monotonic() + deadline_s
        async with _stage(
            services, version, lease, lambda: time.monotonic() >= stop_at, on_progress
        ) as stage:
            try:
                await under(lease, stage.drain())
            except LeaseLost as error:
                log.warning("%s", error)
            finally:
                await lease.release()
        return replace(stage.counts(), queued=await articles.waiting(services.redis))


async def stay_reading(shift: Shift, *, quiet_s: float = QUIET_S) -> ArticleCounts:
    """Read articles as they become due, until the shift is over or none was due for `quiet_s` seconds.

    Raises StageRed, and errors of Redis that do not pass.
    """
    services, total, quiet = shift.services, ArticleCounts(), QuietEnd(shift, quiet_s)
    at_work: _ArticleStage | None = None

    def counts() -> dict[str, int]:
        return (total if at_work is None else total + at_work.counts()).as_dict()

    shift.counts = counts

    async def work(version: Version, lease: Lease) -> None:
        nonlocal total, at_work
        async with _stage(services, version, lease, lambda: shift.over, lambda *_: shift.did()) as stage:
            at_work = stage
            try:
                await stage.stay(shift, quiet)
            finally:
                done = replace(stage.counts(), queued=await articles.waiting(services.redis))
                total, at_work = total + done, None

    async def hold() -> None:
        await hold_stage(shift, version_in_force, work, least_lease_s=SHORTEST_LEASE_S)
        await quiet.look()  # Another process may read, and leave nothing to do.

    await work_shift(shift, hold)
    await shift.verdict(str(total.as_dict()))
    return total


@asynccontextmanager
async def _stage(
    services: Services,
    version: Version,
    lease: Lease,
    over: Callable[[], bool],
    on_progress: Callable[[int, int], None] | None,
) -> AsyncIterator[_ArticleStage]:
    await feeds.ensure_group(services.redis)
    pauses = HostPauses(services)
    async with _fetcher(services, pauses) as fetcher, ParserPool(cpu_s=PAGE_CPU_S) as parsers:
        yield _ArticleStage(services, version, lease, fetcher, parsers, pauses, over, on_progress)


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


class _ArticleStage:
    """One run: a queue and at most `PER_HOST` workers for each host."""

    def __init__(
        self,
        services: Services,
        version: Version,
        lease: Lease,
        fetcher: Fetcher,
        parsers: ParserPool,
        pauses: HostPauses,
        over: Callable[[], bool],
        on_progress: Callable[[int, int], None] | None,
    ) -> None:
        self._services = services
        self._redis = services.redis
        self._feeds = FeedsInForce(services, version)
        self._lease = lease
        self._fetcher = fetcher
        self._parsers = parsers
        self._pauses = pauses
        self._over = over
        self._version = version
        self._on_progress = on_progress
        self._slots = asyncio.Semaphore(MAX_AT_ONCE)
        self._rechecker = Rechecker(services, lease, self._page_text)
        self._queues: dict[str, deque[articles.Job | Recheck]] = {}
        self._workers: dict[asyncio.Task[None], str] = {}
        self._known: set[str] = set()
        self._rechecked: set[str] = set()
        self._jobs = self._fetched = self._failed = 0

    def counts(self) -> ArticleCounts:
        """The counts so far."""
        return ArticleCounts(self._jobs, self._fetched, self._failed)

    async def drain(self, wind_up_s: float = WIND_UP_S) -> None:
        """Work until nothing is due or the time is up. Pages in hand then get `wind_up_s` more."""
        try:
            while not self._over():
                await self._load_jobs()
                self._start_workers()
                if not self._workers:
                    return
                await self._wait(LOOK_S)
            await self._wait(wind_up_s)
        finally:
            for task in self._workers:
                task.cancel()
            await asyncio.gather(*self._workers, return_exceptions=True)

    async def stay(self, shift: Shift, quiet: QuietEnd) -> None:
        """Drain, and again when something is due, until the shift is over or the configuration changes."""
        while not shift.over:
            await quiet.look()
            await self.drain(IN_HAND_S)
            if await version_in_force(self._services) != self._version:
                return
            await shift.wait(IDLE_S)

    async def _wait(self, timeout_s: float) -> None:
        if not self._workers:
            return
        done, _ = await asyncio.wait(self._workers, timeout=timeout_s, return_when=asyncio.FIRST_EXCEPTION)
        for task in done:
            del self._workers[task]
        for task in done:
            task.result()

    async def _load_jobs(self) -> None:
        """Put due jobs into the queues of their hosts. Those of hosts that asked for a pause wait.

        After a change of the configuration there are none: its feeds are read by another stage.
        """
        now_ms = self._now_ms()
        jobs = await articles.due_jobs(self._redis, now_ms, known=self._known, most=MAX_LOADED)
        again = await due_rechecks(self._redis, now_ms, known=self._rechecked, most=MAX_LOADED)
        by_host: dict[str, list[articles.Job | Recheck]] = {}
        found: list[articles.Job | Recheck] = [*jobs, *again]
        if not await self._feeds.read(job.feed_id for job in found):
            return
        for job in found:
            by_host.setdefault(host_and_port(job.link), []).append(job)
        paused = await hosts.pauses(self._redis, by_host)
        for host, due in by_host.items():
            until_ms = paused.get(host, 0)
            if until_ms > now_ms:
                await self._postpone(due, until_ms)
                continue
            self._queues.setdefault(host, deque()).extend(due)
            for job in due:
                self._names(job).add(job.item_id)

    def _names(self, job: articles.Job | Recheck) -> set[str]:
        """The items whose jobs of this kind are in the queues."""
        return self._rechecked if isinstance(job, Recheck) else self._known

    async def _postpone(self, due: Iterable[articles.Job | Recheck], until_ms: int) -> None:
        due = list(due)
        await articles.postpone(self._redis, [one for one in due if isinstance(one, articles.Job)], until_ms)
        again = [one.item_id for one in due if isinstance(one, Recheck)]
        await postpone_rechecks(self._redis, again, until_ms)

    def _start_workers(self) -> None:
        at_work: dict[str, int] = {}
        for host in self._workers.values():
            at_work[host] = at_work.get(host, 0) + 1
        for host, queue in self._queues.items():
            for _ in range(min(len(queue), PER_HOST - at_work.get(host, 0))):
                self._workers[asyncio.create_task(self._work(host))] = host

    async def _work(self, host: str) -> None:
        """One host's queue, one page after the other."""
        queue = self._queues[host]
        while queue and not self._over():
            job = queue.popleft()
            async with self._slots:
                await (self._look_again(job, host) if isinstance(job, Recheck) else self._read(job, host))
            self._names(job).discard(job.item_id)
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
            body = await self._text(feed, item)
        except (FetchFailed, FetchRefused, ParseFailed) as error:
            await self._failure(job, error)
        except (ValueError, KeyError, TypeError):
            await schema.refuse_if_outgrown(self._redis)
            # Not an item of ours, or a record that has just expired. The item itself is in the stream.
            log.warning("the article job of item %s cannot be read and is dropped", job.item_id)
            await articles.settle(self._redis, self._lease, job, "drop")
        else:
            news = None if body == item.body else replace(item, body=body, article=True)
            if await articles.settle(self._redis, self._lease, job, "read", item=news) and news is not None:
                self._fetched += 1

    async def _look_again(self, recheck: Recheck, host: str) -> None:
        feed = self._feeds.get(recheck.feed_id)
        if feed is None or not feed.recheck or not host:
            await self._rechecker.drop(recheck)
            return
        self._jobs += 1
        try:
            await self._rechecker.handle(feed, recheck)
        except FetchFailed as error:
            await self._pause(error.url or recheck.link, error.retry_after_s or 0.0)
            await self._postpone([recheck], self._now_ms() + int((error.retry_after_s or 0.0) * 1000))

    async def _page_text(self, feed: Feed, link: str) -> PageText:
        """A web page's address after redirects, and its main text."""
        result = await self._fetcher.fetch(tries.page_of(feed, link), etag=None, last_modified=None)
        page = await self._parsers.read_page(result.body, url=result.url, headers=result.headers)
        return PageText(result.url, page.body)

    async def _text(self, feed: Feed, item: Item) -> str:
        """The page's main text, after its standfirst where the item does not have that already."""
        result = await self._fetcher.fetch(tries.page_of(feed, item.link), etag=None, last_modified=None)
        page = await self._parsers.read_page(result.body, url=result.url, headers=result.headers)
        known = squash(f"{item.title} {item.summary} {page.body}")
        return page.body if squash(page.summary) in known else BLOCK_SEPARATOR.join((page.summary, page.body))

    async def _failure(self, job: articles.Job, error: FetchFailed | FetchRefused | ParseFailed) -> None:
        self._failed += 1
        now_ms = self._now_ms()
        asked_s = asked_pause_s(error)
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
        """The host of `url` asked for a pause: its other pages wait, and that is not a failure."""
        await self._pauses.pause(url, asked_s)
        until_ms = self._now_ms() + int(asked_s * 1000)
        queue = self._queues.get(host_and_port(url), deque())
        left = list(queue)
        queue.clear()
        await self._postpone(left, until_ms)
        for job in left:
            self._names(job).discard(job.item_id)

    def _now_ms(self) -> int:
        return to_ms(self._services.clock())
