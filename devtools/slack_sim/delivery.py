"""How what people do reaches the app: over a Socket Mode connection, as a signed request, or not at all."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

import aiohttp
from aiohttp import web

from devtools.slack_sim.api import Simulator
from devtools.slack_sim.settings import SimSettings
from devtools.slack_sim.signing import signed_headers

NOBODY = "nobody listens: no Socket Mode connection is open and interactivity_url is not set"


@dataclass(frozen=True, slots=True)
class Parcel:
    """What the app gets. `command`: a slash command, whose fields come as a form. `answers`: its acknowledgement may say more.

    `signature` and `timestamp` make the signed request wrong, see devtools.slack_sim.signing.
    """

    payload: Mapping[str, Any]
    command: bool = False
    answers: bool = False
    repeat: int = 1
    signature: str | None = None
    timestamp: str | None = None

    @property
    def tampered(self) -> bool:
        """Whether it must go as a signed request."""
        return bool(self.signature or self.timestamp)


@dataclass(frozen=True, slots=True)
class Outcome:
    """The result of one delivery. `status` is the HTTP status, if there was an HTTP answer; `answer` the app's."""

    acknowledged: bool
    status: int | None = None
    error: str | None = None
    answer: dict[str, Any] = field(default_factory=dict)


async def deliver(simulator: Simulator, parcel: Parcel) -> tuple[str | None, list[Outcome]]:
    """The way it went, and the outcome of each delivery."""
    if parcel.tampered and not simulator.settings.interactivity_url:
        raise web.HTTPBadRequest(
            text="a wrong signature or timestamp needs a signed request: set interactivity_url\n"
        )
    if simulator.sockets.connections and not parcel.tampered:
        way, send = "socket", _over_socket
    elif simulator.settings.interactivity_url:
        way, send = "http", _over_http
    else:
        return None, [Outcome(False, error=NOBODY)] * parcel.repeat
    # All at once: a listener must cope with the same click twice at the same time.
    return way, list(await asyncio.gather(*(send(simulator, parcel) for _ in range(parcel.repeat))))


def report(way: str | None, outcomes: list[Outcome]) -> dict[str, Any]:
    """`{delivered, status, acknowledged, error?}`, plus `statuses` when repeated."""
    errors = [outcome.error for outcome in outcomes if outcome.error]
    answer: dict[str, Any] = {
        "delivered": way,
        "status": outcomes[-1].status,
        "acknowledged": all(outcome.acknowledged for outcome in outcomes),
    }
    if errors:
        answer["error"] = errors[0]
    if len(outcomes) > 1:
        answer["statuses"] = [outcome.status for outcome in outcomes]
    return answer


async def _over_socket(simulator: Simulator, parcel: Parcel) -> Outcome:
    settings = simulator.settings
    delivery = await simulator.sockets.deliver(
        parcel.payload,
        settings.redeliveries,
        within_s=settings.acknowledge_within_s,
        kind="slash_commands" if parcel.command else "interactive",
        answers=parcel.answers,
    )
    if not delivery.acknowledged.done():
        return Outcome(False, error=_late(settings))
    if delivery.answer and not parcel.answers:
        return Outcome(
            False, error="the acknowledgement has a payload, which this kind of envelope does not accept"
        )
    return Outcome(True, answer=delivery.answer)


async def _over_http(simulator: Simulator, parcel: Parcel) -> Outcome:
    """Slack docs: "Handling user interaction" (a form with `payload`) and "Slash commands" (a form of all fields).

    HTTP 200 is expected within three seconds.
    """
    settings = simulator.settings
    given: Any = parcel.payload
    form = given if parcel.command else {"payload": json.dumps(given, separators=(",", ":"))}
    body = urlencode(form).encode("ascii")
    headers = {
        "Content-Type": "application/x-www-form-urlencoded",
        "User-Agent": "Slackbot 1.0 (+https://api.slack.com/robots)",
        **signed_headers(
            settings.signing_secret,
            body,
            simulator.wall(),
            signature_is=parcel.signature,
            timestamp_is=parcel.timestamp,
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
        return Outcome(False, error=_late(settings))
    except (aiohttp.ClientError, ValueError) as error:
        return Outcome(False, error=f"{settings.interactivity_url}: {error}")
    if answer.status != 200:
        return Outcome(False, answer.status, f"HTTP {answer.status}: {text.strip()[:200]}")
    return _answered(text, answer.content_type, parcel)


def _answered(text: str, kind: str, parcel: Parcel) -> Outcome:
    if not text.strip():
        return Outcome(True, 200)
    try:
        found = json.loads(text) if kind == "application/json" else None
    except ValueError:
        found = None
    if not parcel.answers or not isinstance(found, dict):
        return Outcome(False, 200, f"the answer has a body that Slack does not expect: {text[:200]!r}")
    return Outcome(True, 200, answer=found)


def _late(settings: SimSettings) -> str:
    return f"no acknowledgement within {settings.acknowledge_within_s:g} s"
