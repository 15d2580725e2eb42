"""One Socket Mode connection and what Slack says on it: docs, "Using Socket Mode"."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

from aiohttp import web

from devtools.slack_sim.state import BOT

REASONS = ("refresh_requested", "warning", "link_disabled", "too_many_websockets")
CLOSE_AFTER_S = 10.0
_DEBUG_INFO = {"host": "simulator", "build_number": 1, "approximate_connection_time": 18060}


class Connection:
    """One WebSocket. `leaving`: its client was asked to reconnect, so other connections go first."""

    def __init__(self, ws: web.WebSocketResponse, request: web.Request) -> None:
        self._ws, self._request = ws, request
        self.leaving = False
        self.lost = asyncio.Event()

    async def send(self, message: Mapping[str, Any]) -> None:
        """Sends one JSON message. If that fails, the connection is lost."""
        try:
            await self._ws.send_json(message)
        except (ConnectionError, RuntimeError):
            self.lost.set()

    async def close(self) -> None:
        """Closes it with a close frame."""
        await self._ws.close()

    async def close_after(self, seconds: float) -> None:
        """Closes it after some seconds, unless the client has closed it by then."""
        try:
            await asyncio.wait_for(self.lost.wait(), seconds)
        except asyncio.TimeoutError:
            await self.close()

    def drop(self) -> None:
        """Cuts it without a close frame, as when the network fails."""
        if self._request.transport is not None:
            self._request.transport.abort()


def hello(number: int) -> dict[str, Any]:
    """The first message on a connection; `number` connections are open, this one included."""
    return {
        "type": "hello",
        "num_connections": number,
        "connection_info": {"app_id": BOT["app_id"]},
        "debug_info": _DEBUG_INFO,
    }


def disconnection(reason: str) -> dict[str, Any]:
    """The message that asks the client to reconnect. `reason` is one of REASONS."""
    return {"type": "disconnect", "reason": reason, "debug_info": {"host": _DEBUG_INFO["host"]}}
