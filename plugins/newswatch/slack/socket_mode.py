"""Clicks, commands and modals over Socket Mode: we open the connection to Slack, so no port has to be reachable from outside.

slack_sdk's client keeps the connection open, answers pings and finds the way back after a loss.
When Slack asks for a new connection, we open it beside the old one, which stays until Slack closes it. slack_sdk
would close the old one first, and Slack would tell anyone who clicked in between that the app does not respond.
Slack delivers an envelope again until it is acknowledged, so it is acknowledged only after its
click is safe in Redis. Commands and modals are acknowledged at once, because Slack waits three seconds.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import ssl
from collections.abc import Awaitable, Callable
from types import TracebackType
from typing import TYPE_CHECKING, Any

import aiohttp
from slack_sdk.errors import SlackApiError
from slack_sdk.socket_mode.aiohttp import SocketModeClient
from slack_sdk.socket_mode.async_client import AsyncBaseSocketModeClient
from slack_sdk.socket_mode.request import SocketModeRequest
from slack_sdk.socket_mode.response import SocketModeResponse
from slack_sdk.web.async_client import AsyncWebClient

from newswatch.errors import (
    NewswatchError,
    PermanentError,
    RetryableError,
    SlackRefused,
    SlackUnavailable,
)
from newswatch.redact import redact_text
from newswatch.slack.client import SlackSettings
from newswatch.slack.requests import Receipt

if TYPE_CHECKING:
    from typing_extensions import Self

log = logging.getLogger("newswatch.slack.socket")

CONNECT_TIMEOUT_S = 30.0
LEAVE_WITHIN_S = 30.0
"""Slack closes a connection about ten seconds after it has asked for another one. After this we close it."""

_NEEDS_ACTION = frozenset(
    {"invalid_auth", "not_authed", "account_inactive", "token_revoked", "not_allowed_token_type"}
    | {"missing_scope", "forbidden_team", "access_denied", "no_permission"}
)


class _Connection(SocketModeClient):
    """slack_sdk's client, but for what happens when Slack asks for a new connection: `renewed` is called."""

    renewed: Callable[[_Connection], Awaitable[None]]

    async def connect_to_new_endpoint(self, force: bool = False) -> None:  # noqa: FBT001, FBT002 - slack_sdk's
        """Called by slack_sdk, with `force` when Slack asks for it, otherwise after a loss."""
        if force:
            await self.renewed(self)
        else:
            await super().connect_to_new_endpoint()


