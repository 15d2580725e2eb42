"""Done once a minute while feeds are polled: a daily line to receivers, a ping to a monitor, and a sample of the queues.

Without it readers cannot tell "no news" from "newswatch is down". A receiver with `alive:` gets a line at its
time of day if no alert came since that time on the day before. Each minute in which feeds are polled and newswatch is
healthy, NEWSWATCH_DEADMAN_URL is requested; the monitoring service behind it raises an alarm when the requests stop.
The lengths of the queues are kept for a day, for the picture under Delivery. Ops is notified of DAGs that have not run, and of a Redis that
may delete what it holds.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping

import aiohttp

from newswatch.errors import FetchRefused
from newswatch.feeds.proxy import service_proxy
from newswatch.models import Receiver
from newswatch.pipeline.base.configuration import receivers_in_force
from newswatch.pipeline.base.notices import clear_notice, raise_notice
from newswatch.pipeline.base.routing import last_local
from newswatch.pipeline.base.services import Services
from newswatch.pipeline.oversight.backlog import Backlog, read_backlog
from newswatch.pipeline.oversight.late_runs import report_late_runs
from newswatch.pipeline.oversight.standstill import IDLE, standstills
from newswatch.quantity import quantity
from newswatch.residents import resident_stages
from newswatch.store import breaker, daily_lines, feeds, notices, outbox, pulses, queue_lengths
from newswatch.store.client import redis_errors
from newswatch.store.codec import to_ms
from newswatch.store.queue_lengths import QueueLengths
from newswatch.store.server import eviction_fault

log = logging.getLogger("newswatch.heartbeat")

PING_TIMEOUT_S = 5.0


async def after_cycle(services: Services) -> bool:
    """Queue the daily lines that are due, ping if newswatch is healthy, and note how long the queues are.

    Returns whether it is. Raises RedisUnavailable.
    """
    receivers = await receivers_in_force(services)
    if receivers is None:
        return False
    with redis_errors():
        for receiver in receivers:
            if receiver.alive is not None:
                await _line(services, receiver)
    await report_late_runs(services)
    await _report_eviction(services)
    backlog = await read_backlog(services)
    healthy = await _healthy(services, backlog)
    url = services.settings.deadman_url
    if healthy and url is not None:
        await _ping(url, services.settings.network)
    await _sample(services, backlog)
    return healthy


async def _report_eviction(services: Services) -> None:
    with redis_errors():
        evicts = eviction_fault(await services.redis.info())
    if evicts:
        await raise_notice(services, "redis-eviction", f"{evicts}.")
    else:
        await clear_notice(services, "redis-eviction", "Redis no longer deletes what it holds.")


async def _sample(services: Services, backlog: Backlog) -> None:
    now_s = to_ms(services.clock()) // 1000
    with redis_errors():
        messages = sum((await outbox.queue_lengths(services.redis)).values())
        sample = QueueLengths(now_s, backlog.items, messages, backlog.due_articles)
        await queue_lengths.add(services.redis, sample)


async def _line(services: Services, receiver: Receiver) -> None:
    if receiver.alive is None:
        return
    now = services.clock()
    due_ms = to_ms(last_local(receiver.alive.at, receiver.alive.timezone, now))
    before_ms, items_before = await daily_lines.last_line(services.redis, receiver)
    if before_ms is not None and before_ms >= due_ms:
        return
    items = await daily_lines.items_added(services.redis)
    came = max(items - items_before, 0)
    polled = await feeds.scheduled(services.redis)
    line = f"Quiet: {quantity(polled, 'feed')} polled, {quantity(came, 'item')}, no match."
    await daily_lines.queue_line(
        services.redis, receiver, line, due_ms=due_ms, now_ms=to_ms(now), items=items
    )


async def _healthy(services: Services, backlog: Backlog) -> bool:
    with redis_errors():
        refused = await notices.is_active(services.redis, "slack")
        away = (await breaker.read(services.redis)).is_open
        residents = await pulses.read(services.redis, resident_stages(services.settings.poll_shards))
    still = standstills(backlog, IDLE, services.clock(), residents)
    return not refused and not away and not any(one.urgent for one in still)


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
