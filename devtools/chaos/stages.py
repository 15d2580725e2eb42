"""Forks the processes of the stages from a parent with everything imported, and kills them on request.

Reads commands from standard input, one a line (`start poll`, `kill poll`, `freeze poll`, `thaw poll`), and
answers each with a line. At the end of its input it kills what it has started, and ends. With `--blind` a
search of the channel history finds nothing: that is newswatch without reconciliation.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import signal
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import uvloop

from newswatch.assembly import services_of
from newswatch.errors import NewswatchError
from newswatch.pipeline.base.configuration import Share
from newswatch.pipeline.base.services import Services
from newswatch.pipeline.base.shift import Shift
from newswatch.pipeline.deliver.stay import stay_delivering
from newswatch.pipeline.match.run import stay_matching
from newswatch.pipeline.poll.stay import stay_polling
from newswatch.sending import Page
from newswatch.settings import settings_from
from newswatch.slack.client import SlackClient, SlackSettings
from newswatch.store.client import connect

_PAUSE_S = 0.05
SHIFT_S = 5.0
"""Shorter than under Airflow, so that shifts also end by themselves among the kills."""


async def _poll(services: Services, attempt: int) -> object:
    shift = Shift(services, "poll-1", SHIFT_S, run="chaos", attempt=attempt)
    return await stay_polling(shift, Share(1, 1))


async def _match(services: Services, attempt: int) -> object:
    return await stay_matching(Shift(services, "match", SHIFT_S, run="chaos", attempt=attempt))


async def _deliver(services: Services, attempt: int) -> object:
    return await stay_delivering(Shift(services, "deliver", SHIFT_S, run="chaos", attempt=attempt))


STAGES: dict[str, Callable[[Services, int], Awaitable[object]]] = {
    "poll": _poll,
    "match": _match,
    "deliver": _deliver,
}


async def _run_forever(stage: str, attempt: int) -> None:
    """Work shift after shift, whatever errors Redis and Slack cause. `attempt` grows with each start."""
    settings = SlackSettings(os.environ["SLACK_BOT_TOKEN"], os.environ["SLACK_BASE_URL"], timeout_s=5.0)
    own = settings_from(os.environ, Path.cwd())
    async with services_of(own, connect(os.environ["REDIS_URL"]), settings) as services:
        while True:
            with contextlib.suppress(NewswatchError):
                await STAGES[stage](services, attempt)
            await asyncio.sleep(_PAUSE_S)


async def _nothing_found(*_: Any, **__: Any) -> Page:
    return Page()


class StageProcesses:
    """At most one process of each stage. Each is in a process group with its children."""

    def __init__(self) -> None:
        self._pids: dict[str, int] = {}
        self._starts = 0

    def start(self, stage: str) -> None:
        """Fork a stage, unless it is running already."""
        if stage in self._pids:
            return
        self._starts += 1
        pid = os.fork()
        if pid == 0:
            os.setsid()
            nothing = os.open(os.devnull, os.O_RDONLY)
            os.dup2(nothing, 0)
            uvloop.run(_run_forever(stage, self._starts))
            os._exit(1)
        self._pids[stage] = pid

    def kill(self, stage: str) -> None:
        """`kill -9` a stage and its parsers."""
        pid = self._pids.pop(stage, None)
        if pid is not None:
            self._signal(pid, signal.SIGKILL)
            os.waitpid(pid, 0)

    def freeze(self, stage: str) -> None:
        """Stop a stage (SIGSTOP) until `thaw`."""
        self._signal(self._pids[stage], signal.SIGSTOP)

    def thaw(self, stage: str) -> None:
        """Let a frozen stage continue."""
        self._signal(self._pids[stage], signal.SIGCONT)

    def close(self) -> None:
        """Kill all of them."""
        for stage in list(self._pids):
            self.kill(stage)

    @staticmethod
    def _signal(pid: int, what: signal.Signals) -> None:
        try:
            os.killpg(pid, what)
        except ProcessLookupError:  # The process has not called setsid yet.
            os.kill(pid, what)


def main() -> None:
    """Carry out commands until the end of input."""
    logging.basicConfig(level=logging.ERROR)
    if "--blind" in sys.argv:
        SlackClient.read = _nothing_found  # type: ignore[method-assign]
    stages = StageProcesses()
    commands = {"start": stages.start, "kill": stages.kill, "freeze": stages.freeze, "thaw": stages.thaw}
    try:
        for line in sys.stdin:
            command, stage = line.split()
            commands[command](stage)
            print(line, end="", flush=True)
    finally:
        stages.close()


if __name__ == "__main__":
    main()
