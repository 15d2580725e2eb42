"""Release windows: which are open, which hit ends one, and for how long the stages stay at work because of them.

A feed whose release is due at a known time is polled every second from then on, until the rule that the window expects
has a hit in the feed, or the window is over.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from newswatch.models import Alert, Bundle, Feed, Window
from newswatch.pipeline.base.services import Services
from newswatch.store import windows

EARLY_S = 60
"""A hit this long before the time of a window is the release too."""
LATE_S = 300
"""If the release is not there this long after its time, the receivers of its rule are notified."""
MOOT_S = 3_600
"""After this time nobody is notified any more, and a hit is not taken for the release."""
SOON_S = 15.0
"""A shift does not end this long before a window: the next one must have begun by then."""

FeedWindow = tuple[Feed, Window]

_cache: dict[tuple[int, str], tuple[FeedWindow, ...]] = {}


def windows_of(feeds: Iterable[Feed]) -> tuple[FeedWindow, ...]:
    """All windows of these feeds, in the order of their times. Pure."""
    found = ((feed, window) for feed in feeds if feed.windows for window in feed.windows)
    return tuple(sorted(found, key=lambda one: (one[1].at_s, one[0].id)))


def coming(feed: Feed, now: datetime) -> list[Window]:
    """The feed's windows that are not over, the next one first. Pure."""
    return [window for window in feed.windows if window.until_s > now.timestamp()]


def is_release(window: Window, alert: Alert) -> bool:
    """Whether a new alert of the window's rule in its feed is the expected release. Pure.

    An item counts by when it was claimed, an edit by when it was matched.
    """
    seen = alert.matched if alert.revision else alert.first_seen
    return window.at_s - EARLY_S <= seen.timestamp() <= window.at_s + MOOT_S


async def busy_for_s(services: Services, bundle: Bundle) -> float:
    """How many seconds the windows that are open now or soon will last; 0 if there are none. Raises RedisError."""
    now_s = services.clock().timestamp()
    near = [
        (feed.id, window)
        for feed, window in _of_bundle(bundle)
        if window.at_s <= now_s + SOON_S < window.until_s + SOON_S
    ]
    states = await windows.read(services.redis, [(feed_id, window.at_s) for feed_id, window in near])
    ends = [window.until_s for (_, window), state in zip(near, states, strict=True) if state != "hit"]
    return max(ends, default=now_s) - now_s


def _of_bundle(bundle: Bundle) -> tuple[FeedWindow, ...]:
    key = (bundle.version, bundle.digest)
    if key not in _cache:
        _cache.clear()
        _cache[key] = windows_of(bundle.feeds)
    return _cache[key]
