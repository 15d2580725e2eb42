"""The workspace's budget: a short burst, then so many a second."""

from __future__ import annotations

import asyncio
import time

from newswatch.pipeline.delivery_run import Budget


async def test_messages_over_all_channels_keep_to_the_rate_after_a_burst():
    budget = Budget(100.0)
    started = time.monotonic()
    await asyncio.gather(*(budget.take() for _ in range(60)))
    took_s = time.monotonic() - started
    assert 0.3 <= took_s < 2.0  # 25 at once, 35 more at 100 a second


async def test_rare_messages_never_wait():
    budget = Budget(1000.0)
    started = time.monotonic()
    for _ in range(5):
        await asyncio.sleep(0.01)
        await budget.take()
    assert time.monotonic() - started < 1.0
