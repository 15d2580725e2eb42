"""Notices to ops: one when a cause begins, one every four hours while it lasts, one when it is over.

They go through the outbox to the receiver `ops`. If Redis or Slack is what failed, or there is no receiver
`ops`, they go to the log and, if one is set, to a webhook.
"""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Iterable, Sequence

import aiohttp

from newswatch.config.codec import NewerBundle, UnreadableBundle
from newswatch.errors import FetchRefused, RedisRefused, RedisUnavailable
from newswatch.feeds.proxy import service_proxy
from newswatch.models import Receiver
from newswatch.pipeline.base.configuration import receivers_in_force
from newswatch.pipeline.base.services import Services
from newswatch.redact import redact_text
from newswatch.store import notices
from newswatch.store.client import redis_errors
from newswatch.store.codec import to_ms

log = logging.getLogger("newswatch.ops")

WEBHOOK_TIMEOUT_S = 5.0
SLACK_CAUSES = ("slack", "slack-away")
"""Slack refuses everything, or does not answer."""
WHAT_TO_DO = " What to do: "
"""In a notice, what stands between what is wrong and what to do. In Slack it is one text; the page Status shows both apart."""
FULL_CAUSE = "redis-full"
"""Delivery may fail for the same reason, so this cause goes to the webhook as well as to the ops channel."""


def ops_channel(receivers: Iterable[Receiver]) -> str:
    """The channel of the receiver `ops`, "" if there is none."""
    return next((r.channel for r in receivers if r.id == "ops"), "")


async def raise_notice(services: Services, cause: str, text: str) -> None:
    """The cause has begun or lasts: notify ops, unless that was done within the last four hours."""
    await _switch(services, cause, text, "on")


async def notify_once(services: Services, cause: str, text: str) -> None:
    """Notify ops of an event that has no end. At most once in four hours."""
    await _switch(services, cause, text, "once")


async def say(services: Services, channel: str, cause: str, text: str) -> None:
    """Post a line to the readers of a channel, through its queue."""
    await say_once(services, channel, cause, text)
    with redis_errors():
        await notices.drop(services.redis, [cause])


async def say_once(services: Services, channel: str, cause: str, text: str) -> None:
    """Post a line to the readers of a channel, once for the cause within four hours, whatever is killed."""
    with redis_errors():
        await notices.switch(
            services.redis,
            cause,
            "once",
            notice_text=redact_text(text),
            ops_channel=channel,
            now_ms=to_ms(services.clock()),
        )


async def clear_notice(services: Services, cause: str, text: str) -> None:
    """The cause is over: notify ops if its beginning was reported. Cheap if nothing was."""
    with redis_errors():
        if not await notices.is_active(services.redis, cause):
            return
    await _switch(services, cause, text, "off")


async def drop(services: Services, causes: Sequence[str]) -> None:
    """Delete notices without a message to ops that they are over."""
    with redis_errors():
        await notices.drop(services.redis, causes)


async def _switch(services: Services, cause: str, text: str, how: notices.Switch) -> None:
    text = redact_text(text)
    try:
        with redis_errors():
            ops = await _ops_channel(services)
            channel = ops if how == "off" else _channel_for(cause, ops)
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
    if queued == "" or (queued is not None and _also_to_webhook(cause, ops)):
        await _to_webhook(services, cause, text)


async def _ops_channel(services: Services) -> str:
    """The ops channel in force; "" if this release cannot read the configuration."""
    try:
        return ops_channel(await receivers_in_force(services) or ())
    except (UnreadableBundle, NewerBundle):
        return ""


def _channel_for(cause: str, channel: str) -> str:
    """Where a notice is posted: "" if its cause is Slack itself, the workspace or the ops channel."""
    ours = (f"channel:{channel}", f"wait:{channel}", f"behind:{channel}")
    return "" if cause in (*SLACK_CAUSES, "workspace", *ours) else channel


def _also_to_webhook(cause: str, channel: str) -> bool:
    """Whether a notice that is posted goes to the webhook too, as the one before did."""
    return cause == FULL_CAUSE or (bool(channel) and not _channel_for(cause, channel))


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
