"""Listeners, in a thread or as a process of their own, and what tests look at."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
import threading
import urllib.error
import urllib.request
from datetime import datetime, timezone

from newsroom import Newsroom, kill
from newswatch.listener.run import run_listener, ways_from
from newswatch.store import keys


class Listener:
    """A listener in a thread of this process, which costs no start of an interpreter."""

    def __init__(self, newsroom: Newsroom, **settings: str) -> None:
        self._newsroom = newsroom
        self._settings = settings
        self.said: list[str] = []
        self._thread = threading.Thread(target=lambda: asyncio.run(self._listen()))
        self._thread.start()
        newsroom.until(lambda: self._ready() or not self._thread.is_alive())
        assert self._thread.is_alive(), "the listener ended by itself"

    async def _listen(self) -> None:
        self._loop, self._stop = asyncio.get_running_loop(), asyncio.Event()
        env = {"NEWSWATCH_LISTEN": "127.0.0.1:0", **self._settings}
        clock = {"clock": lambda: datetime.now(timezone.utc)}  # whatever time it is in the newsroom
        async with self._newsroom.services(env=env, **clock) as services:
            await run_listener(
                services, services.sender, ways_from(services), self._stop, say=self.said.append
            )

    def _ready(self) -> bool:
        return len(self.said) == len(ways(self._settings)) and self._newsroom.redis.exists(keys.LISTENER)

    @property
    def url(self) -> str:
        """Where it takes signed requests."""
        return url_in(self.said)

    def stop(self) -> None:
        if self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._stop.set)
            self._thread.join()


class ListenerProcess:
    """`newswatch listen` as a process; `stop` ends it as the launcher would."""

    def __init__(self, newsroom: Newsroom, **settings: str) -> None:
        self._newsroom = newsroom
        self._settings = settings
        self.start()

    def start(self) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "newswatch.cli", "listen"],
            env=self._newsroom.environment(NEWSWATCH_LISTEN="127.0.0.1:0", **self._settings),
            cwd=self._newsroom.config.parent,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        self.said = [self.process.stdout.readline() for _ in ways(self._settings)]
        self._newsroom.until(lambda: self._newsroom.redis.exists(keys.LISTENER))

    @property
    def url(self) -> str:
        """Where it takes signed requests."""
        return url_in(self.said)

    def stop(self) -> int:
        os.kill(self.process.pid, signal.SIGTERM)
        self.process.communicate(timeout=240)
        return self.process.returncode

    def kill(self) -> None:
        if self.process.poll() is None:
            kill(self.process)


def ways(settings: dict[str, str]) -> list[str]:
    """The settings that open a way for clicks; a listener says a line about each."""
    return [name for name in ("SLACK_APP_TOKEN", "SLACK_SIGNING_SECRET") if name in settings]


def url_in(said: list[str]) -> str:
    """The address in what a listener said."""
    return next(line for line in said if "http://" in line).split(": ", 1)[1].strip()


def answer(url: str, body: bytes, headers: dict[str, str]) -> tuple[int, str]:
    """POST it and return the status and the text."""
    request = urllib.request.Request(url, body, headers)
    try:
        with urllib.request.urlopen(request, timeout=10) as response:
            return response.status, response.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


def button_names(message: dict) -> list[str]:
    """The labels of a message's buttons."""
    blocks = [block for block in message["blocks"] if block["type"] == "actions"]
    return [element["text"]["text"] for block in blocks for element in block["elements"]]


def shown(message: dict) -> str:
    """All that stands in a message, as one text."""
    return json.dumps(message["blocks"], ensure_ascii=False) + message["text"]
