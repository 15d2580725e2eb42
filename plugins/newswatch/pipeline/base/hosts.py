"""The hosts of feeds: which of them asked for a pause, and for how long."""

from __future__ import annotations

from collections.abc import Iterable

from newswatch.errors import FetchFailed, NewswatchError
from newswatch.feeds.host import host_and_port
from newswatch.pipeline.base import notices
from newswatch.pipeline.base.services import Services
from newswatch.store import hosts
from newswatch.store.codec import from_ms, to_ms

WORTH_A_NOTICE_S = 3_600.0
"""Ops is notified of pauses this long, because all feeds of the host bring nothing and none of them has failed."""
LONGEST_PAUSE_S = 86_400.0
"""A longer Retry-After is cut to this."""
SLOW_DOWN_S = 60.0
"""The first pause of a host that answers 429 without saying for how long."""


def _notice_text(host: str, until_ms: int) -> str:
    return (
        f"Host {host} asked for a pause until {from_ms(until_ms):%d %B %H:%M} UTC. None of its feeds is polled before."
        " Raise `every` of its feeds, or ask its operator how often it may be polled."
    )


def asked_pause_s(error: NewswatchError, failures: int = 1) -> float | None:
    """How long the server wants no requests, in seconds; None when it did not say.

    A 429 without Retry-After counts as one minute, doubled with each failure in a row, up to an hour.
    """
    if not isinstance(error, FetchFailed):
        return None
    if error.retry_after_s is not None:
        return min(error.retry_after_s, LONGEST_PAUSE_S)
    return min(SLOW_DOWN_S * 2.0 ** min(failures - 1, 6), 3_600.0) if error.kind == "ratelimited" else None


class HostPauses:
    """The pauses of hosts as they were looked up last, and those that hosts asked for since."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._paused: dict[str, int] = {}

    async def look_up(self, urls: Iterable[str]) -> None:
        """Read the pauses of these URLs' hosts, in one round trip."""
        names = {host_and_port(url) for url in urls}
        self._paused |= dict.fromkeys(names, 0) | await hosts.pauses(self._services.redis, names)

    def until_ms(self, url: str) -> int:
        """When the host of `url` may be requested again (ms); 0 for now."""
        until_ms = self._paused.get(host_and_port(url), 0) if self._paused else 0
        return until_ms if until_ms and until_ms > to_ms(self._services.clock()) else 0

    async def left_s(self, url: str) -> float:
        """How many seconds the pause of the host of `url` still lasts. Looks up hosts that it does not know yet."""
        host = host_and_port(url)
        if host not in self._paused:
            await self.look_up([url])
        return max(0, self._paused[host] - to_ms(self._services.clock())) / 1000

    async def pause(self, url: str, wait_s: float) -> None:
        """Send no requests to the host of `url` for `wait_s` seconds."""
        host, now_ms = host_and_port(url), to_ms(self._services.clock())
        until_ms = now_ms + int(wait_s * 1000)
        known_ms = self._paused.get(host, 0)
        self._paused[host] = max(until_ms, known_ms)
        await hosts.pause(self._services.redis, host, now_ms, until_ms)
        if until_ms - max(now_ms, known_ms) >= WORTH_A_NOTICE_S * 1000:
            await notices.notify_once(self._services, f"host:{host}", _notice_text(host, until_ms))
