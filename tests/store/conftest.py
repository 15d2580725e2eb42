"""A Redis of the test's own making, and the leases that the scripts ask for."""

from __future__ import annotations

import pytest

from newswatch.store.client import connect
from newswatch.store.leases import Lease


@pytest.fixture
async def redis(redis_url):
    async with connect(redis_url) as client:
        yield client


@pytest.fixture
async def match_lease(redis):
    lease = Lease(redis, "match", 15.0)
    assert await lease.take(0.0)
    return lease


@pytest.fixture
async def deliver_lease(redis):
    lease = Lease(redis, "deliver", 15.0)
    assert await lease.take(0.0)
    return lease
