"""What a stage needs from outside: Redis, Slack's settings, the clock, the configuration folder."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timezone
from pathlib import Path
from types import TracebackType

from redis.asyncio import Redis
from typing_extensions import Self

from newswatch import __version__
from newswatch.config.settings import Settings
from newswatch.feeds.auth import Auth
from newswatch.slack.client import SlackSettings
from newswatch.store.client import connect


def utc_now() -> datetime:
    """The wall clock, aware."""
    return datetime.now(timezone.utc)


def no_auth(_name: str) -> Auth | None:
    """Knows no credentials."""
    return None


@dataclass(frozen=True)
class Services:
    """Everything outside; an async context manager that closes Redis."""

    redis: Redis
    slack: SlackSettings | None
    config_dir: Path
    clock: Callable[[], datetime] = utc_now
    env: Mapping[str, str] = field(default_factory=lambda: os.environ, repr=False)
    resolve_auth: Callable[[str], Auth | None] = no_auth
    ops_webhook: str | None = field(default=None, repr=False)
    contact: str = ""

    @classmethod
    def from_settings(cls, settings: Settings, env: Mapping[str, str]) -> Services:
        """For the command line: everything from the environment and `.env`."""
        slack = None
        if settings.slack_bot_token:
            slack = SlackSettings(token=settings.slack_bot_token, base_url=settings.slack_base_url)
        return cls(
            redis=connect(settings.redis_url),
            slack=slack,
            config_dir=settings.config_dir,
            env=env,
            resolve_auth=lambda name: Auth.parse(env.get(name)),
            ops_webhook=settings.ops_webhook,
            contact=settings.contact,
        )

    @property
    def user_agent(self) -> str:
        """Who polls, and how to reach them."""
        contact = f"; +{self.contact}" if self.contact else ""
        return f"newswatch/{__version__} (news alerts{contact})"

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.redis.aclose()
