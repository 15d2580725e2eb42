"""Many feeds polled side by side, host by host. What is written is written in batches.

At most four feeds of one host are polled at a time, and only feeds being polled count against the total. So a
slow host does not hold up the others.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections import Counter, deque
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import asdict, astuple, dataclass, replace

from newswatch.feeds.host import host_name
from newswatch.models import Feed
from newswatch.pipeline.base.hosts import HostPauses, asked_pause_s
from newswatch.pipeline.base.services import Services
from newswatch.pipeline.poll import addresses
from newswatch.pipeline.poll.pressure import Pressure
from newswatch.pipeline.poll.release_windows import slow_down
from newswatch.pipeline.poll.visit import Turn, Visit, Visitor
from newswatch.store import feeds
from newswatch.store.codec import to_ms
from newswatch.store.coverage import PollFigures
from newswatch.store.polls import PollNote

PER_HOST = 4
FEEDS_A_WORKER = 4
"""With fewer feeds a host is asked for one after the other, over one connection."""
AT_ONCE = 100
"""Feeds being polled, and so documents in memory, at a time."""
STAY_S = 1.0
"""A host's feeds are polled one right after the other for this long, while its connection is open. Then others have a turn."""
_FLUSH_AT = 200
_SPREAD_S = 10.0


@dataclass(frozen=True, slots=True)
class PollCounts:
    """The counts of one poll. `new` equals the entries added to the items stream."""

    feeds: int = 0
    polled: int = 0
    not_modified: int = 0
    new: int = 0
    failed: int = 0

    def __add__(self, later: PollCounts) -> PollCounts:
        """The sum of both."""
        return PollCounts(*(one + other for one, other in zip(astuple(self), astuple(later), strict=True)))

    def as_dict(self) -> dict[str, int]:
        """The counts for `--json` and XCom."""
        return asdict(self)


Done = Callable[[Feed, int | None, int], None]
"""Called after each visit with the feed's next due time (ms), None if it was not visited because the work is over, and
with its failures in a row."""

ReadFrom = Callable[[Feed, str], Awaitable[None]]
"""Called after each visit, before `Done`, with the URL that is requested next."""


