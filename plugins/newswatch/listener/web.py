"""Clicks, commands and modals over HTTP: one signed route, if a secret is set, and two for monitors. Nothing else is served.

Put a reverse proxy with TLS before it; `/health` and `/alive` need not be reachable from outside. Slack expects an
answer within three seconds. It gets one as soon as the click is safe in Redis.
"""

from __future__ import annotations

import asyncio
import json
import logging
import time
from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import parse_qs

from aiohttp import web

from newswatch.errors import RedisUnavailable
from newswatch.listener.inbox import Inbox
from newswatch.slack.clicks import BadClick
from newswatch.slack.signature import refusal_of

log = logging.getLogger("newswatch.listener")

CLICKS_PATH = "/slack/interactivity"
MAX_BODY_BYTES = 1024 * 1024
"""A modal has at most 250 KB, which the form may triple."""
BODY_TIMEOUT_S = 5.0
"""Slack itself gives up after three seconds."""


def build(
    inbox: Inbox,
    secret: str | None,
    listens: Callable[[], Awaitable[bool]],
    wall: Callable[[], float] = time.time,
) -> web.Application:
    """The application. `secret` is the app's signing secret, None if clicks do not come over HTTP.

    `listens` says whether a click made now would reach us.
    """

    async def take(request: web.Request) -> web.StreamResponse:
        try:
            body = await asyncio.wait_for(request.read(), BODY_TIMEOUT_S)
        except asyncio.TimeoutError:
            return web.Response(status=408, text="the body did not arrive in time\n")
        refusal = refusal_of(secret or "", body, request.headers, now_s=wall())
        if refusal is not None:
            log.warning("a request was refused as %s", refusal)
            return web.Response(status=401, text=f"{refusal}: only Slack may use this address\n")
        try:
            receipt = await inbox.take(_payload(body))
        except BadClick as error:
            return web.Response(status=400, text=f"{error}\n")
        except RedisUnavailable as error:
            log.warning("a click was not stored: %s", error)
            return web.Response(status=503, text="newswatch cannot store this click now\n")
        answer = web.Response(status=200) if receipt.answer is None else web.json_response(receipt.answer)
        await answer.prepare(request)
        await answer.write_eof()
        receipt.begin()
        return answer

    async def health(_request: web.Request) -> web.Response:
        up = await listens()
        return web.json_response({"listening": up}, status=200 if up else 503)

    async def alive(_request: web.Request) -> web.Response:
        return web.json_response({"alive": True})

    app = web.Application(client_max_size=MAX_BODY_BYTES)
    app.add_routes([web.get("/health", health), web.get("/alive", alive)])
    if secret:
        app.add_routes([web.post(CLICKS_PATH, take)])
    return app


def _payload(body: bytes) -> Any:
    """Slack sends a form: with the field `payload`, or with all fields of a command. Raises BadClick."""
    try:
        form = parse_qs(body.decode("ascii"), max_num_fields=30, strict_parsing=True, keep_blank_values=True)
        fields = {name: values[0] for name, values in form.items() if len(values) == 1}
        return fields if "command" in fields else json.loads(fields["payload"])
    except (ValueError, KeyError, RecursionError) as error:
        raise BadClick("the body is not a form with a JSON payload") from error
