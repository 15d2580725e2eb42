"""What the pages of one process share: the Redis client, the feeds' states, Slack's address."""

from __future__ import annotations

import asyncio
import gc
import time
from collections.abc import Awaitable, Callable, Hashable, Mapping
from dataclasses import replace
from typing import Annotated

from fastapi import Depends, Request

from newswatch.config.draft import Loaded
from newswatch.config.load import folder_signature
from newswatch.models import Bundle
from newswatch.pipeline.authoring.editing import check_draft
from newswatch.pipeline.base.configuration import check_files, in_force
from newswatch.pipeline.base.services import Services
from newswatch.pipeline.oversight.feeds import read_statuses
from newswatch.pipeline.oversight.latency import Latency, read_latency
from newswatch.slack.client import SlackClient, SlackSettings
from newswatch.store import archive
from newswatch.store.client import answered, redis_errors
from newswatch.store.codec import to_ms
from newswatch.store.schema import refuse_if_outgrown

FEW_FEEDS = 500
"""Up to this many feeds, their states are read for every page; with more, once a minute."""
CENSUS_AGE_S = 60.0
CHECK_WAIT_S = 1.0
"""A page does not wait longer for the check of the files, which takes 3.5 s with 10,000 rules and feeds and nothing cached."""
LATENCY_AGE_S = 10.0
SLACK_TIMEOUT_S = 3.0
KEPT_DRAFTS = 2
MANY = 2_000
"""With this many rules and feeds or more, garbage collection skips them."""


async def _checked(services: Services) -> None:
    await services.read_clock()
    with redis_errors():
        await refuse_if_outgrown(services.redis)