class SocketMode:
    """A connection over which Slack sends what people do. An asynchronous context manager.

    `settings.token` is the app-level token (xapp-…). `take` is called with each payload, and says what is
    acknowledged and what begins then. If it raises RetryableError, the envelope is not acknowledged, so that Slack sends
    it again.
    """

    def __init__(self, settings: SlackSettings, take: Callable[[Any], Awaitable[Receipt]]) -> None:
        self._settings = settings
        self._take = take
        self._client: _Connection | None = None
        self._renewing = asyncio.Lock()
        self._leaving: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> Self:
        """Raises SlackRefused if the token is refused, SlackUnavailable if Slack cannot be reached."""
        self._client = await self._open()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        client, self._client = self._client, None
        for leaving in self._leaving:
            leaving.cancel()
        await asyncio.gather(*self._leaving, return_exceptions=True)
        if client is not None:
            await _close(client)

    async def connected(self) -> bool:
        """Whether Slack could send us a click now."""
        return self._client is not None and await self._client.is_connected()

    def renew(self) -> None:
        """Ask Slack for a new address at the next try. slack_sdk would try a dead one forever."""
        if self._client is not None:
            self._client.wss_uri = None

    async def _open(self) -> _Connection:
        """A new connection. Raises SlackRefused, SlackUnavailable."""
        trust = ssl.create_default_context()
        web = AsyncWebClient(
            token=self._settings.token,
            base_url=self._settings.base_url,
            ssl=trust,
            retry_handlers=[],
            logger=_quiet_logger(),
        )
        web.proxy = self._settings.proxy
        client = _Connection(
            app_token=self._settings.token, logger=_quiet_logger(), web_client=web, proxy=web.proxy
        )
        client.proxy = web.proxy  # the constructor prefers the environment and ignores NO_PROXY
        client.renewed = self._renewed
        client.socket_mode_request_listeners.append(self._receive)
        try:
            await _connect(client)
        except BaseException:
            await _close(client)
            raise
        return client

    async def _renewed(self, asked: _Connection) -> None:
        """Open the next connection, and leave this one to Slack. If that fails, it goes on until Slack closes it."""
        async with self._renewing:
            if asked is not self._client:
                return  # Slack asks more than once
            try:
                opened = await self._open()
            except NewswatchError as error:
                log.warning("Slack asked for a new connection, which failed: %s", error)
                return
            if asked is not self._client:  # we were closed meanwhile
                await _close(opened)
                return
            self._client = opened
        asked.auto_reconnect_enabled = False
        leaving = asyncio.ensure_future(_leave(asked))
        self._leaving.add(leaving)
        leaving.add_done_callback(self._leaving.discard)

    async def _receive(self, client: AsyncBaseSocketModeClient, request: SocketModeRequest) -> None:
        receipt = Receipt()
        if request.type in {"interactive", "slash_commands"}:
            try:
                receipt = await self._take(request.payload)
            except RetryableError as error:
                log.warning("a click was not stored, Slack will send it again: %s", error)
                return
            except PermanentError as error:
                log.warning("a click was refused: %s", error)
        response = SocketModeResponse(envelope_id=request.envelope_id, payload=receipt.answer)
        await client.send_socket_mode_response(response)
        receipt.begin()


async def _connect(client: SocketModeClient) -> None:
    connect: Any = client.connect  # slack_sdk gives it no types
    try:
        # Requested here, because the client itself would retry a bad token forever.
        client.wss_uri = await client.issue_new_wss_url()
    except SlackApiError as error:
        raise _refused(str(error.response.get("error", "unknown"))) from error
    except (aiohttp.ClientError, asyncio.TimeoutError, OSError) as error:
        text = f"Slack cannot be reached for Socket Mode ({type(error).__name__})"
        raise SlackUnavailable(text) from error
    try:
        await asyncio.wait_for(connect(), CONNECT_TIMEOUT_S)
    except asyncio.TimeoutError as error:
        raise SlackUnavailable("Slack did not open a Socket Mode connection within 30 s") from error


async def _leave(client: SocketModeClient) -> None:
    """Answer what still comes on it, until Slack closes it."""
    closed = asyncio.Event()

    async def close(_message: aiohttp.WSMessage) -> None:
        closed.set()

    client.on_close_listeners.append(close)
    try:
        with contextlib.suppress(asyncio.TimeoutError):
            await asyncio.wait_for(closed.wait(), LEAVE_WITHIN_S)
    finally:
        await _close(client)


async def _close(client: SocketModeClient) -> None:
    close: Any = client.close  # slack_sdk gives it no types
    await close()


def _refused(code: str) -> NewswatchError:
    if code in _NEEDS_ACTION:
        text = (
            f"Slack refuses SLACK_APP_TOKEN ({code}): it must be an app-level token (xapp-…) with the scope"
            " connections:write, and the app must have Socket Mode on"
        )
        return SlackRefused(text, code=code)
    return SlackUnavailable(f"Slack does not open a Socket Mode connection at the moment ({code})")


def _quiet_logger() -> logging.Logger:
    """slack_sdk logs whole payloads at DEBUG, and with its errors the address, which contains a secret."""
    logger = logging.getLogger("newswatch.slack.sdk.socket")
    logger.setLevel(logging.WARNING)
    logger.addFilter(_without_tickets)
    return logger


def _without_tickets(record: logging.LogRecord) -> bool:
    record.msg, record.args = redact_text(record.getMessage()), None
    record.exc_info = None
    return True
