"""How well each feed could be read: the share of time, what blocks it now, and how late its items came."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields
from datetime import datetime

from newswatch.models import Bundle, Feed
from newswatch.pipeline.base.services import Services
from newswatch.pipeline.poll.health import reason
from newswatch.quantity import quantity
from newswatch.store import coverage, feeds, gaps
from newswatch.store.client import redis_errors
from newswatch.store.codec import from_ms, to_ms
from newswatch.store.coverage import FeedFigures
from newswatch.store.feed_state import FeedState
from newswatch.store.gaps import Gap

_DAY_S = 86_400
_WELL = 0.99
_NAMED = 5
"""At most so many feeds are named in the daily line."""


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
    gaps: int
    """How often items were probably missed between two polls."""
    closing_every_s: int | None
    """The interval that would have closed all of them."""


async def read(services: Services, bundle: Bundle, since_s: float) -> list[FeedCoverage]:
    """All feeds in the order of the file. Raises RedisUnavailable."""
    now_s = to_ms(services.clock()) // 1000
    first_day = int(now_s - since_s) // _DAY_S
    with redis_errors():
        states = await feeds.read_states(services.redis, [feed.id for feed in bundle.feeds])
        found = await coverage.read(services.redis, first_day, now_s // _DAY_S)
        missed = await gaps.all_found_since(
            services.redis, [feed.id for feed in bundle.feeds], first_day * _DAY_S * 1000
        )
    return [
        judge(
            feed,
            states[feed.id],
            found.get(feed.id, FeedFigures()),
            missed[feed.id],
            from_s=first_day * _DAY_S,
            now_s=now_s,
        )
        for feed in bundle.feeds
    ]


def worst_first(rows: Sequence[FeedCoverage]) -> list[FeedCoverage]:
    """Those that were never read, then those that could be read least, then those with the most gaps. Pure."""

    def order(row: FeedCoverage) -> tuple[float, int, str]:
        return (-1.0 if row.readable is None else round(row.readable, 4), -row.gaps, row.feed_id)

    return sorted(rows, key=order)


def summary(rows: Sequence[FeedCoverage]) -> str:
    """The rows in a line for ops: how many feeds could be read, which could not, and where items were missed. Pure."""
    read_well = sum(row.readable is not None and row.readable >= _WELL for row in rows)
    worst = sorted((row for row in rows if (row.readable or 0) < _WELL), key=lambda row: row.readable or 0)
    parts = [
        f"{read_well:,} of {quantity(len(rows), 'feed')} could be read at least {_WELL:.0%} of the last day"
    ]
    if worst:
        parts.append(
            "worst: " + ", ".join(f"{row.feed_id} {row.readable or 0:.0%}" for row in worst[:_NAMED])
        )
    if missed := [row for row in rows if row.gaps]:
        named = ", ".join(
            f"{row.feed_id} (every: {row.closing_every_s}s would do)" for row in missed[:_NAMED]
        )
        parts.append(f"items were probably missed in {named}")
    return "Coverage: " + "; ".join(parts) + ". The page Coverage has the details."


def as_table(rows: Sequence[FeedCoverage]) -> str:
    """The rows as CSV. Pure."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow([one.name for one in fields(FeedCoverage)])
    for row in rows:
        # A spreadsheet takes a text that begins with one of these signs for a formula.
        values = asdict(row) | {"blocked_by": row.blocked_by.lstrip("=+-@\t\r")}
        writer.writerow(["" if value is None else value for value in values.values()])
    return out.getvalue()


def judge(
    feed: Feed,
    state: FeedState,
    figures: FeedFigures,
    missed: Sequence[Gap],
    *,
    from_s: int,
    now_s: int,
) -> FeedCoverage:
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
        gaps=len(missed),
        closing_every_s=min((gap.every_s for gap in missed), default=None),
    )
