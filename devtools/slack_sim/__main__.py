"""`python -m devtools.slack_sim --port 8081 --data DIR`."""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Sequence
from pathlib import Path

from aiohttp import web

from devtools.slack_sim import commands, interactivity, page, tools
from devtools.slack_sim.api import SIMULATOR, Simulator, handle
from devtools.slack_sim.faults import Fault, read_fault
from devtools.slack_sim.journal import Journal
from devtools.slack_sim.settings import DEFAULT_SIGNING_SECRET, BadSettings, SimSettings, changed
from devtools.slack_sim.state import Workspace
from devtools.stdin_watch import end_with_stdin

_MAX_BODY_BYTES = 2_000_000


def build(simulator: Simulator) -> web.Application:
    """The web application of one simulator."""
    app = web.Application(client_max_size=_MAX_BODY_BYTES, middlewares=[tools.same_origin_only])
    app[SIMULATOR] = simulator
    app.add_routes([web.route(verb, "/api/{method}", handle) for verb in ("GET", "POST")])
    app.add_routes([*tools.ROUTES, *interactivity.ROUTES, *commands.ROUTES, *page.ROUTES])
    app.on_shutdown.append(interactivity.close_sockets)
    return app


def _arguments(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m devtools.slack_sim", description="A simulated Slack workspace."
    )
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8081)
    parser.add_argument("--data", type=Path, help="folder that keeps the messages; without it they are lost")
    parser.add_argument("--faults", type=Path, help="JSON file with a list of faults to start with")
    parser.add_argument(
        "--interval-s", type=float, default=1.0, help="seconds between posts to a channel; 0: no limit"
    )
    parser.add_argument("--posts-per-minute", type=int, default=300, help="over all channels; 0: no limit")
    parser.add_argument("--tier3-per-minute", type=int, default=50, help="for each method; 0: no limit")
    parser.add_argument("--tier4-per-minute", type=int, default=100, help="for each method; 0: no limit")
    parser.add_argument("--latency-s", type=float, default=0.0)
    parser.add_argument("--history-delay-s", type=float, default=0.0)
    parser.add_argument("--page-delay-s", type=float, default=0.0)
    parser.add_argument("--strip-metadata", action=argparse.BooleanOptionalAction, default=False)
    parser.add_argument("--skew-s", type=float, default=0.0, help="how far Slack's clock is ahead")
    parser.add_argument("--token", help="the only accepted token; without it any xoxb- token")
    parser.add_argument("--app-token", help="the only accepted app-level token; without it any xapp- token")
    parser.add_argument("--interactivity-url", help="where clicks are posted; without it Socket Mode only")
    parser.add_argument("--signing-secret", default=DEFAULT_SIGNING_SECRET)
    parser.add_argument(
        "--redeliveries", type=int, default=2, help="how often an unacknowledged envelope is sent again"
    )
    parser.add_argument(
        "--acknowledge-within-s",
        type=float,
        default=3.0,
        help="how long a click waits for its acknowledgement",
    )
    parser.add_argument(
        "--trigger-valid-s", type=float, default=3.0, help="how long a trigger_id opens a modal"
    )
    parser.add_argument(
        "--strict-channels",
        action=argparse.BooleanOptionalAction,
        default=True,
        help="an unknown channel is not found; otherwise it is created on first use",
    )
    parser.add_argument("--until-stdin-closes", action="store_true", help="end when standard input does")
    return parser.parse_args(argv)


def _read_faults(path: Path | None) -> list[Fault]:
    return [read_fault(order) for order in json.loads(path.read_text("utf-8"))] if path else []


def _settings(given: argparse.Namespace) -> SimSettings:
    names = [name for name in SimSettings.__dataclass_fields__ if name in given]
    try:
        return changed(SimSettings(), {name: getattr(given, name) for name in names})
    except BadSettings as error:
        raise SystemExit(f"slack_sim: {error}") from error


def main(argv: Sequence[str] | None = None) -> None:
    """Runs until SIGINT or SIGTERM."""
    given = _arguments(argv)
    settings = _settings(given)
    journal = Journal(given.data) if given.data else None
    workspace = Workspace(settings, time.time, journal)
    simulator = Simulator(settings, workspace, _read_faults(given.faults))
    app = build(simulator)
    if given.until_stdin_closes:
        end_with_stdin(app)
    print(f"Slack simulator: page http://{given.host}:{given.port}/, API below /api/", flush=True)
    # A delayed answer must not keep the simulator from stopping.
    web.run_app(app, host=given.host, port=given.port, print=None, shutdown_timeout=0.5, access_log=None)


if __name__ == "__main__":
    main()
