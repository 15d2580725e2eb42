"""Where clicks arrive, whichever way they came: noted at once, shown in Slack right after."""

from __future__ import annotations

import asyncio
import logging
from typing import Any

from newswatch.errors import NewswatchError, RedisRefused, RedisUnavailable
from newswatch.pipeline.clicks import take_click
from newswatch.pipeline.services import Services
from newswatch.pipeline.updates import refresh
from newswatch.slack.clicks import Click, read_click
from newswatch.slack.client import SlackClient
from newswatch.store.client import redis_errors

log = logging.getLogger("newswatch.listener")

GONE = "newswatch no longer keeps this message, so there is nothing to note about it."


class Desk:
    """Takes payloads. `settle` before Redis and Slack are closed."""

    def __init__(self, services: Services, client: SlackClient) -> None:
        self._services = services
        self._client = client
        self._showing: set[asyncio.Task[None]] = set()

    async def take(self, payload: Any) -> None:
        """Note what the reader said; returns once it is safe.

        Raises BadClick for what Slack would not send, RedisUnavailable where it cannot be noted now: the
        reader is shown that it failed and can click again, so a refusal of Redis counts as one that passes.
        Idle connections are closed then: after a failover they lead to a server that is only a replica.
        """
        click = read_click(payload)
        if click is None:
            return
        try:
            taken = await take_click(self._services, click)
        except (RedisRefused, RedisUnavailable) as error:
            await self._services.redis.connection_pool.disconnect(inuse_connections=False)
            raise RedisUnavailable(str(error)) from error
        log.info("%s %s of %s: %s", click.action.kind, click.action.on, taken.message_id, taken.effect)
        if taken.effect != "other_channel":
            task = asyncio.create_task(self._show(click, known=taken.effect != "unknown_message"))
            self._showing.add(task)
            task.add_done_callback(self._showing.discard)

    async def settle(self) -> None:
        """Wait until what was noted is shown."""
        await asyncio.gather(*self._showing, return_exceptions=True)

    async def _show(self, click: Click, *, known: bool) -> None:
        """The message follows; what fails here is noted as out of date, and the deliver stage makes up for it."""
        if not known:
            await self._client.whisper(click.channel, click.user_id, GONE)
            return
        try:
            with redis_errors():
                await refresh(self._services, self._client, click.message_id)
        except NewswatchError as error:
            log.warning("message %s does not show yet what was clicked: %s", click.message_id, error)
