"""Forks the stages' processes from a parent that has everything imported, and kills them on order.

Reads orders from standard input, one a line (`start poll`, `kill poll`, `freeze poll`, `thaw poll`), and
answers each with a line. When its input ends it kills what it started and ends. `--blind` replaces the
look into history by one that finds nothing: what newswatch would be without reconciliation.
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

from newswatch.errors import NewswatchError
from newswatch.pipeline.deliver import run_deliver
from newswatch.pipeline.match import run_match
from newswatch.pipeline.poll import run_poll
from newswatch.pipeline.services import Services
from newswatch.settings import settings_from
from newswatch.slack.client import SlackClient, SlackSettings
from newswatch.slack.history import Found
from newswatch.store.client import connect

_PAUSE_S = 0.05


async def _poll(services: Services) -> object:
    return await run_poll(services, all_feeds=True)


STAGES: dict[str, Callable[[Services], Awaitable[object]]] = {
    "poll": _poll,
    "match": run_match,
    "deliver": run_deliver,
}


async def _for_ever(stage: str) -> None:
    """Run one stage again and again, whatever Redis and Slack do."""
    settings = SlackSettings(os.environ["SLACK_BOT_TOKEN"], os.environ["SLACK_BASE_URL"], timeout_s=5.0)
    own = settings_from(os.environ, Path.cwd())
    async with Services(own, connect(os.environ["REDIS_URL"]), settings) as services:
        while True:
            with contextlib.suppress(NewswatchError):
                await STAGES[stage](services)
            await asyncio.sleep(_PAUSE_S)


async def _nothing_found(*_: Any, **__: Any) -> Found:
    return Found(None, readable=True)


class StageProcesses:
    """At most one process of each stage, each in a process group with what it starts."""

    def __init__(self) -> None:
        self._pids: dict[str, int] = {}

    def start(self, stage: str) -> None:
        """Fork a stage; one that is at work already stays."""
        if stage in self._pids:
            return
        pid = os.fork()
        if pid == 0:
            os.setsid()
            nothing = os.open(os.devnull, os.O_RDONLY)
            os.dup2(nothing, 0)
            asyncio.run(_for_ever(stage))
            os._exit(1)
        self._pids[stage] = pid

    def kill(self, stage: str) -> None:
        """`kill -9` a stage and its parsers."""
        pid = self._pids.pop(stage, None)
        if pid is not None:
            self._signal(pid, signal.SIGKILL)
            os.waitpid(pid, 0)

    def freeze(self, stage: str) -> None:
        """Stop a stage between any two instructions, until it is thawed."""
        self._signal(self._pids[stage], signal.SIGSTOP)

    def thaw(self, stage: str) -> None:
        """Let it go on."""
        self._signal(self._pids[stage], signal.SIGCONT)

    def close(self) -> None:
        """Kill all of them."""
        for stage in list(self._pids):
            self.kill(stage)

    @staticmethod
    def _signal(pid: int, what: signal.Signals) -> None:
        try:
            os.killpg(pid, what)
        except ProcessLookupError:  # it has not come to setsid yet
            os.kill(pid, what)


def main() -> None:
    """Orders until the end of input."""
    logging.basicConfig(level=logging.ERROR)
    if "--blind" in sys.argv:
        SlackClient.find = _nothing_found  # type: ignore[method-assign]
    nursery = StageProcesses()
    orders = {"start": nursery.start, "kill": nursery.kill, "freeze": nursery.freeze, "thaw": nursery.thaw}
    try:
        for line in sys.stdin:
            order, stage = line.split()
            orders[order](stage)
            print(line, end="", flush=True)
    finally:
        nursery.close()


if __name__ == "__main__":
    main()
