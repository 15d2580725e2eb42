"""One chaos run: a random plan from a seed is carried out, then the messages in Slack are counted."""

from __future__ import annotations

import asyncio
import os
import random
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any

import redis

from devtools.chaos.feeds import ChaosFeeds, make_entries, rule_id
from devtools.process import ROOT
from devtools.redis_server import RunningRedis
from devtools.slack_sim.running import RunningSimulator
from newswatch.assembly import services_of
from newswatch.pipeline.base.adoption import adopt_config
from newswatch.settings import Settings
from newswatch.slack.client import SlackSettings
from newswatch.store import keys
from newswatch.store.client import connect
from newswatch.store.codec import alert_from_json

if TYPE_CHECKING:
    from typing_extensions import Self

STAGES = ("poll", "match", "deliver")
WEIGHTS = (3, 3, 4)
GRACE_S = 2.0
"""Longer than any delay below: a late request (0.4 s), the delay of the history (0.3 s), a frozen stage."""
FROZEN_S = 0.7
HISTORY_DELAY_S = 0.3
STRICT_INTERVAL_S = 0.05
HASTE = 20
"""Time passes faster here: a channel takes 20 messages a second. Slack's limits a minute are as much higher."""
PAUSE_SHARE = 0.25
"""Of the time to the first message, so that a stage lives long enough between kills to do its work."""
OPS = "C0999999999"
FAULTS: tuple[dict[str, Any], ...] = (
    {"kind": "reset", "when": "after", "rate": 0.04},
    {"kind": "timeout", "when": "after", "rate": 0.01},
    {"kind": "http_503", "when": "after", "rate": 0.02},
    {"kind": "garbled", "when": "after", "rate": 0.01},
    {"kind": "reset", "when": "late", "rate": 0.01, "delay_s": 0.4},
    {"kind": "reset", "when": "before", "rate": 0.03},
    {"kind": "http_500", "when": "before", "rate": 0.02},
    {"kind": "internal_error", "when": "before", "rate": 0.01},
    {"kind": "ratelimited", "when": "before", "rate": 0.02, "retry_after": 0.2},
    {"kind": "http_500", "when": "before", "rate": 0.1, "method": "conversations.history"},
    {"kind": "reset", "when": "before", "rate": 0.1, "method": "conversations.replies"},
    {"kind": "reset", "when": "after", "rate": 0.1, "method": "chat.update"},
)


@dataclass(frozen=True, slots=True)
class ChaosPlan:
    """What a run does. `channels` is also the number of feeds and rules."""

    seed: int
    kills: int = 1000
    redis_kills: int = 20
    freezes: int = 30
    alerts: int = 1000
    channels: int = 10
    pause_s: float = 0.2
    """The average time between two kills, at least; longer where the stages take long to start."""
    reconcile: bool = True
    settle_s: float = 300.0


@dataclass(frozen=True, slots=True)
class ChaosReport:
    """The figures of a run. The important ones are `lost` and `twice`, numbers of alerts."""

    seed: int
    kills: dict[str, int]
    redis_kills: int
    freezes: int
    faults: dict[str, int]
    expected: int
    delivered: int
    lost: int
    twice: int
    messages: int
    replies: int
    dead: int
    double_notices: int
    """How many doubles newswatch has reported to ops."""
    seconds: float

    @property
    def clean(self) -> bool:
        """Whether every alert was posted exactly once."""
        return self.lost == self.twice == self.dead == 0


