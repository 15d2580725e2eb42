"""The deliver stage as a resident: it waits for the next message that is due, and sends it at once.

The work itself is that of `newswatch.pipeline.deliver.run`: one worker for each channel with something to do.
"""

from __future__ import annotations

import asyncio
from collections.abc import Hashable
from dataclasses import replace
from typing import Any

from newswatch.config.load import folder_signature
from newswatch.pipeline.base.adoption import adopt_config
from newswatch.pipeline.base.configuration import in_force
from newswatch.pipeline.base.services import Services
from newswatch.pipeline.base.shift import Shift, work_shift
from newswatch.pipeline.base.stage_lease import lease_s
from newswatch.pipeline.deliver.run import (
    REQUEST_SHARE,
    DeliverCounts,
    deliver_channel,
    queued_messages,
    without_sender,
)
from newswatch.pipeline.deliver.run_state import Budget, DeliveryRun
from newswatch.pipeline.deliver.updates import bring_up_to_date
from newswatch.store import outbox
from newswatch.store.client import redis_errors
from newswatch.store.epoch import server_run
from newswatch.store.leases import Lease, under

LINGER_S = 0.5
"""A channel keeps its worker if its next message is due within this time."""
LONGEST_WAIT_S = 5.0
"""How long nothing is looked at if nothing is announced: less than the socket timeout of Redis."""


async def stay_delivering(shift: Shift) -> DeliverCounts:
    """Send messages as they become due, until the shift is over.

    Nothing that is remembered outlives Redis. Raises StageRed, and errors of Redis that do not pass.
    """
    services, total = shift.services, DeliverCounts()
    shift.chore = _Edits(services).apply
    at_work: DeliveryRun | None = None

    def counts() -> DeliverCounts:
        """Of the whole shift so far; the queue is not counted again."""
        run = at_work
        return total if run is None else total + DeliverCounts(run.sent, run.retrying, run.dead, total.queued)

    shift.counts = lambda: counts().as_dict()

    async def work() -> None:
        nonlocal total, at_work
        bundle = await in_force(services)
        if services.sender is None or bundle is None:
            shift.waiting("No configuration is in force yet.")
            if services.sender is None and (problems := (await without_sender(services)).problems):
                shift.waiting(problems[0])
                await shift.causes({"slack": problems[0]})
            await shift.wait(LONGEST_WAIT_S)
            return
        with redis_errors():
            lease = Lease(services.redis, "deliver", lease_s(bundle))
            if not await lease.take(wait_s=1.0):
                shift.waiting("Another process delivers.")
                return
            timeout_s = min(services.sender.timeout_s, lease.duration_s * REQUEST_SHARE)
            async with services.sender.open(timeout_s) as sender:
                run = DeliveryRun(
                    services, bundle, sender, lease, timeout_s, Budget(services.settings.slack_rate)
                )
                try:
                    shift.working()
                    at_work = run
                    await under(lease, _stay(run, shift))
                finally:
                    total, at_work = counts(), None
                    await lease.release()
        total = replace(total, queued=await queued_messages(services))

    await work_shift(shift, work)
    await shift.verdict(str(total.as_dict()))
    return total


class _Edits:
    """Applies edited configuration files, once for each edit."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._seen: Hashable = None

    async def apply(self) -> None:
        seen = await asyncio.to_thread(folder_signature, self._services.config_dir)
        if seen != self._seen:
            await adopt_config(self._services)
            self._seen = seen


async def _stay(run: DeliveryRun, shift: Shift) -> None:
    """Keep a worker for each channel with something to do, until the shift is over or Redis is another server."""
    redis, services = run.services.redis, run.services
    server = await server_run(redis)
    workers: dict[str, asyncio.Future[None]] = {}
    news: asyncio.Future[bool] | None = None
    halting = asyncio.ensure_future(shift.wait(shift.left_s))
    sent = 0
    try:
        while not shift.over:
            if await server_run(redis) != server:
                return
            run.bundle = await in_force(services) or run.bundle
            wait_s = await _start_workers(run, shift, workers)
            news = news or asyncio.ensure_future(outbox.wait_for_news(redis, LONGEST_WAIT_S))
            awaited: set[asyncio.Future[Any]] = {*workers.values(), news, halting}
            await asyncio.wait(awaited, timeout=wait_s, return_when=asyncio.FIRST_COMPLETED)
            if news.done():
                news.result()
                news = None
            for name, task in list(workers.items()):
                if task.done():
                    task.result()
                    del workers[name]
            if run.sent > sent:
                sent = run.sent
                shift.did()
            await shift.causes(run.causes)
    finally:
        waiting: list[asyncio.Future[Any]] = [*workers.values(), halting, *([news] if news else [])]
        for task in waiting:
            task.cancel()
        await asyncio.gather(*waiting, return_exceptions=True)


_UPDATES = ""
"""The name of the worker that edits messages, among those named by channels."""


async def _start_workers(run: DeliveryRun, shift: Shift, workers: dict[str, asyncio.Future[None]]) -> float:
    """Start those that are missing. Returns the seconds until the next one is wanted."""
    redis, now_ms = run.services.redis, run.now_ms()
    run.stopped = False
    if _UPDATES not in workers and await outbox.due_updates(redis, now_ms):
        workers[_UPDATES] = asyncio.ensure_future(bring_up_to_date(run))
    idle = [channel for channel in await outbox.channels_with_queue(redis) if channel not in workers]
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
        workers[state.channel] = asyncio.ensure_future(
            deliver_channel(run, state.channel, 0.0, shift.stop_at, LINGER_S)
        )
    return wait_s
