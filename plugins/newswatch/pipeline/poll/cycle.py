"""One poll of many feeds side by side, host by host. What it writes is written in batches.

At most four feeds of one host are polled at a time, and only feeds being polled count against the total. So a
slow host does not hold up the others.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections import deque
from collections.abc import Callable
from dataclasses import asdict, dataclass

from newswatch.feeds.host import host_name
from newswatch.models import Feed
from newswatch.pipeline.base.hosts import HostPauses, asked_pause_s
from newswatch.pipeline.base.services import Services
from newswatch.pipeline.poll import addresses
from newswatch.pipeline.poll.pressure import Pressure
from newswatch.pipeline.poll.visit import Visit, Visitor
from newswatch.store import feeds
from newswatch.store.codec import to_ms
from newswatch.store.coverage import PollFigures
from newswatch.store.feed_state import FeedState
from newswatch.store.polls import PollNote

PER_HOST = 4
AT_ONCE = 100
"""Feeds being polled, and so documents in memory, at a time."""
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

    def as_dict(self) -> dict[str, int]:
        """The counts for `--json` and XCom."""
        return asdict(self)


class Cycle:
    """Polls the given feeds until they are done or `stop_at` (monotonic) has passed."""

    def __init__(
        self,
        services: Services,
        visitor: Visitor,
        states: dict[str, FeedState],
        pauses: HostPauses,
        stop_at: float,
        on_progress: Callable[[int, int], None] | None = None,
    ) -> None:
        self._services = services
        self._visitor = visitor
        self._states = states
        self._pauses = pauses
        self._pressure = Pressure(services)
        self._stop_at = stop_at
        self._on_progress = on_progress
        self._slots = asyncio.Semaphore(AT_ONCE)
        self._updates: list[feeds.StateUpdate] = []
        self._notes: list[PollNote] = []
        self._figures: list[PollFigures] = []
        self._chosen = self._polled = self._not_modified = self._new = self._failed = 0

    async def run(self, chosen: list[Feed]) -> PollCounts:
        """Raises RedisError."""
        self._chosen = len(chosen)
        work = [
            asyncio.ensure_future(self._host(queue))
            for queue in self._queues(chosen)
            for _ in range(min(PER_HOST, len(queue)))
        ]
        try:
            await asyncio.gather(*work)
        finally:
            for task in work:
                task.cancel()
            await asyncio.gather(*work, return_exceptions=True)
        await self._flush()
        return PollCounts(self._chosen, self._polled, self._not_modified, self._new, self._failed)

    def _queues(self, chosen: list[Feed]) -> list[deque[Feed]]:
        queues: dict[str, deque[Feed]] = {}
        for feed in chosen:
            url = addresses.expected_url(feed, self._states[feed.id])
            queues.setdefault(host_name(url), deque()).append(feed)
        return list(queues.values())

    async def _host(self, queue: deque[Feed]) -> None:
        """One host's feeds, one after the other. Feeds that are not reached stay due."""
        while queue:
            async with self._slots:
                if time.monotonic() >= self._stop_at or await self._pressure.look() or not queue:
                    return
                await self._turn(queue.popleft())

    async def _turn(self, feed: Feed) -> None:
        state = self._states[feed.id]
        open_addresses, due_ms = (
            await self._open(feed, state) if feed.fallback else self._only_address(feed, state)
        )
        if not open_addresses:
            due_ms += int(random.random() * _SPREAD_S * 1000)
            self._updates.append(feeds.StateUpdate(feed.id, {}, due_ms))
            return
        await self._count(feed, await self._visitor.visit(feed, state, open_addresses))
        if len(self._updates) + len(self._notes) >= _FLUSH_AT:
            await self._flush()

    def _only_address(self, feed: Feed, state: FeedState) -> tuple[list[str], int]:
        """The same for a feed without fallbacks."""
        paused_until_ms = self._pauses.until_ms(addresses.request_url(feed, state, feed.url))
        return ([], paused_until_ms) if paused_until_ms else ([feed.url], 0)

    async def _open(self, feed: Feed, state: FeedState) -> tuple[list[str], int]:
        """The addresses that may be requested now; if there are none, the time (ms) when one may be."""
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
        if self._on_progress is not None:
            self._on_progress(self._polled, self._chosen)

    async def _flush(self) -> None:
        updates, self._updates = self._updates, []
        notes, self._notes = self._notes, []
        figures, self._figures = self._figures, []
        if updates or notes or figures:
            await feeds.write_updates(self._services.redis, updates, notes, figures)
