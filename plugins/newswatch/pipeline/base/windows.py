"""Release windows: which are open, which hit ends one, and for how long the stages stay at work because of them.

A feed whose release is due at a known time is polled every second from then on, until the rule that the window expects
has a hit in the feed, or the window is over.
"""

from __future__ import annotations

from datetime import datetime

from newswatch.models import Alert, Feed, Window
from newswatch.pipeline.base.configuration import windows_in_force
from newswatch.pipeline.base.services import Services
from newswatch.store import windows
from newswatch.store.client import redis_errors

EARLY_S = 60
"""A hit this long before the time of a window is the release too."""
LATE_S = 300
"""If the release is not there this long after its time, the receivers of its rule are notified."""
MOOT_S = 3_600
"""After this time nobody is notified any more, and a hit is not taken for the release."""
SOON_S = 15.0
"""A shift does not end this long before a window: the next one must have begun by then."""


def coming(feed: Feed, now: datetime) -> list[Window]:
    """The feed's windows that are not over, the next one first. Pure."""
    return [window for window in feed.windows if window.until_s > now.timestamp()]


def is_release(window: Window, alert: Alert) -> bool:
    """Whether a new alert of the window's rule in its feed is the expected release. Pure.

    An item counts by when it was claimed, an edit by when it was matched.
    """
    seen = alert.matched if alert.revision else alert.first_seen
    return window.at_s - EARLY_S <= seen.timestamp() <= window.at_s + MOOT_S


async def busy_for_s(services: Services) -> float:
    """How many seconds the windows that are open now or soon will last; 0 if there are none. Raises RedisUnavailable."""
    now_s = services.clock().timestamp()
    near = [
        (feed_id, window)
        for feed_id, window in await windows_in_force(services)
        if window.at_s <= now_s + SOON_S < window.until_s + SOON_S
    ]
    with redis_errors():
        states = await windows.read(services.redis, [(feed_id, window.at_s) for feed_id, window in near])
    ends = [window.until_s for (_, window), state in zip(near, states, strict=True) if state != "hit"]
    return max(ends, default=now_s) - now_s