class Cycle:
    """Polls the feeds that it is given, as they are given, until the work is `over`."""

    def __init__(
        self,
        services: Services,
        visitor: Visitor,
        pauses: HostPauses,
        over: Callable[[], bool],
        done: Done | None = None,
        read_from: ReadFrom | None = None,
    ) -> None:
        self._services = services
        self._visitor = visitor
        self._pauses = pauses
        self._pressure = Pressure(services)
        self._over = over
        self._done = done
        self._read_from = read_from
        self._slots = asyncio.Semaphore(AT_ONCE)
        self._queues: dict[str, deque[Turn]] = {}
        self._workers: dict[asyncio.Task[None], str] = {}
        self._updates: list[feeds.StateUpdate] = []
        self._notes: list[PollNote] = []
        self._figures: list[PollFigures] = []
        self._chosen = self._polled = self._not_modified = self._new = self._failed = 0

    def counts(self) -> PollCounts:
        """The counts so far."""
        return PollCounts(self._chosen, self._polled, self._not_modified, self._new, self._failed)

    async def take(
        self, chosen: Sequence[Feed], due_ms: Mapping[str, float], planned_ms: int | None = None
    ) -> None:
        """Poll these feeds as soon as their hosts allow. `due_ms` says when each was due.

        `planned_ms` is when they were chosen, by a plan that comes now and then. Without it each is planned for the time
        at which it is due.
        """
        await self._flush()  # so that what earlier visits found is read
        states = await feeds.read_states(self._services.redis, [feed.id for feed in chosen])
        urls = [addresses.expected_url(feed, states[feed.id]) for feed in chosen]
        await self._pauses.look_up(urls)
        self._chosen += len(chosen)
        for feed, url in zip(chosen, urls, strict=True):
            due = int(due_ms.get(feed.id, 0))
            turn = Turn(feed, states[feed.id], due, due if planned_ms is None else planned_ms)
            self._queues.setdefault(host_name(url), deque()).append(turn)
        at_work = Counter(host for task, host in self._workers.items() if not task.done())
        for host in dict.fromkeys(map(host_name, urls)):
            wanted = min(PER_HOST, 1 + len(self._queues[host]) // FEEDS_A_WORKER)
            for _ in range(wanted - at_work[host]):
                self._workers[asyncio.create_task(self._host(host))] = host

    async def wait(self) -> None:
        """Wait until all are polled. Raises RedisError."""
        while self._workers:
            await asyncio.wait(self._workers, return_when=asyncio.FIRST_EXCEPTION)
            await self.tidy()

    async def tidy(self) -> None:
        """Write what the finished visits left to write. Raises what a visit raised, such as RedisError."""
        for task in [task for task in self._workers if task.done()]:
            del self._workers[task]
            task.result()
        await self._flush()

    async def end(self, within_s: float = 0.0) -> None:
        """Give the visits in hand a moment, and cancel the rest. Their feeds stay due."""
        if self._workers and within_s:
            await asyncio.wait(self._workers, timeout=within_s)
        for task in self._workers:
            task.cancel()
        await asyncio.gather(*self._workers, return_exceptions=True)
        self._workers.clear()
        await self._flush()

    async def _host(self, host: str) -> None:
        """One host's feeds, one after the other. Feeds that are not reached stay due."""
        queue = self._queues[host]
        while queue:
            async with self._slots:
                until = time.monotonic() + STAY_S
                while queue:
                    if self._over() or await self._pressure.look():
                        self._leave(queue)
                        return
                    if queue:
                        turn = queue.popleft()
                        await self._turn(replace(turn, more=True) if queue else turn)
                    if time.monotonic() >= until:
                        break

    def _leave(self, queue: deque[Turn]) -> None:
        while queue:
            self._tell(queue.popleft().feed, None)

    def _tell(self, feed: Feed, due_ms: int | None, failures: int = 0) -> None:
        if self._done is not None:
            self._done(feed, due_ms, failures)

    async def _turn(self, turn: Turn) -> None:
        open_addresses, due_ms = await self._open(turn)
        if not open_addresses:
            due_ms += int(random.random() * _SPREAD_S * 1000)
            self._updates.append(feeds.StateUpdate(turn.feed.id, {}, due_ms))
            self._tell(turn.feed, due_ms)
            return
        await self._count(turn.feed, await self._visitor.visit(turn, open_addresses))
        if len(self._updates) + len(self._notes) >= _FLUSH_AT:
            await self._flush()

    async def _open(self, turn: Turn) -> tuple[list[str], int]:
        """The addresses that may be requested now; if there are none, the time (ms) when one may be."""
        feed, state = turn.feed, turn.state
        if not feed.fallback:
            paused_until_ms = self._pauses.until_ms(addresses.request_url(feed, state, feed.url))
            return ([], paused_until_ms) if paused_until_ms else ([feed.url], 0)
        now_ms = to_ms(self._services.clock())
        found: list[str] = []
        paused: list[int] = []
        for address in addresses.open_at(feed, state, now_ms):
            left_s = await self._pauses.left_s(addresses.request_url(feed, state, address))
            if left_s:
                paused.append(now_ms + int(left_s * 1000))
            else:
                found.append(address)
        return found, 0 if found else addresses.next_open_ms(feed, state, paused)

    async def _count(self, feed: Feed, visit: Visit) -> None:
        self._polled += 1
        self._not_modified += visit.not_modified
        self._new += visit.new
        self._pressure.took(visit.size)
        self._failed += visit.error is not None
        for one in visit.tried:
            failures = one.failures if feed.fallback else visit.outcome.state.polling.failures
            wait_s = asked_pause_s(one.error, failures)
            if wait_s:
                await self._pauses.pause(getattr(one.error, "url", "") or one.url, wait_s)
        if visit.update is not None:
            self._updates.append(visit.update)
        if visit.note is not None:
            self._notes.append(visit.note)
        if visit.figures is not None:
            self._figures.append(visit.figures)
        await slow_down(self._services, feed, (one.error for one in visit.tried))
        if self._read_from is not None:
            await self._read_from(feed, addresses.expected_url(feed, visit.outcome.state))
        self._tell(feed, visit.outcome.due_ms, visit.outcome.state.polling.failures)

    async def _flush(self) -> None:
        updates, self._updates = self._updates, []
        notes, self._notes = self._notes, []
        figures, self._figures = self._figures, []
        if updates or notes or figures:
            await feeds.write_updates(self._services.redis, updates, notes, figures)