class Shared:
    """One for each app. A Redis client belongs to an event loop, so another loop gets another client."""

    def __init__(
        self,
        make: Callable[[], Awaitable[Services]],
        slack: Callable[[], Awaitable[SlackSettings | None]],
    ) -> None:
        self._make = make
        self._slack = slack
        self._workspace: str | None = None
        self._latency: tuple[float, Latency] | None = None
        self._by_feed: tuple[float, Mapping[str, list[int]]] | None = None
        self._services: Services | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._statuses: tuple[str, float, Mapping[str, str]] | None = None
        self._counting = asyncio.Lock()
        self._settled = ""
        self._checked: tuple[Hashable, Loaded] | None = None
        self._checking: asyncio.Task[Loaded] | None = None
        self._drafts: dict[Hashable, Loaded] = {}
        self.heavy = asyncio.Lock()
        """Held by work that takes seconds of CPU, so that only one runs at a time."""

    async def services(self) -> Services:
        """Raises RedisUnavailable if the connection is missing, and RedisRefused if a newer release has the data."""
        loop = asyncio.get_running_loop()
        if self._services is None or self._loop is not loop:
            self._services, self._loop = await self._make(), loop
            self._statuses = self._latency = self._by_feed = self._checking = None
            self._counting, self.heavy = asyncio.Lock(), asyncio.Lock()
        await answered(_checked(self._services))
        return self._services

    async def own_services(self) -> Services:
        """Services of the caller's own, for work in another event loop; the caller closes them."""
        return await self._make()

    async def forget(self) -> None:
        """After an error of Redis: the next page looks up the connection again."""
        services, self._services = self._services, None
        if services is not None and self._loop is asyncio.get_running_loop():
            await services.redis.aclose()

    def settle(self, bundle: Bundle | None) -> None:
        """Exclude a large configuration from garbage collection, once for each version.

        Scanning 10,000 rules and feeds delayed the current request by 0.3 s. Objects that are alive now
        are not scanned again. They are still freed when nothing refers to them.
        """
        if bundle is None or bundle.label == self._settled:
            return
        self._settled = bundle.label
        if len(bundle.rules) + len(bundle.feeds) >= MANY:
            gc.freeze()

    async def statuses(self, services: Services, bundle: Bundle) -> Mapping[str, str]:
        """The state of every feed, at most a minute old if there are many feeds."""
        age_s = 0.0 if len(bundle.feeds) <= FEW_FEEDS else CENSUS_AGE_S
        async with self._counting:
            known = self._statuses
            if known and known[0] == bundle.label and time.monotonic() - known[1] < age_s:
                return known[2]
            found = await read_statuses(services, bundle)
            self._statuses = (bundle.label, time.monotonic(), found)
            return found

    async def items_by_feed(self, services: Services) -> Mapping[str, list[int]]:
        """New items of each feed in each of the last 24 hours, at most a minute old."""
        known = self._by_feed
        if known and time.monotonic() - known[0] < CENSUS_AGE_S:
            return known[1]
        with redis_errors():
            found = await archive.items_by_feed(services.redis, to_ms(services.clock()), 24)
        self._by_feed = (time.monotonic(), found)
        return found

    async def checked(self, services: Services) -> Loaded:
        """The files as the check finds them now. They are checked again when one of them, or the day, has changed."""
        if self._checking is not None:
            await asyncio.wait([self._checking])  # it may have begun before the last change
        return await asyncio.shield(self._check_at_work(services))

    def _check_at_work(self, services: Services) -> asyncio.Task[Loaded]:
        """The check that is running, else one that begins now."""
        if self._checking is None or self._checking.done():
            self._checking = asyncio.create_task(self._check(services))
        return self._checking

    async def _check(self, services: Services) -> Loaded:
        today = services.clock().date()
        seen = (today, folder_signature(services.config_dir))
        if self._checked is None or self._checked[0] != seen:
            async with self.heavy:
                loaded = await asyncio.to_thread(check_files, services.settings, today)
            self._checked = (seen, loaded)
        return self._checked[1]

    async def checked_soon(self, services: Services, wait_s: float = CHECK_WAIT_S) -> Loaded | None:
        """The same, None if it takes longer than `wait_s`: the check goes on, and a later call has its result."""
        check = self._check_at_work(services)
        done, _ = await asyncio.wait([check], timeout=wait_s)
        return check.result() if done else None

    async def checked_draft(self, services: Services, name: str, text: str) -> Loaded:
        """The files as the check finds them with this draft of one file in its place. The last few answers are kept.

        Checking, saving and live results ask about the same draft. Raises NotEditable.
        """
        today = services.clock().date()
        key = (today, folder_signature(services.config_dir), name, text)
        async with self.heavy:
            loaded = self._drafts.pop(key, None)
            if loaded is None:
                loaded = await asyncio.to_thread(check_draft, services.settings, name, text, today)
            self._drafts[key] = loaded
        while len(self._drafts) > KEPT_DRAFTS:
            del self._drafts[next(iter(self._drafts))]
        return loaded

    async def latency(self, services: Services) -> Latency:
        """The time from publication to Slack, at most a few seconds old."""
        known = self._latency
        if known and time.monotonic() - known[0] < LATENCY_AGE_S:
            return known[1]
        found = await read_latency(services)
        self._latency = (time.monotonic(), found)
        return found

    async def slack_link(self, channel: str, ts: str) -> str:
        """The address of a message in Slack, "" if the workspace's address is not known."""
        if self._workspace is None:
            self._workspace = await self._ask_workspace()
        return f"{self._workspace}archives/{channel}/p{ts.replace('.', '')}" if self._workspace else ""

    async def slack(self) -> SlackSettings | None:
        """How to reach Slack, None without a token."""
        return await self._slack()

    async def _ask_workspace(self) -> str | None:
        settings = await self._slack()
        if settings is None:
            return None
        async with SlackClient(replace(settings, timeout_s=SLACK_TIMEOUT_S)) as client:
            return await client.workspace_url() or None


def shared_of(request: Request) -> Shared:
    """The app's shared."""
    shared: Shared = request.app.state.shared
    return shared


async def services_of(request: Request) -> Services:
    """Redis, configuration folder and clock."""
    return await shared_of(request).services()


async def bundle_of(request: Request) -> Bundle | None:
    """The configuration in force, None before the first."""
    bundle = await in_force(await services_of(request))
    shared_of(request).settle(bundle)
    return bundle


SharedDep = Annotated[Shared, Depends(shared_of)]
ServicesDep = Annotated[Services, Depends(services_of)]
BundleDep = Annotated[Bundle | None, Depends(bundle_of)]
