"""Puts the parts together: the pipeline's services, with Slack as the sender."""

from __future__ import annotations

from dataclasses import replace

from redis.asyncio import Redis

from newswatch.errors import PermanentError
from newswatch.feeds.auth import Resolve, no_secret, resolver
from newswatch.feeds.proxy import service_proxy
from newswatch.pipeline.base.clock import RedisClock
from newswatch.pipeline.base.services import Services
from newswatch.settings import Settings
from newswatch.slack.client import SlackSettings
from newswatch.slack.layout import SlackLayout
from newswatch.store.client import connect

NO_REDIS = "REDIS_URL is not set: put it into .env or the environment, or use `make run`"


def services_of(
    settings: Settings, redis: Redis, slack: SlackSettings | None, resolve_auth: Resolve = no_secret
) -> Services:
    """Services with these connections, and Redis' time for all of them."""
    clock = RedisClock()
    address = None if slack is None else replace(slack, clock=clock)
    return Services(settings, redis, address, SlackLayout(), clock, resolve_auth)


def services_from(settings: Settings) -> Services:
    """Services as the settings name them. Raises PermanentError if no Redis is named."""
    if settings.redis_url is None:
        raise PermanentError(NO_REDIS)
    redis = connect(settings.redis_url)
    return services_of(settings, redis, slack_from(settings), resolver(settings.feed_secrets))


def slack_from(settings: Settings) -> SlackSettings | None:
    """How to reach Slack, None without a token."""
    if not settings.slack_token:
        return None
    proxy = service_proxy(settings.slack_base_url, settings.network)
    return SlackSettings(settings.slack_token, settings.slack_base_url, proxy=proxy)
