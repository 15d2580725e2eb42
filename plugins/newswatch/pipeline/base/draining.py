"""Draining: the residents finish what is in hand and begin nothing new, until they may work again."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from newswatch.errors import PermanentError, RedisRefused, RedisUnavailable
from newswatch.pipeline.base.services import Services
from newswatch.pipeline.base.silence import is_there
from newswatch.residents import resident_stages
from newswatch.store import pulses
from newswatch.store.client import redis_errors
from newswatch.store.pulses import DrainRequest, Pulse

LOOK_S = 0.2
WAIT_S = 60.0
"""How long `resting` waits for them."""
RENEWED_S, LASTS_S = 10, 60
"""How often the request of `resting` is renewed, and when it is over if this process was killed."""


async def drain(services: Services, by: str, wait_s: float, *, for_s: int | None = None) -> list[Pulse]:
    """Ask the residents to drain, and wait. Returns those that are still at work after `wait_s`."""
    give_up = time.monotonic() + wait_s
    with redis_errors():
        await pulses.ask_to_drain(services.redis, DrainRequest(by, services.clock()), for_s=for_s)
        while busy := [
            pulse
            for pulse in await pulses.read(services.redis, resident_stages(services.settings.poll_shards))
            if pulse.state != "drained" and is_there(pulse, services.clock())
        ]:
            if time.monotonic() > give_up:
                return busy
            await asyncio.sleep(LOOK_S)
    return []


async def resume(services: Services) -> bool:
    """Let them work again. False if they were not asked to drain."""
    with redis_errors():
        return await pulses.resume(services.redis)


@asynccontextmanager
async def resting(services: Services, by: str) -> AsyncIterator[None]:
    """The residents rest within the block, and work again after it, also if this process is killed.

    If somebody has drained them before, they go on resting. Raises PermanentError if they do not come to rest.
    """
    with redis_errors():
        before = await pulses.drain_request(services.redis)
    if before is not None:
        yield
        return
    try:
        busy = await drain(services, by, WAIT_S, for_s=LASTS_S)
        if busy:
            names = ", ".join(pulse.stage for pulse in busy)
            raise PermanentError(
                f"Still at work after {WAIT_S:.0f} s: {names}. See why in Airflow, and try again."
            )
        renewing = asyncio.ensure_future(_renew(services))
        try:
            yield
        finally:
            renewing.cancel()
    finally:
        await resume(services)


async def _renew(services: Services) -> None:
    while True:
        await asyncio.sleep(RENEWED_S)
        with suppress(RedisUnavailable, RedisRefused), redis_errors():
            await pulses.drain_longer(services.redis, LASTS_S)
