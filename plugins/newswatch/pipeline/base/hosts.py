"""The hosts of feeds: which asked to be left alone, and for how long."""

from __future__ import annotations

from functools import lru_cache
from urllib.parse import urlsplit

from newswatch.pipeline.base import notices
from newswatch.pipeline.base.services import Services
from newswatch.store import hosts
from newswatch.store.codec import from_ms, to_ms

WORTH_TELLING_S = 3_600.0
"""Ops is told of pauses this long: all feeds of a host bring nothing for so long, and none of them has failed."""
_PORTS = {"http": 80, "https": 443}


def host_of(url: str) -> str:
    """The host of a URL, with its port unless that is the usual one; "" for what cannot be read."""
    return _place(url)[1]


def name_of(url: str) -> str:
    """The host of a URL without its port; "" for what cannot be read."""
    return _place(url)[0]


@lru_cache(20_000)
def _place(url: str) -> tuple[str, str]:
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return "", ""
    host = (parts.hostname or "").rstrip(".")
    return host, host if port in (None, _PORTS.get(parts.scheme.lower())) else f"{host}:{port}"


def _told(host: str, until_ms: int) -> str:
    return (
        f"Host {host} asks to be left alone until {from_ms(until_ms):%d %B %H:%M} UTC: all its feeds wait until then."
        " Raise `every` of its feeds, or ask its operator what it allows."
    )


class HostPauses:
    """Pauses as read from Redis when the cycle began, and those that hosts asked for since."""

    def __init__(self, services: Services, paused: dict[str, int]) -> None:
        self._services = services
        self._paused = paused

    def until_ms(self, url: str) -> int:
        """When the host of `url` may be asked again; 0 for now."""
        until_ms = self._paused.get(host_of(url), 0) if self._paused else 0
        return until_ms if until_ms > to_ms(self._services.clock()) else 0

    async def left_s(self, url: str) -> float:
        """For how many seconds more the host of `url` wants to be left alone; hosts not met before are looked up."""
        host = host_of(url)
        if host not in self._paused:
            self._paused |= {host: 0} | await hosts.pauses(self._services.redis, [host])
        return max(0, self._paused[host] - to_ms(self._services.clock())) / 1000

    async def pause(self, url: str, wait_s: float) -> None:
        """Leave the host of `url` alone for so long."""
        host, now_ms = host_of(url), to_ms(self._services.clock())
        until_ms = now_ms + int(wait_s * 1000)
        known_ms = self._paused.get(host, 0)
        self._paused[host] = max(until_ms, known_ms)
        await hosts.pause(self._services.redis, host, now_ms, until_ms)
        if until_ms - max(now_ms, known_ms) >= WORTH_TELLING_S * 1000:
            await notices.tell_once(self._services, f"host:{host}", _told(host, until_ms))
