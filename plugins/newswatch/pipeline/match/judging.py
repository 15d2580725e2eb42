"""Judges an item while the lease of matching is kept, however long its text takes."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TypeVar

from newswatch.models import Item
from newswatch.store.leases import Lease

T = TypeVar("T")

LONG_TEXT = 10_000
"""Characters. A longer item is judged beside the event loop, since it may take seconds."""


async def judge_under_lease(lease: Lease, item: Item, work: Callable[[], T]) -> T:
    """Judge an item, and keep the lease meanwhile: a long text may take seconds. Raises LeaseLost."""
    if lease.left_s() < lease.duration_s / 2:
        await lease.renew()
    if len(item.title) + len(item.summary) + len(item.body) < LONG_TEXT:
        return work()
    judging = asyncio.ensure_future(asyncio.to_thread(work))
    try:
        while not (await asyncio.wait({judging}, timeout=lease.duration_s / 3))[0]:
            await lease.renew()
    finally:
        await asyncio.wait({judging})  # what it uses is for one thread
    return judging.result()
