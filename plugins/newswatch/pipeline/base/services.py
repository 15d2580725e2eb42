"""What a stage needs from outside: settings, Redis, Slack, the clock, credentials of feeds."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path
from types import TracebackType

from redis.asyncio import Redis
from typing_extensions import Self

from newswatch.errors import PermanentError
from newswatch.feeds.auth import Auth, Resolve, resolver
from newswatch.feeds.proxy import service_proxy
from newswatch.settings import Settings
from newswatch.slack.client import SlackSettings
from newswatch.store.client import connect


def utc_now() -> datetime:
    """The current time, aware, in UTC."""
    return datetime.now(timezone.utc)


def no_auth(_name: str) -> Auth | None:
    """Finds no credentials."""
    return None


@dataclass(frozen=True)
class Services:
    """Everything from outside. An async context manager that closes Redis."""

    settings: Settings
    redis: Redis
    slack: SlackSettings | None
    clock: Callable[[], datetime] = utc_now
    resolve_auth: Resolve = no_auth

    @classmethod
    def from_settings(cls, settings: Settings) -> Services:
        """The services of the command line, as the settings name them.

        Raises PermanentError if REDIS_URL is not set.
        """
        if settings.redis_url is None:
            raise PermanentError(
                "REDIS_URL is not set: put it into .env or the environment, or use `make run`"
            )
        slack = None
        if settings.slack_token:
            slack = SlackSettings(
                token=settings.slack_token,
                base_url=settings.slack_base_url,
                proxy=service_proxy(settings.slack_base_url, settings.network),
            )
        return cls(
            settings=settings,
            redis=connect(settings.redis_url),
            slack=slack,
            resolve_auth=resolver(settings.feed_secrets),
        )

    @property
    def config_dir(self) -> Path:
        """The folder of feeds.yaml, watchlist.yaml and receivers.yaml."""
        return self.settings.config_dir

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.redis.aclose()
