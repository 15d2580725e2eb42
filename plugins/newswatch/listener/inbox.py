"""Where everything arrives that people do in Slack, over Socket Mode or HTTP.

A member's click is stored at once and then shown in Slack. Commands, shortcuts and modals go to `commands`.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Coroutine
from typing import Any

from newswatch.errors import NewswatchError, RedisRefused, RedisUnavailable
from newswatch.listener.clicks import take_click
from newswatch.listener.commands import Commands
from newswatch.listener.members import Members
from newswatch.listener.rights import NOTHING
from newswatch.pipeline.base.services import Services
from newswatch.pipeline.deliver.updates import refresh_soon
from newswatch.slack import modals
from newswatch.slack.clicks import Click, read_click
from newswatch.slack.client import SlackClient
from newswatch.slack.requests import Receipt, Request, read_request
from newswatch.store.client import redis_errors

log = logging.getLogger("newswatch.listener")

GONE = "newswatch no longer has a record of this message, so your click had no effect."


class Inbox:
    """Receives payloads. Call `settle` before Redis and Slack are closed."""

    def __init__(self, services: Services, client: SlackClient) -> None:
        self._services = services
        self._client = client
        self._commands = Commands(services, client)
        self._members = Members(client)
        self._showing: set[asyncio.Task[None]] = set()

    async def take(self, payload: Any) -> Receipt:
        """Store what a member clicked. Returns once it is safe in Redis. Anything else is only looked at.

        Raises BadClick for a payload that Slack would not send, and RedisUnavailable if it cannot be stored
        now: the reader sees that it failed and can click again, so a refusal by Redis counts as temporary.
        Idle connections are then closed: after a failover they lead to a server that is only a replica.
        """
        request = read_request(payload)
        if request is not None:
            return await self._asked(request)
        click = read_click(payload)
        if click is None:
            return Receipt()
        refusal = await self._members.why_not(click.user_id)
        if refusal:
            log.warning("a click of %s on %s was refused: %s", click.user_id, click.message_id, refusal)
            self._later(self._whisper(click, f"{refusal} {NOTHING}"))
            return Receipt()
        try:
            taken = await take_click(self._services, click)
        except (RedisRefused, RedisUnavailable) as error:
            await self._services.redis.connection_pool.disconnect(inuse_connections=False)
            raise RedisUnavailable(str(error)) from error
        log.info("%s %s of %s: %s", click.action.kind, click.action.on, taken.message_id, taken.effect)
        if taken.effect == "unknown_message":
            self._later(self._whisper(click, GONE))
        elif taken.effect != "other_channel":
            self._later(self._show(click))
        return Receipt()

    def _later(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._showing.add(task)
        task.add_done_callback(self._showing.discard)

    async def _asked(self, request: Request) -> Receipt:
        try:
            return await self._commands.take(request)
        except (RedisRefused, RedisUnavailable) as error:
            await self._services.redis.connection_pool.disconnect(inuse_connections=False)
            raise RedisUnavailable(str(error)) from error

    async def settle(self) -> None:
        """Wait until what was stored is shown, and what was asked is answered."""
        await self._commands.settle()
        await asyncio.gather(*self._showing, return_exceptions=True)

    async def _whisper(self, click: Click, text: str) -> None:
        """Say it to the reader who clicked, and to nobody else."""
        said, blocks = modals.said_text([text]), modals.said([text])
        outcome = await self._client.whisper(click.channel, click.user_id, said, blocks)
        if not outcome.ok:
            log.warning("%s was not told about the click: %s", click.user_id, outcome.message)

    async def _show(self, click: Click) -> None:
        """Update the message. If that fails, the message stays marked as out of date and deliver updates it."""
        try:
            with redis_errors():
                await refresh_soon(self._services, self._client, click.message_id)
        except NewswatchError as error:
            log.warning("message %s does not show the click yet: %s", click.message_id, error)
