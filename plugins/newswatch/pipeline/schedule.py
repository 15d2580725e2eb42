"""When a feed is polled next. Pure."""

from __future__ import annotations

from newswatch.models import Feed

LONGEST_BACKOFF_S = 6 * 3600.0
STOPPED_S = 7 * 86_400.0


def after_success(feed: Feed, started_s: float, jitter: float) -> float:
    """Due time in seconds since 1970. `jitter` is in [0, 1) and only ever brings a poll forward.

    The interval counts from the start of the poll, less a little: a cycle that begins each minute
    must find a feed of `every: 1m` due, not two seconds short of it.
    """
    early_s = min(5.0, feed.every_s * 0.1)
    return started_s + feed.every_s - early_s * (0.5 + jitter / 2)


def after_failure(
    feed: Feed,
    now_s: float,
    failures: int,
    retry_after_s: float | None,
    jitter: float,
    *,
    stopped: bool = False,
) -> float:
    """Due time after the `failures`-th failure in a row (1 for the first).

    Doubles from the interval up to six hours; what the server asked for is never undercut; a feed
    that said it is gone is asked again once a week.
    """
    if stopped:
        return now_s + STOPPED_S
    backoff_s = min(feed.every_s * 2.0 ** min(failures - 1, 16), LONGEST_BACKOFF_S)
    backoff_s = max(backoff_s, feed.every_s) * (0.9 + jitter * 0.2)
    return now_s + max(backoff_s, min(retry_after_s or 0.0, 86_400.0))
