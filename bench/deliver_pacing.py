"""Many channels at once: how close delivery gets to Slack's limits, without a single 429.

The simulator allows one message a second and channel, and each answer takes 80 ms. The share is the number
of messages between a channel's first and last one, compared with one a second. The promise is 92% with the
workspace's limit off, 95% of the workspace's 300 messages a minute with it on, and no answer 429 in both. With a
second number, so many messages over 20 channels are sent at 20 a second, which must take at most 1.15 times the
longest queue's or the budget's time, in order within each channel. Then it measures messages a second without any
limit, through newswatch (recorded in Redis, each once) and in a plain loop over Slack's SDK, which records nothing.

    .venv/bin/python -m bench.deliver_pacing [messages a channel] [messages of the burst]
"""

from __future__ import annotations

import asyncio
import itertools
import statistics
import sys
import tempfile
import time
from dataclasses import replace
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from slack_sdk.web.async_client import AsyncWebClient
from typing_extensions import Self

from devtools.redis_server import RunningRedis
from devtools.slack_sim.running import RunningSimulator
from newswatch.assembly import services_of
from newswatch.models import Alert, Excerpt
from newswatch.pipeline.base.adoption import adopt_config
from newswatch.pipeline.base.services import Services
from newswatch.pipeline.deliver.run import run_deliver
from newswatch.pipeline.match.candidates import Candidate
from newswatch.pipeline.match.placement import place, question
from newswatch.settings import Settings
from newswatch.slack.client import SlackSettings
from newswatch.store.client import connect
from newswatch.store.handover import hand_over, read_situation
from newswatch.store.leases import Lease

LATENCY_S = 0.08
NO_LIMIT = 1_000_000
PROMISE = 0.92
BUDGET_PROMISE = 0.95
PER_SECOND = 5
BURST_PER_SECOND = 20
MOST_TIME = 1.15


def main(each: int, burst: int) -> int:
    kept = budgeted()
    if burst:
        kept = bursting(burst) and kept
    for channels in (100, 200):
        share, answers_429, slowest = paced(channels, each)
        good = share >= PROMISE and answers_429 == 0
        kept = kept and good
        print(
            f"{channels} channels, {each} messages each: {share:.1%} of one a second per channel"
            f" (slowest channel {slowest:.1%}), answers 429: {answers_429}: {'kept' if good else 'BROKEN'}",
            flush=True,
        )
    unlimited()
    return 0 if kept else 1


def budgeted() -> bool:
    """Whether the workspace's budget is used and respected."""
    channels, each = 60, 6
    with tempfile.TemporaryDirectory(prefix="newswatch-bench-") as name, Scene(Path(name), channels) as scene:
        scene.slack.config(interval_s=1.0, latency_s=LATENCY_S, posts_per_minute=PER_SECOND * 60)
        scene.rate = PER_SECOND
        scene.deliver(each, deadline_s=300)
        times = sorted(float(message["ts"]) for message in scene.slack.messages())
        share = (len(times) - 1) / (times[-1] - times[0]) / PER_SECOND
        answers_429 = int(scene.slack.stats()["ratelimited"])
    good = share >= BUDGET_PROMISE and answers_429 == 0 and len(times) == channels * each
    print(
        f"{len(times)} messages with the workspace's limit: {share:.1%} of {PER_SECOND * 60} a minute,"
        f" answers 429: {answers_429}: {'kept' if good else 'BROKEN'}",
        flush=True,
    )
    return good


def bursting(messages: int) -> bool:
    """Whether many alerts at once take as long as the limits say, in order within each channel."""
    channels = 20
    each = messages // channels
    with tempfile.TemporaryDirectory(prefix="newswatch-bench-") as name, Scene(Path(name), channels) as scene:
        scene.slack.config(interval_s=1.0, latency_s=LATENCY_S, posts_per_minute=BURST_PER_SECOND * 60)
        scene.rate = BURST_PER_SECOND
        floor_s = max(each * 1.0, channels * each / BURST_PER_SECOND)
        taken_s = scene.deliver(each, deadline_s=floor_s * 2)
        order: dict[str, list[int]] = {}
        for message in scene.slack.messages():
            (alert,) = message["metadata"]["event_payload"]["alert_ids"]
            order.setdefault(message["channel"], []).append(int(alert.rpartition("-")[2]))
        answers_429 = int(scene.slack.stats()["ratelimited"])
    wrong = sum(one > other for found in order.values() for one, other in itertools.pairwise(found))
    sent = sum(map(len, order.values()))
    good = taken_s <= floor_s * MOST_TIME and not wrong and not answers_429 and sent == channels * each
    print(
        f"{sent} messages over {channels} channels: {taken_s:.0f} s, {taken_s / floor_s:.2f} times the floor,"
        f" {wrong} out of order, answers 429: {answers_429}: {'kept' if good else 'BROKEN'}",
        flush=True,
    )
    return good


def paced(channels: int, each: int) -> tuple[float, int, float]:
    """The mean share of one message a second, the answers 429, and the slowest channel's share."""
    with tempfile.TemporaryDirectory(prefix="newswatch-bench-") as name, Scene(Path(name), channels) as scene:
        scene.slack.config(interval_s=1.0, latency_s=LATENCY_S, posts_per_minute=NO_LIMIT)
        scene.deliver(each, deadline_s=each * 1.5 + 30)
        times: dict[str, list[float]] = {}
        for message in scene.slack.messages():
            times.setdefault(message["channel"], []).append(float(message["ts"]))
        missing = channels * each - sum(map(len, times.values()))
        if missing:
            raise SystemExit(f"{missing} messages were not sent")
        shares = [(len(ts) - 1) / (max(ts) - min(ts)) for ts in times.values()]
        return statistics.mean(shares), int(scene.slack.stats()["ratelimited"]), min(shares)


