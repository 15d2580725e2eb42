"""A listener as a process of its own, and what tests look at."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import urllib.error
import urllib.request

from newsroom import Newsroom, kill
from newswatch.store import keys


class Listener:
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
        self.said = [self.process.stdout.readline() for _ in range(len(self._ways()))]
        self._newsroom.until(lambda: self._newsroom.redis.exists(keys.LISTENER))

    def _ways(self) -> list[str]:
        return [name for name in ("SLACK_APP_TOKEN", "SLACK_SIGNING_SECRET") if name in self._settings]

    @property
    def url(self) -> str:
        """Where it takes signed requests."""
        return next(line for line in self.said if "http://" in line).split(": ", 1)[1].strip()

    def stop(self) -> int:
        os.kill(self.process.pid, signal.SIGTERM)
        self.process.communicate(timeout=20)
        return self.process.returncode

    def kill(self) -> None:
        if self.process.poll() is None:
            kill(self.process)


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
