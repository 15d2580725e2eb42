"""Works a shift: again and again while Redis comes and goes, and under the stage's lease.

`work_shift` runs the work until the shift is over. `hold_stage` is what each stage's work begins with: the configuration in
force, and the lease.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass
from typing import TypeVar

from newswatch.code_version import LOADED, version_on_disk
from newswatch.config.codec import UnreadableBundle
from newswatch.errors import LeaseLost, RedisRefused, RedisUnavailable
from newswatch.pipeline.base import notices
from newswatch.pipeline.base.adoption import adopt_config
from newswatch.pipeline.base.configuration import receivers_in_force
from newswatch.pipeline.base.services import Services
from newswatch.pipeline.base.shift import Shift
from newswatch.pipeline.base.stage_lease import lease_s
from newswatch.store.client import redis_errors
from newswatch.store.leases import Lease, under
from newswatch.store.server import check_server

log = logging.getLogger("newswatch.shift")

AWAY_S = 30.0
"""An outage of Redis that lasts this long is reported."""
LOOK_AGAIN_S = 1.0
"""How long it waits for a configuration, or for the lease."""
BACK_OFF_S = (0.2, 0.5, 1.0, 2.0, 5.0)
"""Pauses while Redis is away. The last one repeats."""

T = TypeVar("T")


async def work_shift(shift: Shift, work: Callable[[], Awaitable[None]]) -> None:
    """Run `work` until the shift is over, and again whenever it returns before that.

    While Redis is away it waits, with growing pauses, and notifies ops by log and webhook. Raises the other errors of
    `work`.
    """
    if version_on_disk() != LOADED:
        log.warning(
            "the code on disk is newer than the code that this process was started with: restart the scheduler and the workers"
        )
    away, begun = _Away(shift), False
    async with shift.under_watch():
        # A task that is tried again may have no time left, while the others work on.
        await shift.try_check(shift.look_for_windows)
        while not shift.finished:
            if shift.over:
                await shift.rest()
                continue
            try:
                await check_server(shift.services.redis)
                await away.over()
                begun = True
                await work()
            except RedisUnavailable as error:
                await away.pause(error)
            except LeaseLost as error:
                log.warning("%s", error)
                await shift.wait(BACK_OFF_S[0])
            except Exception:
                # What a newer release has stored since may be refused, or not be understood, in any place. All else is raised.
                if not begun or not await _is_outgrown(shift):
                    raise


async def _is_outgrown(shift: Shift) -> bool:
    try:
        return await shift.look_for_schema()
    except (RedisUnavailable, RedisRefused):
        return False


async def hold_stage(
    shift: Shift,
    read: Callable[[Services], Awaitable[T | None]],
    work: Callable[[T, Lease], Coroutine[None, None, None]],
    *,
    least_lease_s: float = 0.0,
) -> None:
    """Do `work` while this process holds the stage's lease, with what `read` reads of the configuration in force.

    Without a configuration, or if another process holds the lease, it waits a moment and returns. A configuration that
    another release stored is made again from the files. Raises LeaseLost, and the errors of Redis.
    """
    services = shift.services
    try:
        receivers = await receivers_in_force(services)
        needed = None if receivers is None else await read(services)
    except UnreadableBundle as error:
        # The release before stored it. Poll and check_config may be minutes away.
        if (await adopt_config(services)).bundle is None:
            shift.waiting(str(error))
            await shift.wait(LOOK_AGAIN_S)
        return
    if receivers is None or needed is None:
        shift.waiting("No configuration is in force yet.")
        await shift.wait(LOOK_AGAIN_S)
        return
    with redis_errors():
        lease = Lease(
            services.redis,
            shift.stage,
            max(lease_s(receivers), least_lease_s),
            run=shift.run,
            attempt=shift.attempt,
            holder=shift.process,
        )
        if not await lease.take(wait_s=LOOK_AGAIN_S):
            shift.waiting(f"Another process works the {shift.stage} stage.")
            return
        try:
            shift.working()
            await under(lease, work(needed, lease))
        finally:
            await lease.release()


@dataclass
class _Away:
    """Redis is away: wait with growing pauses, and notify ops once, by log and webhook."""

    shift: Shift
    since: float | None = None
    times: int = 0
    notified: bool = False

    async def pause(self, error: RedisUnavailable) -> None:
        """It was away just now."""
        shift = self.shift
        self.since = time.monotonic() if self.since is None else self.since
        shift.waiting(f"Redis is away: {error}")
        shift.went_wrong(f"Redis is away: {error}")
        # One stage notifies: the one that sends.
        if shift.stage == "deliver" and not self.notified and time.monotonic() - self.since > AWAY_S:
            self.notified = True
            text = f"Redis is away: {error} Nothing is polled, matched or sent. Nothing is lost."
            await notices.raise_notice(shift.services, "redis", text)
        elif not self.times:
            log.warning("Redis is away: %s", error)
        await shift.wait(BACK_OFF_S[min(self.times, len(BACK_OFF_S) - 1)])
        self.times += 1

    async def over(self) -> None:
        """It answers."""
        if not self.times:
            return
        log.warning("Redis can be used again")
        if self.notified:
            await notices.notify_once(self.shift.services, "redis-again", "Redis can be used again.")
        self.since, self.times, self.notified = None, 0, False
