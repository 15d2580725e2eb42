"""Faults of the network: closed sockets, delayed answers, HTML instead of JSON."""

from __future__ import annotations

import asyncio
import socket
import struct
from collections.abc import Mapping

from aiohttp import web

from devtools.slack_sim.answers import error_response
from devtools.slack_sim.errors import SlackError
from devtools.slack_sim.faults import Fault

_HTML = (
    "<!DOCTYPE html><html><head><title>Slack</title></head><body><h1>Something went wrong</h1></body></html>"
)
_GARBLED = '{"ok":true,"channel":"C00'


async def spoil(request: web.Request, fault: Fault, headers: Mapping[str, str]) -> web.StreamResponse:
    """The answer that a fault causes: an error, a broken page, or none."""
    await asyncio.sleep(fault.hold_s)
    kind = fault.kind
    if fault.code is not None:
        error = SlackError(fault.code, retry_after_s=fault.retry_after_s, **_details(fault.code))
        return error_response(error, headers)
    if kind.startswith("http_"):
        return web.Response(status=int(kind[5:]), text=_HTML, content_type="text/html")
    if kind == "html":
        return web.Response(text=_HTML, content_type="text/html")
    if kind == "garbled":
        return web.Response(text=_GARBLED, content_type="application/json")
    return hang_up(request, abruptly=kind == "reset")


def _details(kind: str) -> dict[str, str]:
    if kind == "missing_scope":
        return {"needed": "chat:write", "provided": "channels:read"}
    return {}


def hang_up(request: web.Request, *, abruptly: bool) -> web.StreamResponse:
    """Closes the connection without an answer; abruptly: with a TCP reset."""
    transport = request.transport
    if transport is not None:
        sock = transport.get_extra_info("socket")
        if abruptly and sock is not None:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        transport.abort()
    return web.Response(status=500)
