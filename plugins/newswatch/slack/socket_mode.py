"""Clicks, commands and modals over Socket Mode: we open the connection to Slack, so no port has to be reachable from outside.

slack_sdk's client keeps the connection open, answers pings and reconnects when Slack asks for it.
Slack delivers an envelope again until it is acknowledged, so it is acknowledged only after its
click is safe in Redis. Commands and modals are acknowledged at once, because Slack waits three seconds.
"""

from __future__ import annotations

import asyncio
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

_NEEDS_ACTION = frozenset(
    {"invalid_auth", "not_authed", "account_inactive", "token_revoked", "not_allowed_token_type"}
    | {"missing_scope", "forbidden_team", "access_denied", "no_permission"}
)


class SocketMode:
    """A connection over which Slack sends what people do. An asynchronous context manager.

    `settings.token` is the app-level token (xapp-…). `take` is called with each payload, and says what is
    acknowledged and what begins then. If it raises RetryableError, the envelope is not acknowledged, so that Slack sends
    it again.
    """

    def __init__(self, settings: SlackSettings, take: Callable[[Any], Awaitable[Receipt]]) -> None:
        self._settings = settings
        self._take = take
        self._client: SocketModeClient | None = None

    async def __aenter__(self) -> Self:
        """Raises SlackRefused if the token is refused, SlackUnavailable if Slack cannot be reached."""
        trust = ssl.create_default_context()
        web = AsyncWebClient(
            token=self._settings.token,
            base_url=self._settings.base_url,
            ssl=trust,
            retry_handlers=[],
            logger=_quiet_logger(),
        )
        web.proxy = self._settings.proxy
        client = SocketModeClient(
            app_token=self._settings.token, logger=_quiet_logger(), web_client=web, proxy=web.proxy
        )
        client.proxy = web.proxy  # the constructor prefers the environment and ignores NO_PROXY
        client.socket_mode_request_listeners.append(self._receive)
        try:
            # Requested here, because the client itself would retry a bad token forever.
            client.wss_uri = await client.issue_new_wss_url()
        except SlackApiError as error:
            await _close(client)
            raise _refused(str(error.response.get("error", "unknown"))) from error
        except (aiohttp.ClientError, asyncio.TimeoutError, OSError) as error:
            await _close(client)
            text = f"Slack cannot be reached for Socket Mode ({type(error).__name__})"
            raise SlackUnavailable(text) from error
        connect: Any = client.connect  # slack_sdk gives it no types
        try:
            await asyncio.wait_for(connect(), CONNECT_TIMEOUT_S)
        except asyncio.TimeoutError as error:
            await _close(client)
            raise SlackUnavailable("Slack did not open a Socket Mode connection within 30 s") from error
        self._client = client
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._client is not None:
            await _close(self._client)

    async def connected(self) -> bool:
        """Whether Slack could send us a click now."""
        return self._client is not None and await self._client.is_connected()

    def renew(self) -> None:
        """Ask Slack for a new address at the next try. slack_sdk would try a dead one forever."""
        if self._client is not None:
            self._client.wss_uri = None

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
