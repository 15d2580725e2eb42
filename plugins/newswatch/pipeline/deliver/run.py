"""The deliver stage sends what is queued, one message a second per channel, each exactly once.

A message is frozen and marked `sending` in Redis before the request is made. If the process dies then, the
next one knows that the message may have been posted. After the grace period it looks for the message id in
the channel's history, and either records what it finds or sends the message again. One process delivers at
a time (a fenced lease), and none sends unless its lease outlasts the request.
"""

from __future__ import annotations

import asyncio
import logging
import random
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass, field

from newswatch.errors import LeaseLost
from newswatch.models import Ruleset
from newswatch.pipeline.base import notices
from newswatch.pipeline.base.configuration import rules_in_force
from newswatch.pipeline.base.sender import NO_TOKEN, SenderAddress
from newswatch.pipeline.base.services import Services
from newswatch.pipeline.base.stage_lease import lease_s
from newswatch.pipeline.deliver.backlog import catch_up
from newswatch.pipeline.deliver.breaker import CAUSE, Breaker
from newswatch.pipeline.deliver.courier import Courier
from newswatch.pipeline.deliver.lateness import compare_clocks, report_lateness
from newswatch.pipeline.deliver.probe import probe
from newswatch.pipeline.deliver.recall import make_sure
from newswatch.pipeline.deliver.reminders import queue_reminders
from newswatch.pipeline.deliver.run_state import Budget, DeliveryRun
from newswatch.pipeline.deliver.updates import bring_up_to_date
from newswatch.pipeline.deliver.withdrawal import current_conditions, may_return
from newswatch.pipeline.deliver.workspace import may_send
from newswatch.store import breaker, outbox, reminders
from newswatch.store.client import redis_errors
from newswatch.store.clock import went_back
from newswatch.store.codec import to_ms
from newswatch.store.leases import Lease, under

log = logging.getLogger("newswatch.deliver")

LINGER_S = 6.0
"""A run waits for what will be due within this time: collected replies, a first retry."""
AHEAD_MS = 100
"""A message is prepared this long before its turn, so that it is sent on time."""
REQUEST_SHARE = 0.6
"""A request ends within this share of the lease, so that it cannot outlast it."""
STAGGER_FROM = 10
"""With at least this many channels, their first messages are spread over one interval."""


@dataclass(frozen=True, slots=True)
class DeliverCounts:
    """The result of a run. `problems` is not empty if somebody has to act."""

    sent: int = 0
    retrying: int = 0
    dead: int = 0
    queued: int = 0
    problems: tuple[str, ...] = field(default=())

    def __add__(self, later: DeliverCounts) -> DeliverCounts:
        """Both runs together; the queue is as the later one found it."""
        return DeliverCounts(
            self.sent + later.sent,
            self.retrying + later.retrying,
            self.dead + later.dead,
            later.queued,
            tuple(dict.fromkeys((*self.problems, *later.problems))),
        )

    def as_dict(self) -> dict[str, int]:
        """For `--json` and XCom."""
        counts = asdict(self)
        counts.pop("problems")
        return counts


async def run_deliver(
    services: Services,
    *,
    deadline_s: float = 50.0,
    linger_s: float = LINGER_S,
    on_progress: Callable[[int, int], None] | None = None,
) -> DeliverCounts:
    """Send what is due, and what falls due within `linger_s`; end by itself in any case.

    Raises RedisUnavailable. Slack's troubles are in the counts' `problems`.
    """
    bundle = await rules_in_force(services)
    with redis_errors():
        if services.sender is None:
            return await without_sender(services)
        if bundle is None or not await _anything(services, bundle):
            return DeliverCounts()
        lease = Lease(services.redis, "deliver", lease_s(bundle.receivers))
        if not await lease.take(wait_s=lease.duration_s * 1.5):
            return DeliverCounts(queued=await queued_messages(services))
        stop_at = time.monotonic() + deadline_s
        async with delivery_run(services, services.sender, bundle, lease, stop_at) as run:
            run.on_progress = on_progress
            try:
                await under(lease, _drain(run, run.stop_at, linger_s))
                await report_lateness(run)
                await compare_clocks(run)
            except LeaseLost as error:
                log.warning("%s", error)
            finally:
                await lease.release()
            if run.breaker.is_open:
                run.problem(CAUSE, await run.breaker.text())
        return DeliverCounts(
            run.sent, run.retrying, run.dead, await queued_messages(services), tuple(run.causes.values())
        )


@asynccontextmanager
async def delivery_run(
    services: Services, address: SenderAddress, bundle: Ruleset, lease: Lease, stop_at: float
) -> AsyncIterator[DeliveryRun]:
    """A run with an open sender, whose requests end before the lease does. `stop_at` is on the monotonic clock."""
    timeout_s = min(address.timeout_s, lease.duration_s * REQUEST_SHARE)
    async with address.open(timeout_s) as sender:
        yield DeliveryRun(
            services,
            bundle,
            sender,
            lease,
            timeout_s,
            Budget(services.settings.slack_rate),
            Breaker(services, await breaker.read(services.redis), grace_s(bundle)),
            stop_at=stop_at,
        )


