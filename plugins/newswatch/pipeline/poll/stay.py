"""The poll stage as a resident: one shard of the feeds, each polled when it is due, for a shift.

A shard owns the hosts whose hash falls to it, so that a host's pace holds, under a lease that every claim checks. It
knows its feeds' due times by heart; what else it needs to know of a feed is read before each visit, since validators
are worth nothing without the records that they were stored with. New and edited feeds are found within seconds, and
so is a feed that somebody wants polled now.
"""

from __future__ import annotations

import heapq
import math
import time
from collections.abc import Collection, Iterable, Mapping
from zlib import crc32

from newswatch.errors import RedisFull
from newswatch.models import Feed
from newswatch.pipeline.base import notices
from newswatch.pipeline.base.configuration import Share, shard_in_force
from newswatch.pipeline.base.services import Services
from newswatch.pipeline.base.shift import Shift
from newswatch.pipeline.base.shift_work import hold_stage, work_shift
from newswatch.pipeline.poll.cycle import Cycle, PollCounts
from newswatch.pipeline.poll.host_moves import HostMoves
from newswatch.pipeline.poll.release_windows import ReleaseWindows
from newswatch.pipeline.poll.run import polling
from newswatch.store import feeds
from newswatch.store.clock import went_back
from newswatch.store.codec import to_ms
from newswatch.store.epoch import server_run
from newswatch.store.leases import Lease

LOOK_S = 1.0
"""How often it looks for another configuration, for feeds that are wanted now, and for another Redis."""
TAKE_S = 0.1
"""Feeds that become due within this time are taken together, which saves round trips to Redis."""
WINDOW_S = 0.25
"""How often it looks for feeds to poll while a release window is open."""
IN_HAND_S = 3.0
"""How long visits may still take at the end of a shift."""
NOT_NOW_MS = 1_000
"""A feed that could not be visited is tried again after this time."""
BACK_MS = 5_000
"""If the time goes back by more, the due times are read again: another process may have corrected them."""
SPREAD_FROM, SPREAD_MS = 100, 20_000
"""So many feeds that are polled for the first time are spread over this time."""


async def stay_polling(shift: Shift, share: Share) -> PollCounts:
    """Poll the shard's feeds as they become due, until the shift is over.

    Raises StageRed, and errors of Redis that do not pass.
    """
    services, total = shift.services, PollCounts()
    at_work: Cycle | None = None

    def counts() -> PollCounts:
        return total if at_work is None else total + at_work.counts()

    shift.counts = lambda: counts().as_dict()

    async def read(services: Services) -> tuple[Feed, ...] | None:
        return await shard_in_force(services, share)

    async def work(mine: tuple[Feed, ...], lease: Lease) -> None:
        nonlocal total, at_work
        plan, moves = _Plan(services), HostMoves(services, share)

        def done(feed: Feed, due_ms: int | None, failures: int) -> None:
            plan.windows.polled(feed.id, failures)
            if not moves.has(feed):
                plan.drop(feed.id)
            plan.put(feed.id, to_ms(services.clock()) + NOT_NOW_MS if due_ms is None else due_ms)

        async with polling(services, lambda: shift.over, done, lease, moves.read_from) as cycle:
            at_work = cycle
            try:
                await _stay(shift, cycle, plan, moves, share, mine)
                await cycle.end(IN_HAND_S)
            except RedisFull as error:
                await notices.raise_notice(services, notices.FULL_CAUSE, str(error))
                shift.waiting(str(error))
                await shift.causes({notices.FULL_CAUSE: str(error)})
                await shift.wait(LOOK_S)
            finally:
                total, at_work = counts(), None

    await work_shift(shift, lambda: hold_stage(shift, read, work))
    await shift.verdict(str(total.as_dict()))
    return total


