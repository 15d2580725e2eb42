"""Signs of life: a daily line where nothing came, and a ping to someone who misses it when it stays away.

Silence means "no news" or "no newswatch", and readers cannot tell which. A receiver with `alive:` gets a
line at its time of day if no alert came since the last such time. NEWSWATCH_DEADMAN_URL is asked after
each healthy cycle; the service behind it raises the alarm when it is not.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping

import aiohttp

from newswatch.errors import FetchRefused
from newswatch.feeds.proxy import service_proxy
from newswatch.models import Bundle, Receiver
from newswatch.pipeline.base.configuration import in_force
from newswatch.pipeline.base.services import Services
from newswatch.pipeline.match.routing import last_local
from newswatch.pipeline.oversight.backlog import read_backlog
from newswatch.pipeline.oversight.standstill import IDLE, standstills
from newswatch.store import alive, notices
from newswatch.store.client import redis_errors
from newswatch.store.codec import to_ms

log = logging.getLogger("newswatch.alive")

PING_TIMEOUT_S = 5.0


async def after_cycle(services: Services) -> bool:
    """Queue the lines that are due, ping if all is well; whether it was. Raises RedisUnavailable."""
    bundle = await in_force(services)
    if bundle is None:
        return False
    with redis_errors():
        for receiver in bundle.receivers:
            if receiver.alive is not None:
                await _line(services, bundle, receiver)
    healthy = await _healthy(services)
    url = services.settings.deadman_url
    if healthy and url is not None:
        await _ping(url, services.settings.network)
    return healthy


async def _line(services: Services, bundle: Bundle, receiver: Receiver) -> None:
    if receiver.alive is None:
        return
    now = services.clock()
    due_ms = to_ms(last_local(receiver.alive.at, receiver.alive.timezone, now))
    before_ms, items_before = await alive.told(services.redis, receiver)
    if before_ms is not None and before_ms >= due_ms:
        return
    items = await alive.items_added(services.redis)
    came = max(items - items_before, 0)
    line = f"Quiet: {_count(len(bundle.feeds), 'feed')} polled, {_count(came, 'item')}, no match."
    await alive.tell(services.redis, receiver, line, due_ms=due_ms, now_ms=to_ms(now), items=items)


def _count(number: int, what: str) -> str:
    return f"{number:,} {what}{'' if number == 1 else 's'}"


async def _healthy(services: Services) -> bool:
    backlog = await read_backlog(services)
    with redis_errors():
        refused = await notices.is_active(services.redis, "slack")
    return not refused and not standstills(backlog, IDLE, services.clock())


async def _ping(url: str, network: Mapping[str, str]) -> None:
    timeout = aiohttp.ClientTimeout(total=PING_TIMEOUT_S)
    try:
        proxy = service_proxy(url, network)
        async with (
            aiohttp.ClientSession(timeout=timeout) as session,
            session.get(url, proxy=proxy) as answer,
        ):
            if answer.status >= 400:
                log.error("NEWSWATCH_DEADMAN_URL answered %d", answer.status)
    except (aiohttp.ClientError, asyncio.TimeoutError, OSError, ValueError, FetchRefused) as error:
        # The URL usually holds a secret, and so may the error's text.
        log.error("NEWSWATCH_DEADMAN_URL cannot be reached: %s", type(error).__name__)  # noqa: TRY400
