"""When a feed is polled next, and whether it is requested in full. Pure.

`every` is a promise to the editor. What the feed says about itself (ttl, the syndication module, how long its
answers are fresh) and its rhythm may stretch it, up to `at_most`. Only errors and a server's own request go
beyond that.
"""

from __future__ import annotations

from zlib import crc32

from newswatch.models import Feed
from newswatch.pipeline.base.hosts import LONGEST_PAUSE_S

SOFT_BACKOFF_S = 1_800.0
HARD_BACKOFF_S = 6 * 3_600.0
LOST_BACKOFF_S = 24 * 3_600.0
STOPPED_S = 7 * 86_400.0
FULL_AFTER_S = 24 * 3_600
FULL_AFTER_POLLS = 40
EARLY_SHARE, MOST_EARLY_S = 0.15, 10.0
"""How much before its due time a plan takes a feed: more than the seconds by which Airflow starts runs late."""
BEGUN_LATE_S = 10.0
"""A poll that begins up to this long after its plan counts its interval from the plan."""
_RHYTHM_SHARE = 10
"""A feed with an item every ten minutes is polled every minute, if `every` allows it."""


def interval_s(feed: Feed, *, ttl_s: float = 0, fresh_s: float = 0, gap_s: float = 0) -> float:
    """Seconds from one poll to the next: never below `every`, never above `at_most`."""
    wished_s = max(ttl_s, fresh_s, gap_s / _RHYTHM_SHARE)
    return max(feed.every_s, min(wished_s, feed.at_most_s))


def early_s(feed: Feed) -> float:
    """How long before its due time a plan may take the feed.

    Plans are about a minute apart, give or take some seconds. Without this a feed with `every: 1m` would often be a
    second short of being due, and wait for the next plan.
    """
    return min(feed.every_s * EARLY_SHARE, MOST_EARLY_S)


def counted_from(feed: Feed, *, due_s: float, planned_s: float, begun_s: float) -> float:
    """The time from which the next interval counts, in seconds since 1970.

    It is the due time if the feed was taken early, so that it is never polled more often than `every` on average. It
    is the plan if that was late, because the next plan comes one interval later. A shard that stays plans each feed for
    its due time, so its delays do not add up. A poll that began long after its plan counts from its own beginning, less
    the usual delay.
    """
    due_s = due_s if due_s <= planned_s + early_s(feed) else planned_s  # polled without being due
    return max(due_s, planned_s, begun_s - min(BEGUN_LATE_S, feed.every_s * EARLY_SHARE))


def after_success(feed: Feed, counted_s: float, jitter: float, wait_s: float | None = None) -> float:
    """Due time in seconds since 1970, an interval after `counted_from`.

    `jitter` is in [0, 1). It brings a stretched interval forward, so that feeds added together drift apart.
    """
    wait_s = feed.every_s if wait_s is None else wait_s
    return counted_s + wait_s - (wait_s - feed.every_s) * jitter * 0.1


def after_failure(
    feed: Feed,
    now_s: float,
    failures: int,
    retry_after_s: float | None,
    jitter: float,
    *,
    hard: bool = False,
    lost: bool = False,
    stopped: bool = False,
) -> float:
    """Due time after the `failures`-th failure in a row (1 for the first).

    Doubles from the interval up to half an hour, and never beyond. Failures that do not pass by themselves (`hard`)
    start at twice the interval and go up to six hours, or to a day once the feed is given up (`lost`). A pause that
    the server asked for is always respected, up to a day. A feed that is gone (`stopped`) is tried once a week.
    """
    if stopped:
        return now_s + STOPPED_S
    longest_s = LOST_BACKOFF_S if hard and lost else HARD_BACKOFF_S if hard else SOFT_BACKOFF_S
    backoff_s = min(feed.every_s * 2.0 ** min(failures - (0 if hard else 1), 16), longest_s)
    backoff_s = max(min(backoff_s * (0.9 + jitter * 0.2), longest_s), feed.every_s)
    return now_s + max(backoff_s, min(retry_after_s or 0.0, LONGEST_PAUSE_S))


def wants_full(feed_id: str, *, full_ms: int, streak: int, now_ms: int) -> bool:
    """Whether to request the document without validators: some servers answer 304 forever.

    Once a day, and after fifty or more 304 answers in a row. The exact number depends on the feed, so that feeds
    added together are not requested in full together.
    """
    return (
        now_ms - full_ms >= FULL_AFTER_S * 1000
        or streak >= FULL_AFTER_POLLS + crc32(feed_id.encode()) % FULL_AFTER_POLLS
    )
