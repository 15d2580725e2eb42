"""Clicks on buttons, and the Socket Mode connections that they go over."""

from __future__ import annotations

from dataclasses import replace

from aiohttp import web

from devtools.slack_sim.api import SIMULATOR
from devtools.slack_sim.clicks import BadClickOrder, NoSuchButton, block_actions, find_button, read_click
from devtools.slack_sim.connection import CLOSE_AFTER_S, REASONS
from devtools.slack_sim.delivery import Parcel, deliver, report
from devtools.slack_sim.tools import read_json


async def click(request: web.Request) -> web.Response:
    """`POST /sim/click`: `{delivered, status, acknowledged, error?}`, plus `statuses` when repeated."""
    simulator = request.app[SIMULATOR]
    order = await read_json(request)
    try:
        wanted = read_click(order, simulator.workspace.users)
        button = find_button(wanted, simulator.workspace.channels)
    except BadClickOrder as error:
        raise web.HTTPBadRequest(text=f"{error}\n") from error
    except NoSuchButton as error:
        raise web.HTTPNotFound(text=f"{error}\n") from error
    simulator.workspace.remember_user(wanted.user.id, wanted.user.name)
    user = wanted.user.id
    account = simulator.workspace.user(user) or wanted.user
    wanted = replace(wanted, user=replace(account, name=wanted.user.name))
    payload = block_actions(
        wanted,
        button,
        wall=simulator.wall(),
        trigger_id=simulator.dialogs.trigger(user, simulator.now),
        response_url=simulator.answer_url(request, wanted.channel, user),
    )
    parcel = Parcel(payload, repeat=wanted.repeat, signature=wanted.signature, timestamp=wanted.timestamp)
    return web.json_response(report(*await deliver(simulator, parcel)))


async def show_sockets(request: web.Request) -> web.Response:
    """`GET /sim/socket`: `{connections, undelivered}`, the numbers of open connections and waiting clicks."""
    sockets = request.app[SIMULATOR].sockets
    return web.json_response({"connections": sockets.connections, "undelivered": sockets.undelivered})


async def disconnect(request: web.Request) -> web.Response:
    """`POST /sim/socket/disconnect`: `{reason?, close_after_s?}`, or `{"abruptly": true}`."""
    sockets = request.app[SIMULATOR].sockets
    order = await read_json(request) if request.can_read_body else {}
    known = {"reason", "close_after_s", "abruptly"}
    if not isinstance(order, dict) or set(order) - known:
        raise web.HTTPBadRequest(
            text=f"the body must be an object with {', '.join(sorted(known))}, not {order!r}\n"
        )
    reason, close_after_s = order.get("reason", REASONS[0]), order.get("close_after_s", CLOSE_AFTER_S)
    if reason not in REASONS:
        raise web.HTTPBadRequest(text=f"reason must be one of {', '.join(REASONS)}, not {reason!r}\n")
    if isinstance(close_after_s, bool) or not isinstance(close_after_s, (int, float)) or close_after_s < 0:
        raise web.HTTPBadRequest(text=f"close_after_s must be a number of seconds, not {close_after_s!r}\n")
    count = sockets.drop() if order.get("abruptly") else await sockets.disconnect(reason, close_after_s)
    return web.json_response({"ok": True, "disconnected": count})


async def connect(request: web.Request) -> web.StreamResponse:
    """`GET /sim/socket/{ticket}`: the WebSocket whose address apps.connections.open gives."""
    return await request.app[SIMULATOR].sockets.serve(request)


async def close_sockets(app: web.Application) -> None:
    """Close all connections, so that the simulator can end while listeners are connected."""
    await app[SIMULATOR].sockets.close()


ROUTES = [
    web.post("/sim/click", click),
    web.get("/sim/socket", show_sockets),
    web.post("/sim/socket/disconnect", disconnect),
    web.get("/sim/socket/{ticket}", connect),
]
