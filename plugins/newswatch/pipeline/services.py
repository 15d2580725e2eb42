"""What a stage needs from outside: Redis, Slack's settings, the clock, the configuration folder."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timezone
from pathlib import Path
from types import TracebackType
from typing import cast, get_args

from redis.asyncio import Redis
from typing_extensions import Self

from newswatch import __version__
from newswatch.config.durations import parse_duration
from newswatch.config.settings import Settings
from newswatch.errors import PermanentError
from newswatch.feeds.auth import Auth
from newswatch.pipeline.origin import ApplyConfig
from newswatch.slack.client import SlackSettings
from newswatch.store.client import connect
from newswatch.store.retention import Retention

SHORTEST_RETENTION_S = 3_600.0
DEFAULT_RULE_CAP = 60
DEFAULT_SLACK_RATE = 400


def utc_now() -> datetime:
    """The wall clock, aware."""
    return datetime.now(timezone.utc)


def user_agent(env: Mapping[str, str]) -> str:
    """Who asks, and how to reach them (NEWSWATCH_CONTACT)."""
    contact = " ".join(env.get("NEWSWATCH_CONTACT", "").split())
    return f"newswatch/{__version__} (news alerts{'; ' if contact else ''}{contact})"


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

    @classmethod
    def from_settings(cls, settings: Settings, config_dir: Path) -> Services:
        """For the command line: everything from the environment and `.env`.

        Raises PermanentError where no Redis is named.
        """
        if settings.redis_url is None:
            raise PermanentError(
                "REDIS_URL is not set: put it into .env or the environment, or use `make run`"
            )
        slack = None
        if settings.slack_token:
            slack = SlackSettings(token=settings.slack_token, base_url=settings.slack_base_url)

        def resolve_auth(name: str) -> Auth | None:
            header = settings.resolve_auth(name)
            return Auth(header) if header else None

        return cls(
            redis=connect(settings.redis_url),
            slack=slack,
            config_dir=config_dir,
            env=settings.environment,
            resolve_auth=resolve_auth,
        )

    @property
    def user_agent(self) -> str:
        """Who polls, and how to reach them."""
        return user_agent(self.env)

    @property
    def ops_webhook(self) -> str | None:
        """Where notices go that Slack cannot carry (NEWSWATCH_OPS_WEBHOOK)."""
        return self.env.get("NEWSWATCH_OPS_WEBHOOK", "").strip() or None

    @property
    def deadman_url(self) -> str | None:
        """What is asked after each healthy cycle (NEWSWATCH_DEADMAN_URL)."""
        return self.env.get("NEWSWATCH_DEADMAN_URL", "").strip() or None

    @property
    def apply_config(self) -> ApplyConfig:
        """Whether this machine may apply its configuration files (NEWSWATCH_APPLY_CONFIG, default auto).

        Raises PermanentError for a value that is none of auto, yes and no.
        """
        given = self.env.get("NEWSWATCH_APPLY_CONFIG", "").strip().lower() or "auto"
        if given not in get_args(ApplyConfig):
            raise PermanentError("NEWSWATCH_APPLY_CONFIG must be auto, yes or no")
        return cast("ApplyConfig", given)

    @property
    def rule_cap(self) -> int:
        """How many messages a rule may bring to a channel within an hour (NEWSWATCH_RULE_CAP, default 60)."""
        return self._count("NEWSWATCH_RULE_CAP", DEFAULT_RULE_CAP)

    @property
    def slack_rate(self) -> int:
        """How many messages a second go to the whole workspace (NEWSWATCH_SLACK_RATE, default 400)."""
        return self._count("NEWSWATCH_SLACK_RATE", DEFAULT_SLACK_RATE)

    def _count(self, name: str, default: int) -> int:
        """Raises PermanentError for a value that is no whole number above 0."""
        given = self.env.get(name, "").strip()
        if given and (not given.isdecimal() or int(given) < 1):
            raise PermanentError(f"{name}: a whole number of messages, at least 1")
        return int(given) if given else default

    @property
    def retention(self) -> Retention:
        """How long things are kept (NEWSWATCH_ITEM_RETENTION, …_ALERT_…, …_SEEN_…, such as 14d).

        Raises PermanentError, naming the setting, for a value that is no duration.
        """
        kept = Retention()
        return Retention(
            items_s=self._duration("NEWSWATCH_ITEM_RETENTION", kept.items_s),
            alerts_s=self._duration("NEWSWATCH_ALERT_RETENTION", kept.alerts_s),
            seen_s=self._duration("NEWSWATCH_SEEN_RETENTION", kept.seen_s),
        )

    def _duration(self, name: str, default_s: float) -> float:
        given = self.env.get(name, "").strip()
        if not given:
            return default_s
        try:
            length_s = parse_duration(given)
        except ValueError as error:
            raise PermanentError(f"{name}: {error}") from error
        if length_s < SHORTEST_RETENTION_S:
            raise PermanentError(f"{name}: at least 1h, since stages may be down for as long")
        return length_s

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.redis.aclose()
