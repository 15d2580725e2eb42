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

import yaml

from newsroom import POLICY, Newsroom, kill
from newswatch.listener.run import run_listener, ways_from
from newswatch.slack.buttons import MENU
from newswatch.store import keys

WORDS = "The central bank opposes the plan."
"""What people watch for here."""
TODAY = datetime.now(timezone.utc).date()


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
    """The labels of a message's buttons and of its menu's options."""
    blocks = [block for block in message["blocks"] if block["type"] == "actions"]
    elements = [element for block in blocks for element in block["elements"]]
    return [one["text"]["text"] for element in elements for one in element.get("options", [element])]


def press(newsroom: Newsroom, message: dict, action: str, **more) -> dict:
    """Clicks the button, or chooses the option of the overflow menu, that has this action."""
    if action != "newswatch_ack":
        name = message["metadata"]["event_payload"]["message_id"]
        more |= {"option": f"{action} {name}"}
    where = MENU if "option" in more else action
    return newsroom.slack.click(message["channel"], message["ts"], where, **more)


def shown(message: dict) -> str:
    """All that stands in a message, as one text."""
    return json.dumps(message["blocks"], ensure_ascii=False) + message["text"]


EDITOR = {"id": "U0EDITOR", "name": "editor"}
SLACK_FILE = "watchlist.d/slack.yaml"


def with_editors(newsroom: Newsroom, *editors: str) -> None:
    """Adds `editors` to the newsroom's receivers, and puts everything in force."""
    text = (newsroom.config / "receivers.yaml").read_text("utf-8")
    newsroom.write("receivers.yaml", f"editors: [{', '.join(editors)}]\n{text}")
    newsroom.adopt()


def said(blocks: list[dict]) -> str:
    """The text of rich text blocks, a line for each section."""
    sections = [one for block in blocks if block["type"] == "rich_text" for one in block["elements"]]
    return "\n".join("".join(part.get("text", "") for part in one["elements"]) for one in sections)


def written(newsroom: Newsroom) -> dict[str, bytes]:
    """Every file of the configuration and of its history. An empty history is nothing."""
    empty = ("lock", ".gitignore")
    files = (path for path in newsroom.config.rglob("*") if path.is_file() and path.name not in empty)
    return {path.relative_to(newsroom.config).as_posix(): path.read_bytes() for path in files}


class Desk:
    """What one person does in one channel, with the answers that they see."""

    def __init__(self, newsroom: Newsroom, user: dict[str, str] = EDITOR, channel: str = POLICY) -> None:
        self.newsroom, self.slack, self.user, self.channel = newsroom, newsroom.slack, user, channel

    def command(self, text: str) -> str:
        """Types a command and returns what is answered."""
        before = len(self.slack.whispers())
        answer = self.slack.command(self.channel, text, self.user)
        assert answer["acknowledged"], answer
        found = self.newsroom.until(lambda: self.slack.whispers()[before:])[0]
        assert (found["user"], found["channel"]) == (self.user["id"], self.channel)
        return said(found["blocks"])

    def shortcut(self, ts: str, name: str) -> str:
        """Chooses a shortcut that answers with a message."""
        before = len(self.slack.whispers())
        assert self.slack.shortcut(self.channel, ts, name, self.user)["acknowledged"]
        return said(self.newsroom.until(lambda: self.slack.whispers()[before:])[0]["blocks"])

    def opened(self, text: str) -> dict:
        """Types a command that opens a modal, and returns it once it is filled."""
        for view in self.slack.views(self.user["id"]):
            self.slack.close_view(view["id"])
        answer = self.slack.command(self.channel, text, self.user)
        assert answer["acknowledged"], answer
        return self.filled()

    def filled(self) -> dict:
        """The open modal, once something other than "One moment…" is in it."""

        def find() -> dict | None:
            views = self.slack.views(self.user["id"])
            return views[-1] if views and "One moment" not in said(views[-1]["view"]["blocks"]) else None

        return self.newsroom.until(find)

    def as_event(self, view: dict) -> dict:
        """The modal after the button that asks for an event."""
        assert self.slack.press(view["id"], "newswatch_event", user=self.user)["acknowledged"]
        return self.newsroom.until(lambda: next((v for v in self.slack.views() if "does" in inputs(v)), None))

    def sent(self, view: dict, **values: str) -> str:
        """Sends a modal and returns what it says then; the errors if it is not taken."""
        answer = self.slack.submit(view["id"], values, self.user)
        assert answer["acknowledged"], answer
        if answer["errors"]:
            return "\n".join(f"{name}: {text}" for name, text in answer["errors"].items())
        return said(self.filled()["view"]["blocks"])


def inputs(view: dict) -> dict[str, dict]:
    """The inputs of a modal by block_id."""
    return {one["block_id"]: one["element"] for one in view["view"]["blocks"] if one["type"] == "input"}


def rules_in(newsroom: Newsroom):
    """The rules that were made in Slack, as the file has them."""
    return yaml.safe_load((newsroom.config / SLACK_FILE).read_text("utf-8"))["rules"]
