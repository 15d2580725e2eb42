"""What waits before each stage."""

from __future__ import annotations

from dataclasses import dataclass

from newswatch.pipeline.base.services import Services
from newswatch.store import articles, breaker, items, outbox, reminders
from newswatch.store.client import redis_errors
from newswatch.store.codec import to_ms


@dataclass(frozen=True, slots=True)
class Backlog:
    """Items that wait for matching, messages and articles that are due.

    Each with the waiting time of the oldest.
    """

    items: int
    oldest_item_age_s: float
    due_messages: int
    oldest_due_age_s: float
    due_articles: int = 0
    oldest_article_age_s: float = 0.0


async def read_backlog(services: Services) -> Backlog:
    """Raises RedisUnavailable. Messages of paused channels do not count, because nothing can be done for them now."""
    now_ms = to_ms(services.clock())
    with redis_errors():
        waiting = await items.waiting_count(services.redis)
        oldest = await items.oldest_waiting_ms(services.redis) if waiting else None
        due = [] if await _workspace_paused(services, now_ms) else await _due_times(services, now_ms)
        pages, page_ms = await articles.due_since(services.redis, now_ms)
    return Backlog(
        items=waiting,
        oldest_item_age_s=max(0.0, (now_ms - oldest) / 1000) if oldest is not None else 0.0,
        due_messages=len(due),
        oldest_due_age_s=max(0.0, (now_ms - min(due)) / 1000) if due else 0.0,
        due_articles=pages,
        oldest_article_age_s=max(0.0, (now_ms - page_ms) / 1000) if page_ms is not None else 0.0,
    )


async def _workspace_paused(services: Services, now_ms: int) -> bool:
    """Whether nothing can be sent now: the workspace is paused, or Slack is away and the next probe is not due."""
    away = await breaker.read(services.redis)
    if away.is_open and away.probe_due_ms(now_ms) > now_ms:
        return True
    return (await outbox.read_workspace_pause(services.redis)).until_ms > now_ms


async def _due_times(services: Services, now_ms: int) -> list[int]:
    away = await breaker.read(services.redis)
    not_before = away.probe_due_ms(now_ms) if away.is_open else 0
    channels = await outbox.channels_with_queue(services.redis)
    states = await outbox.read_channels(services.redis, channels)
    due = [
        max(at, s.pause.until_ms, not_before)
        for s in states
        if s.pause.until_ms <= now_ms
        for _, at in s.due
        if at <= now_ms
    ]
    due += (await outbox.due_updates(services.redis, now_ms)).values()
    due += [now_ms for _ in await reminders.due(services.redis, now_ms)]
    return due
