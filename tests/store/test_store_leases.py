"""Leases against a real Redis: work under one ends with its work."""

from __future__ import annotations

import asyncio
import random

import pytest

from newswatch.errors import LeaseLost
from newswatch.store.client import connect
from newswatch.store.leases import Lease, under


async def test_work_that_ends_in_the_middle_of_a_renewal_ends_the_lease_keeping_too(redis_url):
    chance = random.Random(20261123)
    async with connect(redis_url) as redis:
        lease = Lease(redis, "stage", 5.0)
        for _ in range(150):
            lease.duration_s = 5.0
            assert await lease.take(1.0)
            lease.duration_s = 0.003  # renewed each millisecond: many of the ends meet a renewal on its way
            await asyncio.wait_for(_ended(lease, chance.uniform(0.0005, 0.003)), 5.0)


async def _ended(lease, work_s):
    try:
        await under(lease, asyncio.sleep(work_s))
    except LeaseLost:
        return


async def test_work_is_stopped_when_another_process_takes_the_lease(redis_url):
    async with connect(redis_url) as redis:
        lease = Lease(redis, "stage", 0.3)
        assert await lease.take(1.0)
        await redis.set(lease.key, "another", px=10_000)
        with pytest.raises(LeaseLost):
            await asyncio.wait_for(under(lease, asyncio.sleep(30)), 5.0)


async def test_later_try_of_a_run_does_not_wait_for_the_lease_of_an_earlier_one(redis_url):
    async with connect(redis_url) as redis:
        killed = Lease(redis, "stage", 60.0, run="run-1", attempt=1)
        assert await killed.take(0.0)
        assert not await Lease(redis, "stage", 60.0).take(0.0)
        assert not await Lease(redis, "stage", 60.0, run="run-2", attempt=2).take(0.0)
        assert not await Lease(redis, "stage", 60.0, run="run-1", attempt=1).take(0.0)
        later = Lease(redis, "stage", 60.0, run="run-1", attempt=2)
        assert await later.take(0.0)
        with pytest.raises(LeaseLost):
            await killed.renew()
        assert not await Lease(redis, "stage", 60.0, run="run-1", attempt=1).take(0.0)
        await killed.release()
        await later.renew()


async def test_process_does_not_wait_for_its_own_lease(redis_url):
    """Redis was away when it should have been given up."""
    async with connect(redis_url) as redis:
        before = Lease(redis, "stage", 60.0, run="run-1", attempt=1, holder="aa")
        assert await before.take(0.0)
        assert not await Lease(redis, "stage", 60.0, run="run-1", attempt=1, holder="bb").take(0.0)
        assert not await Lease(redis, "stage", 60.0, run="run-1", attempt=1).take(0.0)
        after = Lease(redis, "stage", 60.0, run="run-1", attempt=1, holder="aa")
        assert await after.take(0.0)
        with pytest.raises(LeaseLost):
            await before.renew()
