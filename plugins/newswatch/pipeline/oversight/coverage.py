"""How well each feed could be read: the share of time, what blocks it now, and how late its items came."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from newswatch.models import Bundle, Feed
from newswatch.pipeline.base.services import Services
from newswatch.pipeline.poll.health import reason
from newswatch.store import coverage, feeds
from newswatch.store.client import redis_errors
from newswatch.store.codec import from_ms, to_ms
from newswatch.store.coverage import FeedFigures
from newswatch.store.feed_state import FeedState

_DAY_S = 86_400


@dataclass(frozen=True, slots=True)
class FeedCoverage:
    """One feed. `readable` is a share from 0 to 1, None if it was never read. Lags are seconds, None without items."""

    feed_id: str
    since: datetime | None
    """The beginning of the time that was looked at: a whole day, or when the feed was first read."""
    readable: float | None
    unread_s: int
    blocked_since: datetime | None
    blocked_by: str
    items: int
    lag_p50_s: float | None
    lag_p95_s: float | None


async def read(services: Services, bundle: Bundle, since_s: float) -> list[FeedCoverage]:
    """All feeds in the order of the file. Raises RedisUnavailable."""
    now_s = to_ms(services.clock()) // 1000
    first_day = int(now_s - since_s) // _DAY_S
    with redis_errors():
        states = await feeds.read_states(services.redis, [feed.id for feed in bundle.feeds])
        found = await coverage.read(services.redis, first_day, now_s // _DAY_S)
    return [
        judge(feed, states[feed.id], found.get(feed.id, FeedFigures()), first_day * _DAY_S, now_s)
        for feed in bundle.feeds
    ]


def judge(feed: Feed, state: FeedState, figures: FeedFigures, from_s: int, now_s: int) -> FeedCoverage:
    """One feed's coverage from `from_s` to now. An outage that lasts is counted to now. Pure."""
    first_ms, polling = state.document.seen_since_ms, state.polling
    blocked_ms = polling.failing_since_ms if polling.failures else 0
    start_s = max(from_s, first_ms // 1000)
    unread_s = figures.unread_s
    if blocked_ms:
        unread_s += max(now_s - max(blocked_ms // 1000, start_s), 0)
    looked_s = max(now_s - start_s, 1)
    return FeedCoverage(
        feed_id=feed.id,
        since=from_ms(start_s * 1000) if first_ms else None,
        readable=max(1 - unread_s / looked_s, 0.0) if first_ms else None,
        unread_s=unread_s if first_ms else 0,
        blocked_since=from_ms(blocked_ms) if blocked_ms else None,
        blocked_by=reason(feed.id, polling.error) if blocked_ms else "",
        items=figures.lags.total(),
        lag_p50_s=figures.lag_s(0.5),
        lag_p95_s=figures.lag_s(0.95),
    )
