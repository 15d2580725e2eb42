"""Back-pressure: polling pauses while Redis is nearly full, fails while it is full, and resumes automatically."""

from __future__ import annotations

import logging
import math
import time
from typing import Any

from newswatch.errors import RedisFull
from newswatch.pipeline.base import notices
from newswatch.pipeline.base.services import Services
from newswatch.store import notices as store
from newswatch.store.faults import OUT_OF_MEMORY
from newswatch.store.server import try_writing

log = logging.getLogger("newswatch.poll")

CAUSE = "redis-memory"
HIGH, LOW = 0.80, 0.75
"""Shares of maxmemory at which polling pauses and resumes."""
FULL = 0.98
"""At this share hardly any write succeeds: the poll fails instead of pausing silently."""
LOOK_S = 1.0
_SHARE_OF_ROOM = 0.25
"""Memory is looked at again after documents of this share of the free memory."""


def share_used(info: dict[str, Any]) -> float:
    """Used memory divided by maxmemory, from INFO; 0 if there is no limit."""
    limit = int(info.get("maxmemory") or 0)
    return int(info.get("used_memory") or 0) / limit if limit else 0.0


class Pressure:
    """Asks Redis once a second whether there is room for more items, and more often when there is little."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._looked = -LOOK_S
        self._left = math.inf
        self.high = False

    def took(self, size: int) -> None:
        """A document of `size` bytes was claimed from: its items may use as much memory."""
        self._left -= size

    async def look(self) -> bool:
        """Whether polling has to pause. Notifies ops when a pause begins and when it ends.

        Raises RedisFull if Redis is completely full.
        """
        now = time.monotonic()
        if now - self._looked >= LOOK_S or (self._left < 0 and not self.high):
            self._looked = now
            info = await self._services.redis.info("memory")
            share, limit = share_used(info), int(info.get("maxmemory") or 0)
            self._left = (HIGH - share) * limit * _SHARE_OF_ROOM if limit else math.inf
            was = self.high or (share >= LOW and await store.is_active(self._services.redis, CAUSE))
            self.high = share >= HIGH or (was and share >= LOW)
            await self._notify(share)
            if share >= FULL:
                raise RedisFull(OUT_OF_MEMORY)
            if self.high:
                # By trying too: Redis refuses writes by another count than the one it reports.
                await try_writing(self._services.redis)
            await notices.clear_notice(self._services, notices.FULL_CAUSE, "Redis accepts writes again.")
        return self.high

    async def _notify(self, share: float) -> None:
        if self.high:
            text = (
                f"Redis uses {share:.0%} of its maxmemory: polling pauses until it is below {LOW:.0%}. Nothing"
                " is lost, and matching and delivery go on. Raise maxmemory, or shorten the retention"
                " (NEWSWATCH_ITEM_RETENTION)"
            )
            log.warning("%s", text)
            await notices.raise_notice(self._services, CAUSE, text)
        else:
            await notices.clear_notice(self._services, CAUSE, "Redis has room again: polling has resumed.")