class Chaos:
    """The servers and processes of one run; a context manager that ends all of them."""

    def __init__(self, folder: Path, plan: ChaosPlan) -> None:
        self.plan = plan
        self._chance = random.Random(plan.seed)
        self._redis = RunningRedis(folder / "redis")
        self._slack = RunningSimulator(
            interval_s=STRICT_INTERVAL_S,
            history_delay_s=HISTORY_DELAY_S,
            posts_per_minute=300 * HASTE,
            tier3_per_minute=50 * HASTE,
        )
        self._slack.config(channels=[{"id": name} for name in [*self._channels(), OPS]])
        self._feeds = ChaosFeeds(make_entries(self._chance, plan.alerts, plan.channels))
        self._config = folder / "config"
        self._write_config()
        asyncio.run(self._adopt())
        self._stages = self._start_stages(folder / "stages.log")
        self._kills: Counter[str] = Counter()
        self._redis_kills = 0
        self._freezes = 0
        self._pause_s = plan.pause_s

    def _channels(self) -> list[str]:
        return [f"C01234567{number:02d}" for number in range(self.plan.channels)]

    def _write_config(self) -> None:
        self._config.mkdir()
        numbers = range(self.plan.channels)
        feeds = "".join(f"  - {{id: feed-{n}, url: '{self._feeds.url}/{n}'}}\n" for n in numbers)
        rules = "".join(
            f"  - {{id: {rule_id(n)}, query: watchword{n:02d}, notify: [desk-{n}]}}\n" for n in numbers
        )
        receivers = "".join(
            f"  - {{id: desk-{n}, channel: {name}}}\n" for n, name in enumerate(self._channels())
        )
        files = {
            "feeds.yaml": f"defaults: {{every: 1s, allow_private: true}}\nfeeds:\n{feeds}",
            "watchlist.yaml": f"rules:\n{rules}",
            "receivers.yaml": f"defaults: {{per_channel_interval: 0.06s, grace: {GRACE_S}s}}\n"
            f"receivers:\n{receivers}  - {{id: ops, channel: {OPS}}}\n",
        }
        for name, text in files.items():
            (self._config / name).write_text(text, "utf-8")

    async def _adopt(self) -> None:
        slack = SlackSettings(self._slack.token, self._slack.base_url)
        async with services_of(
            Settings(config_dir=self._config), connect(self._redis.url), slack
        ) as services:
            adoption = await adopt_config(services)
        if adoption.errors:
            raise RuntimeError("; ".join(map(str, adoption.errors)))

    def _start_stages(self, log: Path) -> subprocess.Popen[str]:
        environ = {
            **os.environ,
            "REDIS_URL": self._redis.url,
            "SLACK_BOT_TOKEN": self._slack.token,
            "SLACK_BASE_URL": self._slack.base_url,
            "NEWSWATCH_CONFIG": str(self._config),
            "NEWSWATCH_RULE_CAP": "1000000",  # Every alert must be a message, not a line of a digest.
            "NEWSWATCH_SLACK_RATE": str(5 * HASTE),
            "NEWSWATCH_SLACK_TIER3": str(40 * HASTE),
            "PYTHONPATH": f"{ROOT}{os.pathsep}{ROOT / 'plugins'}",
        }
        command = [sys.executable, "-m", "devtools.chaos.stages"]
        command += [] if self.plan.reconcile else ["--blind"]
        with log.open("wb") as output:
            return subprocess.Popen(
                command,
                cwd=ROOT,
                env=environ,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=output,
                text=True,
            )

    # ── the run ───────────────────────────────────────────────────────────────────────────────

    def run(self, report: Callable[[str], None] = lambda _: None) -> ChaosReport:
        """Carry out the plan and count. Raises RuntimeError if one of our processes ends by itself.

        `report` gets a line about the progress now and then.
        """
        started = time.monotonic()
        for stage in STAGES:
            self._command("start", stage)
        self._pause_s = max(self.plan.pause_s, self._first_message_s() * PAUSE_SHARE)
        for fault in FAULTS:
            self._slack.fault(**{"times": 0, **fault})
        for number in range(self.plan.kills):
            due = len(self._feeds.entries) * (number + 1) // self.plan.kills
            self._feeds.published = max(self._feeds.published, due)
            self._step(number)
            if number % 50 == 49:
                messages = len(self._slack.messages())
                report(f"{number + 1} kills, {self._redis_kills} of Redis, {messages} messages")
        self._feeds.published = len(self._feeds.entries)
        self._slack.clear_faults()
        self._settle(report)
        return self._report(time.monotonic() - started)

    def _first_message_s(self) -> float:
        """Let the stages take the first entries to Slack, undisturbed. Returns how long that took, in seconds."""
        started = time.monotonic()
        while not self._feeds.expected():
            self._feeds.published += 1
        while not self._slack.messages():
            if time.monotonic() - started > self.plan.settle_s:
                raise RuntimeError("no message came before the first kill: see stages.log")
            time.sleep(0.05)
        return time.monotonic() - started

    def _step(self, number: int) -> None:
        """One kill of a stage, sometimes with a frozen stage before or a kill of Redis."""
        plan, chance = self.plan, self._chance
        time.sleep(chance.uniform(0.2, 1.8) * self._pause_s)
        if self._is_turn(number, plan.freezes):
            stage = chance.choice(STAGES)
            self._command("freeze", stage)
            time.sleep(FROZEN_S)
            self._command("thaw", stage)
            self._freezes += 1
        (stage,) = chance.choices(STAGES, WEIGHTS)
        self._command("kill", stage)
        self._kills[stage] += 1
        if self._is_turn(number, plan.redis_kills):
            self._redis.kill()
            self._redis_kills += 1
            time.sleep(chance.uniform(0.0, 0.6))
            self._redis.start()
        self._command("start", stage)

    def _is_turn(self, number: int, times: int) -> bool:
        """Whether to do at this kill what happens `times` times, evenly spread over all kills."""
        return number * times // self.plan.kills != (number + 1) * times // self.plan.kills

    def _command(self, command: str, stage: str) -> None:
        stdin, stdout = self._stages.stdin, self._stages.stdout
        if stdin is None or stdout is None:
            raise RuntimeError("the parent of the stages has no pipes")
        stdin.write(f"{command} {stage}\n")
        stdin.flush()
        if not stdout.readline():
            raise RuntimeError("the parent of the stages ended by itself: see stages.log")

    def _settle(self, report: Callable[[str], None]) -> None:
        """Let the stages work undisturbed until all alerts are there and all queues empty, or the time is up."""
        deadline = time.monotonic() + self.plan.settle_s
        with redis.Redis.from_url(self._redis.url, decode_responses=True) as client:
            while time.monotonic() < deadline:
                alerts, queues = client.zcard(keys.ALERTS), client.scard(keys.CHANNELS)
                if alerts >= len(self._feeds.expected()) and not queues:
                    break
                report(f"settling: {alerts} alerts, {queues} channels with a queue")
                time.sleep(1.0)
        time.sleep(2 * HISTORY_DELAY_S)

    # ── the figures ───────────────────────────────────────────────────────────────────────────

    def _report(self, seconds: float) -> ChaosReport:
        messages = [m for m in self._slack.messages() if m["channel"] != OPS]
        ids = Counter(name for m in messages for name in m["metadata"]["event_payload"]["alert_ids"])
        with redis.Redis.from_url(self._redis.url, decode_responses=True) as client:
            found = {self._named(client, name) for name in ids}
            dead, notices = client.zcard(keys.DEAD), client.keys(keys.notice("double:*"))
        return ChaosReport(
            seed=self.plan.seed,
            kills=dict(self._kills),
            redis_kills=self._redis_kills,
            freezes=self._freezes,
            faults={name: int(count) for name, count in sorted(self._slack.stats()["faults_spent"].items())},
            expected=len(self._feeds.expected()),
            delivered=len(found),
            lost=len(self._feeds.expected() - found),
            twice=sum(ids.values()) - len(ids) + len(found - self._feeds.expected()),
            messages=len(messages),
            replies=sum(1 for m in messages if m.get("thread_ts") not in (None, m["ts"])),
            dead=int(dead),
            double_notices=len(notices),
            seconds=round(seconds, 1),
        )

    @staticmethod
    def _named(client: redis.Redis, alert_id: str) -> tuple[str, str]:
        """(rule id, token) of an alert whose id is in Slack."""
        alert = alert_from_json(str(client.hget(keys.alert(alert_id), "json")))
        return alert.rule_id, alert.title.split(" ")[0]

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._stages.stdin:
            self._stages.stdin.close()
        try:
            self._stages.wait(10)
        except subprocess.TimeoutExpired:
            self._stages.kill()
        if self._stages.stdout:
            self._stages.stdout.close()
        self._feeds.stop()
        self._slack.stop()
        self._redis.stop()


def table(report: ChaosReport) -> str:
    """The figures, one a line."""
    return "\n".join(f"{name:14s} {value}" for name, value in asdict(report).items())
