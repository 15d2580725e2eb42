"""A whole newsroom for a test: real Redis, real HTTP, the Slack simulator, a configuration folder."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from pathlib import Path

import redis
import uvloop
from click.testing import CliRunner

from devtools.slack_sim.running import RunningSimulator
from feed_server import FeedServer
from newswatch.cli.app import newswatch
from newswatch.pipeline.articles.run import run_articles
from newswatch.pipeline.base.adoption import adopt_config
from newswatch.pipeline.base.services import Services
from newswatch.pipeline.deliver.run import run_deliver
from newswatch.pipeline.match.board import COLLECT_MS
from newswatch.pipeline.match.run import run_match
from newswatch.pipeline.poll.run import run_poll
from newswatch.settings import Settings, settings_from
from newswatch.slack.client import SlackSettings
from newswatch.slack.layout import SlackLayout
from newswatch.store.client import connect

ROOT = Path(__file__).resolve().parent.parent
POLICY, OPS = "C0123456789", "C0999999999"

WATCHLIST = """\
rules:
  - id: central-bank-opposes
    query: central bank opposes
    severity: high
    notify: [policy]
"""


class Newsroom:
    """Runs the stages in this process (`poll`, `match`, `deliver`) or as commands (`command`)."""

    def __init__(
        self,
        folder: Path,
        redis_url: str,
        slack: RunningSimulator,
        *,
        grace: str = "30s",
        client: redis.Redis | None = None,
    ) -> None:
        self.redis_url = redis_url
        self.redis = client or redis.Redis.from_url(redis_url, decode_responses=True)
        self.slack = slack
        self.site = FeedServer()
        self.config = folder / "config"
        self.config.mkdir(parents=True)
        self.clock = lambda: datetime.now(timezone.utc)
        self._grace = grace
        self.feeds("wire")
        self.watchlist(WATCHLIST)
        self.receivers()

    def close(self) -> None:
        self.site.stop()
        self.redis.close()

    # ── configuration ─────────────────────────────────────────────────────────────────────────

    def feeds(self, *ids: str, every: str = "1m", extra: str = "", article: bool = False) -> None:
        more = ", article: true" if article else ""
        rows = "".join(f"  - {{id: {name}, url: {self.site.url}/{name}{more}}}\n" for name in ids)
        defaults = f"defaults: {{every: {every}, lang: en, allow_private: true{extra}}}\n"
        self.write("feeds.yaml", f"{defaults}feeds:\n{rows}")

    def watchlist(self, text: str) -> None:
        self.write("watchlist.yaml", text)

    def receivers(self, interval: str = "0.02s", grace: str | None = None) -> None:
        self.write(
            "receivers.yaml",
            f"defaults: {{per_channel_interval: {interval}, grace: {grace or self._grace}}}\n"
            f"receivers:\n  - {{id: policy, channel: {POLICY}}}\n  - {{id: ops, channel: {OPS}}}\n",
        )

    def write(self, name: str, text: str) -> None:
        (self.config / name).write_text(text, "utf-8")

    # ── stages in this process ────────────────────────────────────────────────────────────────

    def services(self, **changes) -> Services:
        settings = SlackSettings(token=self.slack.token, base_url=self.slack.base_url, timeout_s=5.0)
        values = {
            "settings": self.settings(**changes.pop("env", {})),
            "redis": connect(self.redis_url),
            "sender": settings,
            "layout": SlackLayout(),
            "clock": self._now,
            **changes,
        }
        return Services(**values)

    def settings(self, **variables: str) -> Settings:
        """What these variables say; the folder is the newsroom's own."""
        return replace(settings_from(variables, self.config.parent), config_dir=self.config)

    def _now(self) -> datetime:
        return self.clock()

    def _do(self, work, **changes):
        async def inside():
            async with self.services(**changes) as services:
                return await work(services)

        return uvloop.run(inside())

    def adopt(self):
        return self._do(adopt_config)

    def poll(self, *, all_feeds: bool = True, deadline_s: float = 300.0):
        async def work(services):
            await adopt_config(services)
            return await run_poll(services, all_feeds=all_feeds, deadline_s=deadline_s)

        return self._do(work)

    def match(self):
        return self._do(run_match)

    def articles(self, **options):
        async def work(services):
            return await run_articles(services, **options)

        return self._do(work)

    def deliver(self, **options):
        async def work(services):
            return await run_deliver(services, **options)

        return self._do(work)

    def deliver_collected(self):
        """Deliver once replies in a thread have waited for others as long as they do."""
        self.pass_time(timedelta(milliseconds=COLLECT_MS))
        return self.deliver()

    def run(self):
        """All three once."""
        polled = self.poll()
        return polled, self.match(), self.deliver()

    def pass_time(self, span: timedelta) -> None:
        """Move the clock that the stages see."""
        before = self.clock
        self.clock = lambda: before() + span

    # ── stages as processes ───────────────────────────────────────────────────────────────────

    def environment(self, **more: str) -> dict[str, str]:
        keep = {name: value for name, value in os.environ.items() if not name.startswith(("REDIS", "SLACK"))}
        return keep | {
            "REDIS_URL": self.redis_url,
            "SLACK_BOT_TOKEN": self.slack.token,
            "SLACK_BASE_URL": self.slack.base_url,
            "NEWSWATCH_CONFIG": str(self.config),
            "PYTHONPATH": str(ROOT / "plugins"),
            **more,
        }

    def start(self, *words: str) -> subprocess.Popen[str]:
        """One command of the CLI as a process of its own."""
        return subprocess.Popen(
            [sys.executable, "-m", "newswatch.cli", *words],
            env=self.environment(),
            cwd=self.config.parent,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    def command(self, *words: str) -> tuple[int, str, str]:
        """Run a command to its end, in this process: (exit status, stdout, stderr).

        In a thread of its own, since a test's event loop may be running in this one.
        """
        with ThreadPoolExecutor(1) as thread:
            return thread.submit(self._invoke, words).result()

    def _invoke(self, words: Sequence[str]) -> tuple[int, str, str]:
        before = Path.cwd()
        os.chdir(self.config.parent)
        try:
            env = {name: None for name in os.environ if name.startswith(("REDIS", "SLACK"))}
            result = CliRunner().invoke(
                newswatch, words, env=env | self.environment(), catch_exceptions=False
            )
        finally:
            os.chdir(before)
        return result.exit_code, result.stdout, result.stderr

    def json(self, *words: str):
        """Run a command with --json; asserts that it ended well."""
        status, out, err = self.command(*words, "--json")
        assert status == 0, (words, out, err)
        return json.loads(out)

    # ── what readers see ──────────────────────────────────────────────────────────────────────

    def posts(self, channel: str = POLICY) -> list[dict]:
        """Messages in the channel itself."""
        return [m for m in self.slack.messages(channel) if m.get("thread_ts") in (None, m["ts"])]

    def replies(self, channel: str = POLICY) -> list[dict]:
        """Messages in threads."""
        return [m for m in self.slack.messages(channel) if m.get("thread_ts") not in (None, m["ts"])]

    def alert_ids(self, channel: str = POLICY) -> list[str]:
        """Every alert id that stands in the channel, with repetitions."""
        return [
            name
            for message in self.slack.messages(channel)
            for name in message["metadata"]["event_payload"]["alert_ids"]
        ]

    def until(self, condition, timeout_s: float = 180.0):
        """Wait until `condition()` holds and return its value."""
        deadline = time.monotonic() + timeout_s
        while not (value := condition()):
            assert time.monotonic() < deadline, "it did not come true in time"
            time.sleep(0.05)
        return value


class BesideTheBrowser(Newsroom):
    """Runs the stages in a thread: Playwright keeps an event loop in this one."""

    def _do(self, work, **changes):
        with ThreadPoolExecutor(1) as beside:
            return beside.submit(super()._do, work, **changes).result()


def kill(process: subprocess.Popen[str]) -> None:
    """`kill -9` a command and everything it started."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.communicate()
