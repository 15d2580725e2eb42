"""Leases: one process at a time runs a stage. A process that lost its lease hands nothing over."""

from __future__ import annotations

import asyncio
import secrets
import time
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field

from redis.asyncio import Redis

from newswatch.errors import LeaseLost
from newswatch.store import keys
from newswatch.store.client import script_of


@dataclass
class Lease:
    """The right to run one stage for `duration_s`, renewable. `token` is its fence.

    With `run` and `attempt` a later try of a run need not wait for the end of an earlier one's lease: that try was killed,
    or ends soon. It can hand nothing over and begin no message any more. What it had begun is looked up after the grace
    period, as after any kill. With `holder` the same process need not wait for its own, which it could not give up because
    Redis was away.

    `held_until` is on the monotonic clock. It is never later than the timeout in Redis, because it counts from before the
    request was sent.
    """

    redis: Redis
    stage: str
    duration_s: float
    monotonic: Callable[[], float] = time.monotonic
    run: str = ""
    attempt: int = 0
    holder: str = ""
    held_until: float = 0.0
    token: str = field(init=False)

    def __post_init__(self) -> None:
        self.token = f"{self.run}#{self.attempt}#{self.holder}#{secrets.token_hex(8)}"

    @property
    def key(self) -> str:
        """The key whose token scripts check."""
        return keys.lease(self.stage)

    async def _call(self, action: str) -> int:
        started = self.monotonic()
        script = script_of(self.redis, "lease")
        args = [self.token, action, int(self.duration_s * 1000), self.run, self.attempt, self.holder]
        answer = int(await script(keys=[self.key], args=args))
        if answer == 1 and action != "release":
            self.held_until = started + self.duration_s
        return answer

    async def take(self, wait_s: float) -> bool:
        """Take it. Waits at most `wait_s` for a holder that died or is about to finish."""
        give_up = self.monotonic() + wait_s
        while (answer := await self._call("take")) != 1:
            left_s = give_up - self.monotonic()
            if left_s <= 0:
                return False
            await asyncio.sleep(min(max(-answer / 1000, 0.05), left_s, 0.25))
        return True

    async def renew(self) -> None:
        """Prolong it. Raises LeaseLost if another process has it."""
        if await self._call("renew") != 1:
            self.held_until = 0.0
            raise LeaseLost(f"another process runs the {self.stage} stage now and continues the work")

    async def release(self) -> None:
        """Give it up. Does nothing if another process has it."""
        await self._call("release")
        self.held_until = 0.0

    def left_s(self) -> float:
        """For how many seconds it is certainly still ours."""
        return self.held_until - self.monotonic()


async def under(lease: Lease, work: Coroutine[None, None, None]) -> None:
    """Do the work and renew the lease meanwhile. If it is lost, stop the work and raise LeaseLost."""
    working = asyncio.ensure_future(work)
    keeping = asyncio.ensure_future(_keep(lease, working))
    try:
        done, _ = await asyncio.wait({working, keeping}, return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            task.result()
    finally:
        for task in (working, keeping):
            task.cancel()
        await asyncio.gather(working, keeping, return_exceptions=True)


async def _keep(lease: Lease, working: asyncio.Future[None]) -> None:
    # Not `while True`: before Python 3.12 `asyncio.wait_for`, by which redis-py sends, may swallow a
    # cancellation, and this would never end.
    while not working.done():
        await asyncio.sleep(lease.duration_s / 3)
        await lease.renew()