def unlimited() -> None:
    channels, each = 50, 20
    with (
        tempfile.TemporaryDirectory(prefix="newswatch-bench-") as name,
        Scene(Path(name), channels, "0s") as scene,
    ):
        scene.slack.config(posts_per_minute=NO_LIMIT)
        taken_s = scene.deliver(each, deadline_s=120)
        ours = channels * each / taken_s
        payloads = [(m["channel"], m["text"], m["blocks"], m["metadata"]) for m in scene.slack.messages()]
        scene.slack.reset()
        plain = len(payloads) / asyncio.run(sdk_loop(scene.slack, payloads, channels))
    print(f"without limits: newswatch {ours:.0f} messages/s, the SDK's plain loop {plain:.0f} messages/s")


async def sdk_loop(slack: RunningSimulator, payloads: list[tuple[Any, ...]], at_once: int) -> float:
    """The same messages through the SDK, as many at once as there are channels; seconds taken."""
    client = AsyncWebClient(token=slack.token, base_url=slack.base_url, retry_handlers=[])
    slots = asyncio.Semaphore(at_once)

    async def post(channel: str, text: str, blocks: list[Any], metadata: dict[str, Any]) -> None:
        async with slots:
            await client.chat_postMessage(channel=channel, text=text, blocks=blocks, metadata=metadata)

    started = time.monotonic()
    await asyncio.gather(*(post(*payload) for payload in payloads))
    return time.monotonic() - started


class Scene:
    """A Redis, a simulator and a configuration with `channels` channels."""

    def __init__(self, folder: Path, channels: int, interval: str = "1s") -> None:
        self._channels = [f"C{number:010d}" for number in range(channels)]
        self.rate = 10_000
        self.config = folder / "config"
        self.config.mkdir()
        rows = "".join(f"  - {{id: r{n}, channel: {channel}}}\n" for n, channel in enumerate(self._channels))
        text = f"defaults: {{per_channel_interval: {interval}, grace: 60s}}\nreceivers:\n{rows}"
        (self.config / "receivers.yaml").write_text(text)
        notify = ", ".join(f"r{n}" for n in range(channels))
        (self.config / "watchlist.yaml").write_text(
            f"rules:\n  - {{id: bank, query: bank, notify: [{notify}]}}\n"
        )
        (self.config / "feeds.yaml").write_text("feeds:\n  - {id: wire, url: 'https://news.example/rss'}\n")
        self._redis = RunningRedis(folder / "redis")
        self.slack = RunningSimulator(interval_s=0.0, posts_per_minute=0, strict_channels=False)

    def deliver(self, each: int, deadline_s: float) -> float:
        """Queue `each` messages in every channel and send them. Returns the seconds that sending took."""
        return asyncio.run(self._deliver(each, deadline_s))

    async def _deliver(self, each: int, deadline_s: float) -> float:
        settings = SlackSettings(self.slack.token, self.slack.base_url)
        own = Settings(config_dir=self.config)
        own = replace(own, slack_rate=self.rate)
        async with services_of(own, connect(self._redis.url), settings) as services:
            await adopt_config(services)
            await self.queue(services, each)
            started = time.monotonic()
            counts = await run_deliver(services, deadline_s=deadline_s, linger_s=3.0)
            print(f"  {counts.as_dict()} in {time.monotonic() - started:.1f} s", flush=True)
            return time.monotonic() - started

    async def queue(self, services: Services, each: int) -> None:
        """Queue `each` messages in every channel."""
        redis = services.redis
        lease = Lease(redis, "match", 600.0)
        await lease.take(0.0)
        now = datetime.now(timezone.utc)
        now_ms = int(now.timestamp() * 1000)
        for channel in self._channels:
            wanted = [
                Candidate(alert_for(channel, n, now), "each", f"story-{n}", now_ms + n) for n in range(each)
            ]
            situation = await read_situation(redis, question(wanted, now_ms))
            await hand_over(redis, lease, place(wanted, situation, now_ms, services.layout), now_ms=now_ms)
        await lease.release()

    @property
    def redis_url(self) -> str:
        """Where Redis is."""
        return self._redis.url

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.slack.stop()
        self._redis.stop()


def alert_for(channel: str, number: int, now: datetime) -> Alert:
    title = f"Headline number {number}: ministries want crypto mining legalised by spring"
    summary = "The central bank opposes the plan, as its governor told the committee on Monday."
    return Alert(
        id=f"{channel}-{number}",
        rule_id="bank",
        severity="high",
        channel=channel,
        item_id=f"wire:{channel}-{number}",
        revision=0,
        feed_id="wire",
        link=f"https://news.example/story/{number}",
        title=title,
        excerpts=(Excerpt("summary", summary, ((4, 24),)),),
        published=now,
        first_seen=now,
        matched=now,
        config_version="1-abcdef",
        story_id=f"story-{number}",
    )


if __name__ == "__main__":
    given = [int(number) for number in sys.argv[1:]]
    raise SystemExit(main(*(given + [20, 0][len(given) :])))
