"""The release windows of a shard's feeds: which feeds are polled faster now, and which releases are late.

What ends a window or slows it down is kept in Redis, so that it holds for the next shift too.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from newswatch.config.parts import FeedWindow, windows_of
from newswatch.errors import FetchFailed, FetchRefused, NewswatchError
from newswatch.models import Feed, Rule, Window
from newswatch.pipeline.base import notices
from newswatch.pipeline.base.configuration import receivers_in_force, rules_in_force
from newswatch.pipeline.base.routing import receivers_named
from newswatch.pipeline.base.services import Services
from newswatch.pipeline.base.windows import LATE_S, MOOT_S
from newswatch.pipeline.poll.health import reason
from newswatch.store import feeds, items, mutes, windows
from newswatch.store.codec import from_ms
from newswatch.store.feed_state import FeedState

LAST_LOOK_S = 3
"""A window may be over before the release is late. Then the feed is polled once more this long before that."""
SETTLED_S = 2
"""How long after that poll its items are matched at the latest, if the match stage is at work."""
SLOWEST_S = 15.0
"""Within a window a feed that fails is tried again after this time at the latest."""


def wants_less(error: NewswatchError) -> bool:
    """Whether the server has had enough of the fast polls. Pure."""
    if isinstance(error, FetchRefused):
        return error.status == 403
    return isinstance(error, FetchFailed) and error.kind == "ratelimited"


def is_open(window: Window, now_s: float) -> bool:
    """Whether the feed is polled faster now. Pure."""
    late_s = window.at_s + LATE_S
    looks_again = bool(window.expect) and late_s - LAST_LOOK_S <= now_s < late_s
    return window.at_s <= now_s < window.until_s or looks_again


def pace_s(window: Window, failures: int) -> float:
    """Seconds from one poll to the next: doubled with each failure in a row. Pure."""
    if not failures:
        return window.every_s
    return max(window.every_s, min(window.every_s * 2.0 ** min(failures, 4), SLOWEST_S))


def is_late(window: Window, now_s: float) -> bool:
    """Whether a release that is not there now should be reported. Pure."""
    return bool(window.expect) and window.at_s + LATE_S + SETTLED_S <= now_s < window.at_s + MOOT_S


def late_text(feed_id: str, window: Window, state: FeedState, now: datetime) -> str:
    """What the receivers of the rule are notified of. Pure."""
    zone = ZoneInfo(window.timezone)
    due, here = from_ms(window.at_s * 1000).astimezone(zone), now.astimezone(zone)
    error = reason(feed_id, state.polling.error)
    why = f" The feed cannot be read: {error}." if error else ""
    return f"{window.expect} in feed {feed_id}: due {due:%H:%M}, not there at {here:%H:%M} ({window.timezone}).{why}"


async def slow_down(services: Services, feed: Feed, errors: Iterable[NewswatchError]) -> None:
    """After a 403 or 429 the open windows of the feed go on at its usual pace."""
    if not feed.windows or not any(wants_less(error) for error in errors):
        return
    now_s = services.clock().timestamp()
    for window in feed.windows:
        if is_open(window, now_s):
            await windows.slow_down(services.redis, (feed.id, window.at_s))


class ReleaseWindows:
    """The windows of a shard's feeds, with what this shift remembers: when a feed was polled last, and which fail."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._windows: tuple[FeedWindow, ...] = ()
        self._ids: set[str] = set()
        self._begun_ms: dict[str, int] = {}
        self._failures: dict[str, int] = {}
        self._reported: set[windows.WindowName] = set()

    def adopt(self, mine: Iterable[Feed]) -> None:
        """These are the shard's feeds now."""
        self._windows = windows_of(mine)
        self._ids = {feed_id for feed_id, _ in self._windows}

    def begun(self, feed_ids: Iterable[str], now_ms: int) -> None:
        """These feeds are being polled."""
        for feed_id in self._ids.intersection(feed_ids):
            self._begun_ms[feed_id] = now_ms

    def polled(self, feed_id: str, failures: int) -> None:
        """The feed was polled, and failed so many times in a row."""
        if feed_id in self._ids:
            self._failures[feed_id] = failures

    async def due(self, now_ms: int) -> dict[str, float]:
        """The feeds with open windows, and when each is to be polled (ms). Raises RedisError."""
        found = [(feed_id, window) for feed_id, window in self._windows if is_open(window, now_ms / 1000)]
        due: dict[str, float] = {}
        for feed_id, window in await self._with_state(found, ""):
            begun_ms = self._begun_ms.get(feed_id, 0)
            pace_ms = pace_s(window, self._failures.get(feed_id, 0)) * 1000
            due[feed_id] = min(max(begun_ms + pace_ms, window.at_s * 1000), due.get(feed_id, math.inf))
        return due

    def next_ms(self, now_ms: int) -> float:
        """When the next window begins (ms)."""
        return min(
            (one.at_s * 1000.0 for _, one in self._windows if one.at_s * 1000 > now_ms), default=math.inf
        )

    async def report_late(self, now: datetime) -> None:
        """Notify the receivers of rules whose release is late: once, whatever is killed. Raises RedisError."""
        found = [
            (feed_id, window)
            for feed_id, window in self._windows
            if is_late(window, now.timestamp()) and (feed_id, window.at_s) not in self._reported
        ]
        # An item that still waits to be matched may be the release.
        if not found or await items.waiting_count(self._services.redis):
            return
        ruleset = await rules_in_force(self._services)
        rules = {rule.id: rule for rule in ruleset.rules} if ruleset else {}
        for feed_id, window in await self._with_state(found, "", "slow"):
            rule = rules.get(window.expect)
            if rule is not None and not rule.has_expired(now.date().isoformat()):
                await self._report(feed_id, window, rule, now)
        self._reported |= {(feed_id, window.at_s) for feed_id, window in found}

    async def _report(self, feed_id: str, window: Window, rule: Rule, now: datetime) -> None:
        redis = self._services.redis
        state = (await feeds.read_states(redis, [feed_id]))[feed_id]
        receivers = await receivers_in_force(self._services) or ()
        muted = await mutes.read(redis)
        for channel in dict.fromkeys(one.channel for one in receivers_named(receivers, rule.notify)):
            if mutes.muted_by(muted, rule.id, channel, now) is None:
                cause = f"window:{feed_id}:{window.at_s}:{channel}"
                await notices.say_once(self._services, channel, cause, late_text(feed_id, window, state, now))

    async def _with_state(
        self, found: Sequence[FeedWindow], *states: windows.WindowState
    ) -> list[FeedWindow]:
        names = [(feed_id, window.at_s) for feed_id, window in found]
        known = await windows.read(self._services.redis, names)
        return [one for one, state in zip(found, known, strict=True) if state in states]
