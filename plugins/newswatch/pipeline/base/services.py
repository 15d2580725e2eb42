"""What a stage needs from outside: settings, Redis, the sender, the clock, credentials of feeds."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from types import TracebackType

from redis.asyncio import Redis
from typing_extensions import Self

from newswatch.feeds.auth import Resolve, no_secret
from newswatch.pipeline.base.clock import RedisClock, utc_now
from newswatch.pipeline.base.sender import Layout, SenderAddress
from newswatch.settings import Settings


@dataclass(frozen=True)
class Services:
    """Everything from outside. An async context manager that closes Redis."""

    settings: Settings
    redis: Redis
    sender: SenderAddress | None
    """None: nothing says where messages are sent to."""
    layout: Layout
    clock: Callable[[], datetime] = utc_now
    resolve_auth: Resolve = no_secret

    @property
    def config_dir(self) -> Path:
        """The folder of feeds.yaml, watchlist.yaml and receivers.yaml."""
        return self.settings.config_dir

    async def __aenter__(self) -> Self:
        await self.read_clock()
        return self

    async def read_clock(self) -> None:
        """Set the clock by Redis. A process that lives long does it again and again."""
        if isinstance(self.clock, RedisClock):
            await self.clock.read(self.redis)

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.redis.aclose()
