"""The time that decides what is due: that of Redis, which all processes share.

The clocks of machines are set back and forth. Redis is asked once when the services are opened; from then on a clock
that only runs forward counts.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import datetime, timezone

from redis.asyncio import Redis
from redis.exceptions import RedisError


def utc_now() -> datetime:
    """This machine's time, aware, in UTC."""
    return datetime.now(timezone.utc)


class RedisClock:
    """Redis' time. It is this machine's until Redis was asked, or if it cannot be reached."""

    def __init__(
        self,
        monotonic: Callable[[], float] = time.monotonic,
        machine: Callable[[], datetime] = utc_now,
    ) -> None:
        self._monotonic = monotonic
        self._machine = machine
        self._began_s: float | None = None

    def __call__(self) -> datetime:
        """The current time, aware, in UTC."""
        if self._began_s is None:
            return self._machine()
        return datetime.fromtimestamp(self._began_s + self._monotonic(), timezone.utc)

    async def read(self, redis: Redis) -> None:
        """Ask Redis. Raises nothing: whatever needs Redis next says that it is away.

        It is asked by INFO, which newswatch's user may call anyway; TIME would be a further permission.
        """
        asked = self._monotonic()
        try:
            info = await redis.info("server")
            now_s = int(info["server_time_usec"]) / 1e6
        except (RedisError, OSError, KeyError, TypeError, ValueError):  # or a server that does not say
            return
        answered = self._monotonic()
        self._began_s = now_s - (asked + answered) / 2
