"""Ops notices: one on onset, one each four hours while it lasts, one on recovery.

They go through the outbox to the receiver `ops`. Where Redis or Slack is what failed, or no
receiver `ops` is configured, they go to the log and, if one is set, to a webhook.
"""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Sequence

import aiohttp

from newswatch.config.codec import NewerBundle, UnreadableBundle
from newswatch.errors import FetchRefused, RedisRefused, RedisUnavailable
from newswatch.feeds.proxy import service_proxy
from newswatch.models import Bundle
from newswatch.pipeline.base.configuration import in_force
from newswatch.pipeline.base.services import Services
from newswatch.redact import redact_text
from newswatch.store import notices
from newswatch.store.client import redis_errors
from newswatch.store.codec import to_ms

log = logging.getLogger("newswatch.ops")

WEBHOOK_TIMEOUT_S = 5.0
FULL_CAUSE = "redis-full"
"""Delivery may be about to fail as well, so this cause goes to the webhook besides the ops channel."""


def ops_channel(bundle: Bundle | None) -> str:
    """The channel of the receiver `ops`, "" where there is none."""
    return next((r.channel for r in bundle.receivers if r.id == "ops"), "") if bundle else ""


async def raise_notice(services: Services, cause: str, text: str) -> None:
    """Say that `cause` holds; tells ops unless it was told within the last four hours."""
    await _switch(services, cause, text, "on")


async def tell_once(services: Services, cause: str, text: str) -> None:
    """Say that something happened that has no end to wait for; at most once in four hours."""
    await _switch(services, cause, text, "once")


async def clear_notice(services: Services, cause: str, text: str) -> None:
    """Say that `cause` is over; tells ops if it had been told of it. Cheap when nothing was raised."""
    with redis_errors():
        if not await notices.is_active(services.redis, cause):
            return
    await _switch(services, cause, text, "off")


async def drop(services: Services, causes: Sequence[str]) -> None:
    """Forget causes that nobody has to hear the end of."""
    with redis_errors():
        await notices.drop(services.redis, causes)


async def _switch(services: Services, cause: str, text: str, how: notices.Switch) -> None:
    text = redact_text(text)
    try:
        with redis_errors():
            channel = _told_in(cause, await _ops_channel(services))
            queued = await notices.switch(
                services.redis,
                cause,
                how,
                notice_text=text,
                ops_channel=channel,
                now_ms=to_ms(services.clock()),
            )
    except (RedisUnavailable, RedisRefused):
        log.warning("%s: %s", cause, text)
        await _to_webhook(services, cause, text)
        return
    if queued is not None:
        log.warning("%s: %s", cause, text)
    if queued == "" or (queued is not None and cause == FULL_CAUSE):
        await _to_webhook(services, cause, text)


async def _ops_channel(services: Services) -> str:
    """Of what is in force; "" where this release cannot read that."""
    try:
        return ops_channel(await in_force(services))
    except (UnreadableBundle, NewerBundle):
        return ""


def _told_in(cause: str, channel: str) -> str:
    """The channel for a notice; none where the cause is Slack itself or the ops channel."""
    return "" if cause in ("slack", f"channel:{channel}") else channel


async def _to_webhook(services: Services, cause: str, text: str) -> None:
    url = services.settings.ops_webhook
    if url is None:
        return
    body = json.dumps({"text": f"newswatch: {text}", "cause": cause})
    headers = {"Content-Type": "application/json"}
    timeout = aiohttp.ClientTimeout(total=WEBHOOK_TIMEOUT_S)
    try:
        proxy = service_proxy(url, services.settings.network)
        async with (
            aiohttp.ClientSession(timeout=timeout) as session,
            session.post(url, data=body, headers=headers, proxy=proxy) as answer,
        ):
            if answer.status >= 400:
                log.error("the ops webhook answered %d", answer.status)
    except (aiohttp.ClientError, asyncio.TimeoutError, OSError, FetchRefused) as error:
        log.error("the ops webhook cannot be reached: %s", type(error).__name__)  # noqa: TRY400
