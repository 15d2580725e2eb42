"""Leases: one process at a time works a stage, and a process that lost its lease hands nothing over."""

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
    """The right to work one stage for `duration_s`, renewable; `token` is its fence.

    `held_until` is on the monotonic clock and never later than Redis's own time-out, because it
    is counted from before the request left.
    """

    redis: Redis
    stage: str
    duration_s: float
    monotonic: Callable[[], float] = time.monotonic
    token: str = field(default_factory=lambda: secrets.token_hex(8))
    held_until: float = 0.0

    @property
    def key(self) -> str:
        """The key that scripts check against the token."""
        return keys.lease(self.stage)

    async def _call(self, action: str) -> int:
        started = self.monotonic()
        script = script_of(self.redis, "lease")
        args: list[str | int] = [self.token, action, int(self.duration_s * 1000)]
        answer = int(await script(keys=[self.key], args=args))
        if answer == 1 and action != "release":
            self.held_until = started + self.duration_s
        return answer

    async def take(self, wait_s: float) -> bool:
        """Take it, waiting at most `wait_s` for a holder that died or finishes."""
        give_up = self.monotonic() + wait_s
        while (answer := await self._call("take")) != 1:
            left_s = give_up - self.monotonic()
            if left_s <= 0:
                return False
            await asyncio.sleep(min(max(-answer / 1000, 0.05), left_s, 0.25))
        return True

    async def renew(self) -> None:
        """Prolong it; LeaseLost when another process has it."""
        if await self._call("renew") != 1:
            self.held_until = 0.0
            raise LeaseLost(f"the {self.stage} stage is worked by another process now; it goes on there")

    async def release(self) -> None:
        """Give it up; harmless when it is another's."""
        await self._call("release")
        self.held_until = 0.0

    def left_s(self) -> float:
        """How long it is surely still ours, in seconds."""
        return self.held_until - self.monotonic()


async def under(lease: Lease, work: Coroutine[None, None, None]) -> None:
    """Do the work while the lease is kept alive; stop it and raise LeaseLost when the lease is lost."""
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