async def _stay(
    shift: Shift, cycle: Cycle, plan: _Plan, moves: HostMoves, share: Share, configured: tuple[Feed, ...]
) -> None:
    """Poll until the shift is over or Redis is another server."""
    services = shift.services
    redis, server = services.redis, (await server_run(services.redis)).run
    await moves.look()
    await plan.adopt(await moves.mine(configured))
    polled, last_ms = 0, 0
    look_at = time.monotonic()
    while not shift.over:
        now_ms = to_ms(services.clock())
        if time.monotonic() >= look_at:
            look_at = time.monotonic() + LOOK_S
            if (await server_run(redis)).run != server:
                return
            newer = await shard_in_force(services, share)
            went = await went_back(redis, now_ms) or now_ms < last_ms - BACK_MS
            last_ms = now_ms
            moved = await moves.look()
            if went or moved or (newer is not None and newer is not configured):
                configured = configured if newer is None else newer
                await plan.adopt(await moves.mine(configured))
            await plan.windows.report_late(services.clock())
            plan.hurry(await feeds.wanted_now(redis, plan.ids()), now_ms)
            await shift.causes({})
        hurried = await plan.windows.due(now_ms)
        plan.bring_forward(hurried)
        if due := plan.take(now_ms):
            await cycle.take(plan.feeds(due), due)
        if cycle.counts().polled > polled:
            polled = cycle.counts().polled
            shift.did()
        await cycle.tidy()
        now_ms = to_ms(services.clock())
        due_s = (plan.next_ms(now_ms) - now_ms) / 1000
        most_s = WINDOW_S if hurried else look_at - time.monotonic()
        await shift.wait(min(max(due_s, TAKE_S), most_s))


class _Plan:
    """When each of the shard's feeds is due. A feed in hand is being polled, and is planned again when that is done."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self.windows = ReleaseWindows(services)
        self._feeds: dict[str, Feed] = {}
        self._due: dict[str, float] = {}
        self._in_hand: set[str] = set()
        self._heap: list[tuple[float, str]] = []

    def ids(self) -> Collection[str]:
        """The shard's feeds."""
        return self._feeds.keys()

    async def adopt(self, mine: Iterable[Feed]) -> None:
        """These are the shard's feeds now, with the due times that Redis has."""
        now_ms = to_ms(self._services.clock())
        self._feeds = {feed.id: feed for feed in mine}
        self._due = await feeds.read_due(self._services.redis, list(self._feeds))
        fresh = [feed_id for feed_id in self._feeds if not self._due.get(feed_id)]
        spread_ms = SPREAD_MS if len(fresh) >= SPREAD_FROM else 1
        self._due |= {feed_id: now_ms + crc32(feed_id.encode()) % spread_ms for feed_id in fresh}
        self._heap = [(self._due[feed_id], feed_id) for feed_id in self._feeds.keys() - self._in_hand]
        heapq.heapify(self._heap)
        self.windows.adopt(self._feeds.values())

    def take(self, now_ms: int) -> dict[str, float]:
        """The feeds that are due, with their due times. They are in hand from now on."""
        found = {}
        while self._heap and self._heap[0][0] <= now_ms:
            due_ms, feed_id = heapq.heappop(self._heap)
            if self._due.get(feed_id) == due_ms and feed_id not in self._in_hand:
                self._in_hand.add(feed_id)
                found[feed_id] = due_ms
        self.windows.begun(found, now_ms)
        return found

    def feeds(self, feed_ids: Iterable[str]) -> list[Feed]:
        """These feeds."""
        return [self._feeds[feed_id] for feed_id in feed_ids]

    def drop(self, feed_id: str) -> None:
        """The feed is not the shard's any more."""
        self._feeds.pop(feed_id, None)

    def put(self, feed_id: str, due_ms: float) -> None:
        """The feed is due then, and not in hand any more."""
        self._in_hand.discard(feed_id)
        if feed_id in self._feeds:
            self._due[feed_id] = due_ms
            heapq.heappush(self._heap, (due_ms, feed_id))

    def hurry(self, feed_ids: Iterable[str], now_ms: int) -> None:
        """These feeds are wanted now. One in hand is being polled anyway."""
        for feed_id in feed_ids:
            if feed_id not in self._in_hand:
                self.put(feed_id, now_ms)

    def bring_forward(self, due_ms: Mapping[str, float]) -> None:
        """These feeds are due then at the latest."""
        for feed_id, at_ms in due_ms.items():
            if feed_id not in self._in_hand and at_ms < self._due.get(feed_id, 0):
                self.put(feed_id, at_ms)

    def next_ms(self, now_ms: int) -> float:
        """When the next feed is due, or the next release window begins."""
        due_ms = self._heap[0][0] if self._heap else math.inf
        return min(due_ms, self.windows.next_ms(now_ms))
