"""`newswatch listen`: opens the configured ways to receive clicks, and records in Redis that it runs."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass, field, replace

from aiohttp import web

from newswatch.errors import PermanentError, RetryableError
from newswatch.listener.inbox import Inbox
from newswatch.listener.web import CLICKS_PATH, build
from newswatch.pipeline.base.services import Services
from newswatch.setting_forms import Address
from newswatch.slack.client import SlackClient, SlackSettings
from newswatch.slack.socket_mode import SocketMode
from newswatch.store import listening
from newswatch.store.client import redis_errors
from newswatch.store.listening import BEAT_S, Listening
from newswatch.store.server import check_server

log = logging.getLogger("newswatch.listener")

AGAIN_S = 2.0
DEFAULT_ADDRESS = Address("127.0.0.1", 8083)
NOTHING_SET = (
    "No way to receive clicks is configured: set SLACK_APP_TOKEN (Socket Mode, no port needed) or SLACK_SIGNING_SECRET"
    " (signed HTTP behind a reverse proxy) in .env or the environment. See docs/operations.md, Buttons"
)


@dataclass(frozen=True, slots=True)
class Ways:
    """How clicks come: over Socket Mode with an app-level token, over HTTP with a signing secret, or both."""

    app_token: str | None = field(default=None, repr=False)
    signing_secret: str | None = field(default=None, repr=False)
    host: str = "127.0.0.1"
    port: int = 8083

    @property
    def names(self) -> tuple[str, ...]:
        """The names that people read."""
        socket = ("Socket Mode",) if self.app_token else ()
        return (*socket, "HTTP") if self.signing_secret else socket


def ways_from(services: Services) -> Ways:
    """From SLACK_APP_TOKEN, SLACK_SIGNING_SECRET and NEWSWATCH_LISTEN. Raises PermanentError where nothing is set."""
    settings = services.settings
    if settings.slack_app_token is None and settings.slack_signing_secret is None:
        raise PermanentError(NOTHING_SET)
    host, port = settings.listen or DEFAULT_ADDRESS
    return Ways(settings.slack_app_token, settings.slack_signing_secret, host, port)


async def run_listener(
    services: Services,
    slack: SlackSettings,
    ways: Ways,
    stop: asyncio.Event,
    *,
    say: Callable[[str], None] = lambda _text: None,
) -> None:
    """Listen until `stop` is set, even while Redis or Slack is away.

    Raises PermanentError, RedisRefused or SlackRefused if a setting is wrong.
    """
    async with AsyncExitStack() as open_ways:
        client = await open_ways.enter_async_context(SlackClient(slack))
        inbox = Inbox(services, client)
        open_ways.push_async_callback(inbox.settle)
        connection = SocketMode(replace(slack, token=ways.app_token or ""), inbox.take)

        async def listens() -> bool:
            return ways.signing_secret is not None or await connection.connected()

        address = await _serve(open_ways, build(inbox, ways.signing_secret, listens), ways)
        if ways.signing_secret:
            say(f"clicks over HTTP: http://{address}{CLICKS_PATH}")
        while ways.app_token and not await _connected(open_ways, connection):
            if await _stopped(stop, AGAIN_S):
                return
        if ways.app_token:
            say("clicks over Socket Mode: connected")
        me = Listening(ways.names, services.clock())
        while not stop.is_set():
            # Without the socket no click arrives, unless HTTP is open as well.
            beaten = await listens() and await _beat(services, me)
            await _stopped(stop, BEAT_S if beaten else AGAIN_S)
            if ways.app_token and not await connection.connected():
                connection.renew()


async def _serve(open_ways: AsyncExitStack, app: web.Application, ways: Ways) -> str:
    """Open the port and return its address."""
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    open_ways.push_async_callback(runner.cleanup)
    try:
        await web.TCPSite(runner, ways.host, ways.port).start()
    except OSError as error:
        raise PermanentError(
            f"NEWSWATCH_LISTEN: cannot listen on {ways.host}:{ways.port} ({error.strerror})"
        ) from error
    return f"{ways.host}:{runner.addresses[0][1]}"


async def _connected(open_ways: AsyncExitStack, connection: SocketMode) -> bool:
    """Connect. False if Slack cannot be reached. Raises SlackRefused."""
    try:
        await open_ways.enter_async_context(connection)
    except RetryableError as error:
        log.warning("%s; trying again", error)
        return False
    return True


async def _beat(services: Services, me: Listening) -> bool:
    """Record that a listener runs. False if Redis cannot be reached. Raises RedisRefused.

    After trouble the idle connections are closed: they may lead to a server that is no longer the primary.
    """
    try:
        await check_server(services.redis)
        await services.read_clock()
        with redis_errors():
            await listening.beat(services.redis, me)
    except RetryableError as error:
        log.warning("%s", error)
        await services.redis.connection_pool.disconnect(inuse_connections=False)
        return False
    return True


async def _stopped(stop: asyncio.Event, within_s: float) -> bool:
    """Whether `stop` was set within that time."""
    with contextlib.suppress(asyncio.TimeoutError):
        await asyncio.wait_for(stop.wait(), within_s)
    return stop.is_set()
