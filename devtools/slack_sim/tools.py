"""The tools below /sim/: reading the workspace, settings, and faults to order."""

from __future__ import annotations

import json
from typing import Any

from aiohttp import web

from devtools.slack_sim.api import SIMULATOR
from devtools.slack_sim.faults import BadFault, read_fault
from devtools.slack_sim.settings import BadSettings, changed

_DRAWN_PER_CHANNEL = 400
_DRAWN_WHISPERS = 20
_SHOWN = ("channel", "ts", "text", "blocks", "metadata", "thread_ts", "broadcast", "edited")


async def messages(request: web.Request) -> web.Response:
    """`GET /sim/messages`: every message as it is now, in the order of acceptance."""
    records = request.app[SIMULATOR].workspace.all_messages()
    wanted = request.query.get("channel")
    return web.json_response([_shown(record) for record in records if wanted in {None, record["channel"]}])


def _shown(record: dict[str, Any]) -> dict[str, Any]:
    view = {name: record[name] for name in _SHOWN}
    if view["thread_ts"] is None:
        del view["thread_ts"]
    return view


async def whispers(request: web.Request) -> web.Response:
    """`GET /sim/whispers`: what only one user sees, `{channel, user, text, blocks?}`: chat.postEphemeral and answers."""
    return web.json_response(request.app[SIMULATOR].workspace.whispers)


async def channels(request: web.Request) -> web.Response:
    """`GET /sim/channels`."""
    found = request.app[SIMULATOR].workspace.channels.values()
    return web.json_response([_channel(channel) for channel in found])


def _channel(channel: Any) -> dict[str, Any]:
    names = ("id", "name", "archived", "member", "private")
    return {**{name: getattr(channel, name) for name in names}, "messages": len(channel.messages)}


async def reset(request: web.Request) -> web.Response:
    """`POST /sim/reset`: no messages, counts at zero, settings and faults as at the start."""
    request.app[SIMULATOR].reset()
    return web.json_response({"ok": True})


async def add_faults(request: web.Request) -> web.Response:
    """`POST /sim/faults`: one fault or a list of them."""
    body = await read_json(request)
    book = request.app[SIMULATOR].faults
    try:
        orders = [read_fault(order) for order in (body if isinstance(body, list) else [body])]
    except (BadFault, TypeError, ValueError) as error:
        raise web.HTTPBadRequest(text=f"{error}\n") from error
    for order in orders:
        book.add(order)
    return web.json_response({"ok": True, "faults": book.describe()})


async def show_faults(request: web.Request) -> web.Response:
    """`GET /sim/faults`: the faults that are still ordered, and how many requests each kind has hit."""
    book = request.app[SIMULATOR].faults
    return web.json_response({"faults": book.describe(), "spent": dict(book.spent)})


async def clear_faults(request: web.Request) -> web.Response:
    """`DELETE /sim/faults`."""
    request.app[SIMULATOR].faults.clear()
    return web.json_response({"ok": True})


async def configure(request: web.Request) -> web.Response:
    """`POST /sim/config`: see SimSettings for the names."""
    simulator = request.app[SIMULATOR]
    body = await read_json(request)
    try:
        simulator.settings = changed(simulator.settings, body)
    except (BadSettings, AttributeError) as error:
        raise web.HTTPBadRequest(text=f"{error}\n") from error
    simulator.workspace.configure(simulator.settings)
    return web.json_response({"ok": True})


async def delete(request: web.Request) -> web.Response:
    """`POST /sim/delete`: deletes a message, `{channel, ts}`."""
    body = await read_json(request)
    if not request.app[SIMULATOR].workspace.delete(str(body.get("channel")), str(body.get("ts"))):
        raise web.HTTPNotFound(text="there is no such message\n")
    return web.json_response({"ok": True})


async def stats(request: web.Request) -> web.Response:
    """`GET /sim/stats`."""
    simulator = request.app[SIMULATOR]
    return web.json_response({**simulator.stats.report(), "faults_spent": dict(simulator.faults.spent)})


async def view(request: web.Request) -> web.Response:
    """`GET /sim/view?version=N`: the data of the page; only the version if nothing has changed.

    It has the newest messages of each channel. Each channel says how many messages it has in total.
    """
    workspace = request.app[SIMULATOR].workspace
    if request.query.get("version") == str(workspace.version):
        return web.json_response({"version": workspace.version})
    found = workspace.channels.values()
    newest = [channel.messages[ts] for channel in found for ts in channel.order[-_DRAWN_PER_CHANNEL:]]
    return web.json_response(
        {
            "version": workspace.version,
            "users": workspace.users,
            "whispers": workspace.whispers[-_DRAWN_WHISPERS:],
            "views": [opened.record() for opened in request.app[SIMULATOR].dialogs.views.values()],
            "channels": [_channel(channel) for channel in found],
            "messages": [_shown(message.record()) for message in newest],
        }
    )


async def read_json(request: web.Request) -> Any:
    """The JSON body of a request. Raises HTTPBadRequest if it is not JSON."""
    try:
        return await request.json()
    except json.JSONDecodeError as error:
        raise web.HTTPBadRequest(text=f"{request.path}: the body is not JSON: {error}\n") from error


@web.middleware
async def same_origin_only(request: web.Request, handler: Any) -> web.StreamResponse:
    """Refuses requests from the pages of other sites, because the tools have no login."""
    origin = request.headers.get("Origin")
    if origin and request.path.startswith("/sim/") and origin.split("://")[-1] != request.host:
        raise web.HTTPForbidden(text="only programs and the simulator's own page may use the tools\n")
    response: web.StreamResponse = await handler(request)
    return response


ROUTES = [
    web.get("/sim/messages", messages),
    web.get("/sim/channels", channels),
    web.get("/sim/whispers", whispers),
    web.get("/sim/view", view),
    web.get("/sim/stats", stats),
    web.post("/sim/reset", reset),
    web.post("/sim/config", configure),
    web.post("/sim/delete", delete),
    web.get("/sim/faults", show_faults),
    web.post("/sim/faults", add_faults),
    web.delete("/sim/faults", clear_faults),
]
