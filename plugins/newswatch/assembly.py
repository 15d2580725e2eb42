"""Puts the parts together: the pipeline's services, with Slack as the sender."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from redis.asyncio import Redis

from newswatch.connections import Connections, Found, NoConnections, RedisAddress
from newswatch.errors import PermanentError
from newswatch.feeds.auth import Resolve, no_secret, resolver
from newswatch.feeds.proxy import service_proxy
from newswatch.pipeline.base.clock import RedisClock
from newswatch.pipeline.base.services import Services
from newswatch.settings import Settings
from newswatch.slack.client import SlackSettings
from newswatch.slack.layout import SlackLayout
from newswatch.store.client import connect

NO_REDIS = (
    "REDIS_URL is not set: put it into .env or the environment, or use `make run`. Where Airflow is set up, its connection "
    "newswatch_redis will do"
)


@dataclass(frozen=True, slots=True)
class Ends:
    """The two services that newswatch works between. `slack` is None without a token, or if it was not asked for."""

    redis: Found[RedisAddress]
    slack: Found[SlackSettings] | None


def services_of(
    settings: Settings, redis: Redis, slack: SlackSettings | None, resolve_auth: Resolve = no_secret
) -> Services:
    """Services with these connections, and Redis' time for all of them."""
    clock = RedisClock()
    address = None if slack is None else replace(slack, clock=clock)
    return Services(settings, redis, address, SlackLayout(), clock, resolve_auth)


def ends_from(
    settings: Settings, connections: Connections, *, slack: bool, origins: Mapping[str, str] | None = None
) -> Ends:
    """Redis and, if asked for, Slack: as the settings name them, else the connections. `origins`: of the settings.

    Raises PermanentError if nothing names a Redis, and what `connections` raises.
    """
    origins = origins or {}
    redis = connections.redis() if settings.redis_url is None else _redis_of(settings.redis_url, origins)
    if redis is None:
        raise PermanentError(NO_REDIS)
    if not slack:
        return Ends(redis, None)
    return Ends(redis, _slack_of(settings, origins) or connections.slack(settings.network))


def services_to(settings: Settings, ends: Ends, connections: Connections) -> Services:
    """Services between these ends. Secrets of feeds are variables or connections."""
    redis = connect(ends.redis.value.url, **ends.redis.value.options)
    resolve_auth = resolver(settings.feed_secrets, connections.feed)
    return services_of(settings, redis, ends.slack.value if ends.slack else None, resolve_auth)


def services_from(settings: Settings) -> Services:
    """Services as the settings alone name them. Raises PermanentError if no Redis is named."""
    return services_to(settings, ends_from(settings, NoConnections(), slack=True), NoConnections())


def _redis_of(url: str, origins: Mapping[str, str]) -> Found[RedisAddress]:
    return Found(RedisAddress(url), origins.get("REDIS_URL", "REDIS_URL"))


def _slack_of(settings: Settings, origins: Mapping[str, str]) -> Found[SlackSettings] | None:
    if not settings.slack_token:
        return None
    proxy = service_proxy(settings.slack_base_url, settings.network)
    origin = origins.get("SLACK_BOT_TOKEN", "SLACK_BOT_TOKEN")
    return Found(SlackSettings(settings.slack_token, settings.slack_base_url, proxy=proxy), origin)
