"""Fixtures of the feed tests: servers of their own and a fetcher."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import uvloop
from feeds_server import FeedServer, make_fetcher, start_server

from newswatch.feeds.fetch import Fetcher


def pytest_asyncio_loop_factories(config, item):
    """The event loop of the stages."""
    return {"uvloop": uvloop.new_event_loop}


@pytest.fixture
async def server() -> AsyncIterator[FeedServer]:
    async for started in start_server():
        yield started


@pytest.fixture
async def other_server() -> AsyncIterator[FeedServer]:
    async for started in start_server():
        yield started


@pytest.fixture
async def fetcher() -> AsyncIterator[Fetcher]:
    async with make_fetcher() as made:
        yield made
