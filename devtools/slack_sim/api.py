"""The Web API below /api/: token, scope, faults, then the method."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from email.utils import formatdate
from typing import Any

from aiohttp import web

from devtools.slack_sim.answers import error_response, ok_response
from devtools.slack_sim.arguments import read_arguments
from devtools.slack_sim.call import Call
from devtools.slack_sim.dialogs import Dialogs
from devtools.slack_sim.errors import SlackError
from devtools.slack_sim.faults import Fault, FaultBook
from devtools.slack_sim.methods import METHODS, PAGED, Method
from devtools.slack_sim.pacing import Pacing
from devtools.slack_sim.settings import SimSettings
from devtools.slack_sim.socket_mode import SimSocketMode
from devtools.slack_sim.state import Workspace
from devtools.slack_sim.stats import Stats
from devtools.slack_sim.tokens import check_app_token, check_bot_token
from devtools.slack_sim.wire import hang_up, spoil


@dataclass(slots=True)
class Simulator:
    """The state of a running simulator. `start` are the settings after a reset."""

    start: SimSettings
    workspace: Workspace
    start_faults: Sequence[Fault] = ()
    wall: Callable[[], float] = time.time
    monotonic: Callable[[], float] = time.monotonic
    settings: SimSettings = field(init=False)
    faults: FaultBook = field(init=False)
    pacing: Pacing = field(init=False)
    stats: Stats = field(init=False)
    dialogs: Dialogs = field(init=False)
    sockets: SimSocketMode = field(init=False, default_factory=SimSocketMode)
    background: set[asyncio.Task[None]] = field(init=False, default_factory=set)
    app_host: str = field(init=False, default="")
    """The address by which the app reaches us. A browser may know us by another one."""

    def __post_init__(self) -> None:
        self._begin()

    def _begin(self) -> None:
        self.settings, self.pacing, self.stats = self.start, Pacing(), Stats()
        self.dialogs = Dialogs()
        self.faults = FaultBook(self.start_faults)

    @property
    def now(self) -> float:
        """Monotonic seconds by Slack's clock."""
        return self.monotonic() + self.settings.skew_s

    def answer_url(self, request: web.Request, channel: str, user: str) -> str:
        """A response_url for an interaction of this user, at the address that the app uses."""
        return f"http://{self.app_host or request.host}{self.dialogs.answer_path(channel, user, self.now)}"

    def reset(self) -> None:
        """Returns to the state at the start, without messages. Socket Mode connections stay open."""
        self._begin()
        self.sockets.forget()
        self.workspace.reset(self.start)


SIMULATOR: web.AppKey[Simulator] = web.AppKey("simulator", Simulator)


async def handle(request: web.Request) -> web.StreamResponse:
    """One Web API call. Slack docs: "Using the Slack Web API" (ok, error, X-OAuth-Scopes)."""
    simulator = request.app[SIMULATOR]
    name = request.match_info["method"]
    headers = _headers(simulator.settings, METHODS.get(name), simulator.wall())
    try:
        args = await read_arguments(request)
    except SlackError as error:
        return error_response(error, headers)
    channel = str(args.get("channel") or "")
    simulator.app_host = request.host
    simulator.stats.began(channel)
    answer = "lost"
    try:
        response, answer = await _answer(simulator, request, name, args, headers)
        return response
    finally:
        simulator.stats.ended(name, channel, answer)


async def _answer(
    simulator: Simulator, request: web.Request, name: str, args: dict[str, Any], headers: dict[str, str]
) -> tuple[web.StreamResponse, str]:
    """The response, and the word under which the statistics count it."""
    fault = simulator.faults.take(name, args.get("channel"))
    await asyncio.sleep(simulator.settings.latency_s)
    if name in PAGED:
        await asyncio.sleep(simulator.settings.page_delay_s)
    if fault and fault.when == "before" and fault.kind != "delay":
        return await spoil(request, fault, headers), f"before:{fault.kind}"
    if fault and fault.when == "late":
        return await _run_late(simulator, request, fault, name, args), f"late:{fault.kind}"
    if fault and fault.kind == "delay" and fault.when == "before":
        await asyncio.sleep(fault.hold_s)
    try:
        body = _run(simulator, request, name, args)
    except SlackError as error:
        return error_response(error, headers), error.code
    if fault and fault.when == "after" and fault.kind != "delay":
        return await spoil(request, fault, headers), f"after:{fault.kind}"
    if fault and fault.when == "after":
        await asyncio.sleep(fault.hold_s)
    return ok_response(body, headers), "ok"


def _run(simulator: Simulator, request: web.Request, name: str, args: dict[str, Any]) -> dict[str, Any]:
    settings = simulator.settings
    method = METHODS.get(name)
    if method is not None and method.app_level:
        check_app_token(settings, request, args)
    else:
        check_bot_token(settings, request, args)
    if method is None:
        raise SlackError("unknown_method", req_method=name)
    needed = method.needed(private=simulator.workspace.is_private(str(args.get("channel") or "")))
    if needed and needed not in settings.scopes:
        # Slack docs: "OAuth scopes", missing_scope has the scopes that are needed and those of the token
        raise SlackError("missing_scope", needed=needed, provided=",".join(settings.scopes))
    now = simulator.now
    if method.tier:
        simulator.pacing.admit(name, now, settings.per_minute(method.tier))
    call = Call(
        simulator.workspace,
        settings,
        simulator.pacing,
        args,
        sockets=simulator.sockets,
        dialogs=simulator.dialogs,
        host=request.host,
        now=now,
        wall=simulator.wall(),
    )
    return method.run(call)


async def _run_late(
    simulator: Simulator, request: web.Request, fault: Fault, name: str, args: dict[str, Any]
) -> web.StreamResponse:
    """Gives the client no answer, but carries out the request `delay_s` later."""

    async def run() -> None:
        await asyncio.sleep(fault.hold_s)
        try:
            _run(simulator, request, name, args)
        except SlackError as error:
            print(f"late {name}: refused with {error.code}", flush=True)

    task = asyncio.get_running_loop().create_task(run())
    simulator.background.add(task)
    task.add_done_callback(simulator.background.discard)
    if fault.kind == "timeout":
        await asyncio.wait({task})
    return hang_up(request, abruptly=fault.kind == "reset")


def _headers(settings: SimSettings, method: Method | None, wall: float) -> dict[str, str]:
    headers = {
        "X-OAuth-Scopes": ",".join(settings.scopes),
        "Cache-Control": "no-store",
        "Date": formatdate(wall + settings.skew_s, usegmt=True),
    }
    if method and method.scopes:
        headers["X-Accepted-OAuth-Scopes"] = ",".join(sorted(set(method.scopes)))
    return headers
