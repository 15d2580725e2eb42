"""One call of a Web API method: its arguments, and the workspace it is about."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from devtools.slack_sim.dialogs import Dialogs
from devtools.slack_sim.pacing import Pacing
from devtools.slack_sim.settings import SimSettings
from devtools.slack_sim.socket_mode import SimSocketMode
from devtools.slack_sim.state import Workspace


@dataclass(slots=True)
class Call:
    """What a method gets.

    `host` is the address by which the client reached the simulator; `now` is monotonic seconds,
    `wall` epoch seconds.
    """

    workspace: Workspace
    settings: SimSettings
    pacing: Pacing
    args: dict[str, Any]
    sockets: SimSocketMode
    dialogs: Dialogs
    host: str
    now: float
    wall: float
