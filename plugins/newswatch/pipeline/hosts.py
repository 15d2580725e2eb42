"""The hosts of feeds: which asked to be left alone, and for how long."""

from __future__ import annotations

from functools import lru_cache
from urllib.parse import urlsplit

from newswatch.pipeline.services import Services
from newswatch.store import hosts
from newswatch.store.codec import to_ms

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


class HostPauses:
    """Pauses as read from Redis when the cycle began, and those that hosts asked for since."""

    def __init__(self, services: Services, paused: dict[str, int]) -> None:
        self._services = services
        self._paused = paused

    def until_ms(self, url: str) -> int:
        """When the host of `url` may be asked again; 0 for now."""
        until_ms = self._paused.get(host_of(url), 0) if self._paused else 0
        return until_ms if until_ms > to_ms(self._services.clock()) else 0

    async def pause(self, url: str, wait_s: float) -> None:
        """Leave the host of `url` alone for so long."""
        host, now_ms = host_of(url), to_ms(self._services.clock())
        until_ms = now_ms + int(wait_s * 1000)
        self._paused[host] = max(until_ms, self._paused.get(host, 0))
        await hosts.pause(self._services.redis, host, now_ms, until_ms)