async def without_sender(services: Services) -> DeliverCounts:
    """There is no Slack token: notify ops if messages wait."""
    queued = await queued_messages(services)
    if not queued:
        return DeliverCounts()
    await notices.raise_notice(services, "slack", NO_TOKEN)
    return DeliverCounts(queued=queued, problems=(NO_TOKEN,))


async def queued_messages(services: Services) -> int:
    """How many messages wait, in all channels."""
    return sum((await outbox.queue_lengths(services.redis)).values())


async def _anything(services: Services, bundle: Ruleset) -> bool:
    if await outbox.channels_with_queue(services.redis):
        return True
    now_ms = to_ms(services.clock())
    if await outbox.due_updates(services.redis, now_ms) or await reminders.due(services.redis, now_ms):
        return True
    if (await breaker.read(services.redis)).is_open:
        return True
    return await may_return(services, bundle)


def grace_s(bundle: Ruleset) -> float:
    """The longest grace period of all receivers, which the breaker's pauses depend on."""
    return max((receiver.grace_s for receiver in bundle.receivers), default=60.0)


async def may_begin(run: DeliveryRun) -> bool:
    """Whether this Redis belongs to the workspace that messages are sent to; if not, the run has a problem."""
    await went_back(run.services.redis, run.now_ms())
    refused = None if run.breaker.is_open else await may_send(run.services, run.sender)
    if refused is not None and refused.level == "error":
        run.problem("workspace", refused.text)
        return False
    run.causes.pop("workspace", None)
    return True


async def _drain(run: DeliveryRun, stop_at: float, linger_s: float) -> None:
    """Work all channels at once, until nothing is due soon or the time is up. While Slack is away, only probe."""
    if not await may_begin(run):
        return
    while time.monotonic() < stop_at and not run.stopped:
        if not run.breaker.is_open:
            await _work(run, stop_at, linger_s)
        if not run.breaker.is_open or not await probe(run, stop_at, linger_s):
            break
    await bring_up_to_date(run, linger_s)


async def _work(run: DeliveryRun, stop_at: float, linger_s: float) -> None:
    workers: dict[str, asyncio.Future[None]] = {}
    await current_conditions(run)
    try:
        while time.monotonic() < stop_at and not run.stopped:
            await queue_reminders(run)
            found = [] if run.halted else await _at_hand(run, linger_s)
            channels = [channel for channel in found if channel not in workers]
            for number, channel in enumerate(channels):
                spread_s = (
                    number / len(channels) * run.interval_s(channel) if len(channels) > STAGGER_FROM else 0.0
                )
                workers[channel] = asyncio.ensure_future(
                    deliver_channel(run, channel, spread_s, stop_at, linger_s)
                )
            if not workers:
                break
            done, _ = await asyncio.wait(workers.values(), timeout=1.0, return_when=asyncio.FIRST_COMPLETED)
            for channel, task in list(workers.items()):
                if task in done:
                    task.result()
                    del workers[channel]
    finally:
        for task in workers.values():
            task.cancel()
        await asyncio.gather(*workers.values(), return_exceptions=True)


async def _at_hand(run: DeliveryRun, linger_s: float) -> list[str]:
    """The channels with something to do within the linger time. The others need no worker yet."""
    redis = run.services.redis
    states = await outbox.read_channels(redis, await outbox.channels_with_queue(redis), most=1)
    workspace = await outbox.read_workspace_pause(redis)
    horizon = run.now_ms() + linger_s * 1000
    return [
        state.channel
        for state in states
        if state.due and max(state.due[0][1], state.pause.until_ms, workspace.until_ms) <= horizon
    ]


async def deliver_channel(
    run: DeliveryRun, channel: str, spread_s: float, stop_at: float, linger_s: float
) -> None:
    """One channel's queue, in order of due time, at its pace."""
    courier = Courier(run)
    await asyncio.sleep(spread_s * random.uniform(0.9, 1.0))
    while time.monotonic() < stop_at and not run.halted:
        state = await outbox.next_turn(run.services.redis, channel, run.now_ms())
        if not state.due:
            return
        message_id, due_ms = state.due[0]
        now_ms = to_ms(run.services.clock())
        held_ms = max(due_ms, state.pause.until_ms) - now_ms
        if held_ms > linger_s * 1000:
            return
        wait_s = max(held_ms, state.next_at_ms - now_ms - AHEAD_MS) / 1000
        if wait_s > 0:
            await asyncio.sleep(min(wait_s, max(stop_at - time.monotonic(), 0.0)))
            continue
        if not await make_sure(run, channel, message_id):
            return
        server = run.server
        if await catch_up(run, channel):
            continue
        await courier.handle(channel, message_id, state.next_at_ms, server)
