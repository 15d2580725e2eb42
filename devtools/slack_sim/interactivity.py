"""How clicks reach the app: over a Socket Mode connection, as a signed request, or not at all."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

import aiohttp
from aiohttp import web

from devtools.slack_sim.api import SIMULATOR, Simulator
from devtools.slack_sim.clicks import (
    BadClickOrder,
    ClickOrder,
    NoSuchButton,
    block_actions,
    find_button,
    read_click,
)
from devtools.slack_sim.connection import CLOSE_AFTER_S, REASONS
from devtools.slack_sim.settings import SimSettings
from devtools.slack_sim.signing import signed_headers
from devtools.slack_sim.tools import read_json

_NOBODY = "nobody listens: no Socket Mode connection is open and interactivity_url is not set"


@dataclass(frozen=True, slots=True)
class ClickOutcome:
    """The result of one delivery. `status` is the HTTP status, if there was an HTTP answer."""

    acknowledged: bool
    status: int | None = None
    error: str | None = None


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
    payload = block_actions(wanted, button, wall=simulator.wall(), base_url=f"http://{request.host}")
    channel = _delivery_channel(simulator, wanted)
    send = {"socket": _over_socket, "http": _over_http, None: _to_nobody}[channel]
    # All at once: a listener must cope with the same click twice at the same time.
    outcomes = await asyncio.gather(*(send(simulator, wanted, payload) for _ in range(wanted.repeat)))
    return web.json_response(_answer(channel, outcomes))


def _delivery_channel(simulator: Simulator, wanted: ClickOrder) -> str | None:
    if wanted.tampered and not simulator.settings.interactivity_url:
        raise web.HTTPBadRequest(
            text="a wrong signature or timestamp needs a signed request: set interactivity_url\n"
        )
    if simulator.sockets.connections and not wanted.tampered:
        return "socket"
    return "http" if simulator.settings.interactivity_url else None


def _answer(channel: str | None, outcomes: list[ClickOutcome]) -> dict[str, Any]:
    errors = [outcome.error for outcome in outcomes if outcome.error]
    answer: dict[str, Any] = {
        "delivered": channel,
        "status": outcomes[-1].status,
        "acknowledged": all(outcome.acknowledged for outcome in outcomes),
    }
    if errors:
        answer["error"] = errors[0]
    if len(outcomes) > 1:
        answer["statuses"] = [outcome.status for outcome in outcomes]
    return answer


async def _over_socket(simulator: Simulator, _: ClickOrder, payload: dict[str, Any]) -> ClickOutcome:
    settings = simulator.settings
    delivery = await simulator.sockets.deliver(
        payload, settings.redeliveries, within_s=settings.acknowledge_within_s
    )
    done = delivery.acknowledged.done()
    return ClickOutcome(done, error=None if done else _late(settings))


async def _over_http(simulator: Simulator, wanted: ClickOrder, payload: dict[str, Any]) -> ClickOutcome:
    """Slack docs: "Handling user interaction" (a form with `payload`, HTTP 200 within three seconds)."""
    settings = simulator.settings
    body = urlencode({"payload": json.dumps(payload, separators=(",", ":"))}).encode("ascii")
    headers = {
        "Content-Type": "application/x-www-form-urlencoded",
        "User-Agent": "Slackbot 1.0 (+https://api.slack.com/robots)",
        **signed_headers(
            settings.signing_secret,
            body,
            simulator.wall(),
            signature_is=wanted.signature,
            timestamp_is=wanted.timestamp,
        ),
    }
    timeout = aiohttp.ClientTimeout(total=settings.acknowledge_within_s)
    try:
        async with (
            aiohttp.ClientSession(timeout=timeout) as session,
            session.post(
                str(settings.interactivity_url), data=body, headers=headers, allow_redirects=False
            ) as answer,
        ):
            text = await answer.text(errors="replace")
    except asyncio.TimeoutError:
        return ClickOutcome(False, error=_late(settings))
    except (aiohttp.ClientError, ValueError) as error:
        return ClickOutcome(False, error=f"{settings.interactivity_url}: {error}")
    if answer.status == 200:
        return ClickOutcome(True, 200)
    return ClickOutcome(False, answer.status, f"HTTP {answer.status}: {text.strip()[:200]}")


def _late(settings: SimSettings) -> str:
    return f"no acknowledgement within {settings.acknowledge_within_s:g} s"


async def _to_nobody(_: Simulator, __: ClickOrder, ___: dict[str, Any]) -> ClickOutcome:
    return ClickOutcome(False, error=_NOBODY)


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
