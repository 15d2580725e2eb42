"""The deliver stage as a resident: it waits for the next message that is due, and sends it at once.

The work itself is that of `newswatch.pipeline.deliver.run`: one worker for each channel with something to do.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from newswatch.models import Ruleset
from newswatch.pipeline.base.configuration import rules_in_force
from newswatch.pipeline.base.shift import Shift
from newswatch.pipeline.base.shift_work import hold_stage, work_shift
from newswatch.pipeline.deliver.breaker import CAUSE
from newswatch.pipeline.deliver.edits import Edits
from newswatch.pipeline.deliver.lateness import compare_clocks, report_lateness
from newswatch.pipeline.deliver.probe import probe
from newswatch.pipeline.deliver.reminders import queue_reminders
from newswatch.pipeline.deliver.run import (
    DeliverCounts,
    deliver_channel,
    delivery_run,
    may_begin,
    queued_messages,
    without_sender,
)
from newswatch.pipeline.deliver.run_state import DeliveryRun
from newswatch.pipeline.deliver.updates import bring_up_to_date
from newswatch.pipeline.deliver.withdrawal import current_conditions
from newswatch.store import outbox
from newswatch.store.epoch import server_run
from newswatch.store.leases import Lease

LINGER_S = 0.5
"""A channel keeps its worker if its next message is due within this time."""
_EDITS, _PROBE = "edits", "probe"
"""Names of two workers; the others are named by their channels."""
LOOK_S = 30.0
"""How often clocks, the workspace and late channels are checked."""
IN_HAND_S = 3.0
"""How long a request that was begun may still take to be answered at the end of a shift."""
LONGEST_WAIT_S = 5.0
"""The longest wait for news before queues are read again: less than the socket timeout of Redis."""


async def stay_delivering(shift: Shift) -> DeliverCounts:
    """Send messages as they become due, until the shift is over.

    With another Redis everything is read again. Raises StageRed, and errors of Redis that do not pass.
    """
    services, total = shift.services, DeliverCounts()
    shift.chores = (Edits(shift).apply,)
    at_work: DeliveryRun | None = None

    def counts() -> DeliverCounts:
        """Of the whole shift so far; the queue is not counted again."""
        run = at_work
        return total if run is None else total + DeliverCounts(run.sent, run.retrying, run.dead, total.queued)

    shift.counts = lambda: counts().as_dict()

    async def work(bundle: Ruleset, lease: Lease) -> None:
        nonlocal total, at_work
        if services.sender is None:
            shift.waiting("No Slack token.")
            if problems := (await without_sender(services)).problems:
                shift.waiting(problems[0])
                await shift.causes({"slack": problems[0]})
            await shift.wait(LONGEST_WAIT_S)
            return
        async with delivery_run(services, services.sender, bundle, lease, shift.stop_at) as run:
            at_work = run
            try:
                await _stay(run, shift)
            finally:
                total, at_work = counts(), None
        total = replace(total, queued=await queued_messages(services))

    await work_shift(shift, lambda: hold_stage(shift, rules_in_force, work))
    await shift.verdict(str(total.as_dict()))
    return total


async def _stay(run: DeliveryRun, shift: Shift) -> None:
    """Keep a worker for each channel with something to do, until the shift is over or Redis is another server."""
    redis, services = run.services.redis, run.services
    server = (await server_run(redis)).run
    workers = _Workers(run, shift)
    news: asyncio.Future[bool] | None = None
    halting = asyncio.ensure_future(shift.wait(shift.left_s))
    sent, looked_at = 0, time.monotonic()
    allowed = await may_begin(run)
    try:
        while not shift.over:
            if (await server_run(redis)).run != server:
                return
            run.bundle = await rules_in_force(services) or run.bundle
            run.stop_at = shift.stop_at
            if halting.done():  # the shift lasts longer than it was planned
                halting = asyncio.ensure_future(shift.wait(LOOK_S))
            wait_s = await workers.start() if allowed else LONGEST_WAIT_S
            news = news or asyncio.ensure_future(outbox.wait_for_news(redis, LONGEST_WAIT_S))
            await workers.wait({news, halting}, wait_s)
            if news.done():
                news.result()
                news = None
            if run.sent > sent:
                sent = run.sent
                shift.did()
            if time.monotonic() - looked_at > LOOK_S:
                looked_at = time.monotonic()
                await services.read_clock()
                allowed = await may_begin(run)
                await report_lateness(run)
                await compare_clocks(run)
            await shift.causes(run.causes)
        if run.breaker.is_open:
            shift.lasting(CAUSE, await run.breaker.text())
    finally:
        await workers.end([halting, *([news] if news else [])])


class _Workers:
    """A task for each channel with something to do, one for edits, and one that probes while Slack is away."""

    def __init__(self, run: DeliveryRun, shift: Shift) -> None:
        self._run = run
        self._shift = shift
        self._tasks: dict[str, asyncio.Future[Any]] = {}

    async def start(self) -> float:
        """Start those that are missing. Returns the seconds until the next one is wanted."""
        run = self._run
        redis, now_ms = run.services.redis, run.now_ms()
        run.stopped = False
        if run.breaker.is_open:
            if not self._tasks:
                self._tasks[_PROBE] = asyncio.ensure_future(probe(run, self._shift.stop_at, LONGEST_WAIT_S))
            return LONGEST_WAIT_S
        await current_conditions(run)
        await queue_reminders(run)
        if _EDITS not in self._tasks and await outbox.due_updates(redis, now_ms):
            self._tasks[_EDITS] = asyncio.ensure_future(bring_up_to_date(run, LONGEST_WAIT_S))
        idle = [name for name in await outbox.channels_with_queue(redis) if name not in self._tasks]
        workspace = await outbox.read_workspace_pause(redis)
        wait_s = LONGEST_WAIT_S
        for state in await outbox.read_channels(redis, idle, most=1):
            if not state.due:
                continue
            due_ms = max(state.due[0][1], state.pause.until_ms, workspace.until_ms)
            left_s = (due_ms - now_ms) / 1000
            if left_s > LINGER_S:
                wait_s = min(wait_s, left_s - LINGER_S / 2)
                continue
            work = deliver_channel(run, state.channel, 0.0, self._shift.stop_at, LINGER_S)
            self._tasks[state.channel] = asyncio.ensure_future(work)
        return wait_s

    async def wait(self, others: set[asyncio.Future[Any]], seconds: float) -> None:
        """Wait until a worker or one of the others is done, for `seconds` at most. Raises what a worker raised."""
        awaited = {*self._tasks.values(), *others}
        await asyncio.wait(awaited, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        for name, task in list(self._tasks.items()):
            if task.done():
                del self._tasks[name]
                task.result()

    async def end(self, others: Sequence[asyncio.Future[Any]]) -> None:
        """Give what is in hand a moment to be recorded, then cancel the rest. What became of that is found out later."""
        if self._tasks:
            await asyncio.wait(self._tasks.values(), timeout=IN_HAND_S)
        tasks = [*self._tasks.values(), *others]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
