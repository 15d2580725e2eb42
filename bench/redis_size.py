"""What Redis needs, in kilobytes for a thousand of each: feeds, rules, items kept, items remembered, alerts.

    python -m bench.redis_size [--feeds 200] [--rules 1000] [--alerts 300]

The stages themselves fill a real Redis: poll reads feeds of 20 items, with headlines of 9 words and summaries of 40; match makes
one alert of each `items / alerts`; deliver sends them to the simulator. Then every key is measured (MEMORY USAGE), and its size
counted for what it belongs to. The last line compares their sum with what Redis itself says it uses.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import sys
import tempfile
from collections import Counter
from datetime import timedelta
from pathlib import Path

from redis.asyncio import Redis

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))

from devtools.redis_server import RunningRedis
from devtools.slack_sim.running import RunningSimulator
from feed_server import FeedServer, story
from newswatch.assembly import services_of
from newswatch.pipeline.base.adoption import adopt_config
from newswatch.pipeline.deliver.run import run_deliver
from newswatch.pipeline.match.run import run_match
from newswatch.pipeline.poll.run import run_poll
from newswatch.settings import Settings
from newswatch.slack.client import SlackSettings
from newswatch.store import keys
from newswatch.store.client import connect, text

ITEMS_A_FEED = 20
WORDS, SUMMARY_WORDS = 9, 40
CHANNEL = "C0123456789"
BELONGS = {
    "feed": ("feed", "polls", "feeds", "coverage", "config:feeds", "config:places", "gaps"),
    "rule": ("config", "config:past"),
    "item kept": ("items",),
    "item remembered": ("seen", "elements"),
    "alert": (
        "alert",
        "alerts",
        "alerted",
        "message",
        "story",
        "titles",
        "hits",
        "rule-hits",
        "rate",
        "hops",
    ),
}
"""Whose keys these are, by how their names begin; the longest that fits counts."""


def main() -> int:
    options = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    options.add_argument("--feeds", type=int, default=200)
    options.add_argument("--rules", type=int, default=1_000)
    options.add_argument("--alerts", type=int, default=300)
    chosen = options.parse_args()
    site = FeedServer()
    items = chosen.feeds * ITEMS_A_FEED
    alerts = len(range(0, items, max(1, items // chosen.alerts)))
    with (
        tempfile.TemporaryDirectory(prefix="newswatch-bench-") as name,
        RunningRedis(Path(name) / "redis") as redis,
        RunningSimulator(interval_s=0.0, posts_per_minute=0, strict_channels=False) as slack,
    ):
        _configure(Path(name) / "config", site, chosen.feeds, chosen.rules, chosen.alerts)
        sizes, used = asyncio.run(_fill(redis.url, Path(name) / "config", slack, items=items, alerts=alerts))
    site.stop()
    counts = {
        "feed": chosen.feeds,
        "rule": chosen.rules,
        "item kept": items,
        "item remembered": items,
        "alert": alerts,
    }
    print(f"{'':18}{'how many':>10}{'KB for 1,000':>14}")
    for kind, count in counts.items():
        print(f"{kind:18}{count:10,}{sizes[kind] / count:14,.0f}")
    print(
        f"all keys {sum(sizes.values()) / 1e6:.1f} MB, of Redis' {used / 1e6:.1f} MB; others: {sizes['other']} bytes"
    )
    return 0


def _configure(folder: Path, site: FeedServer, feeds: int, rules: int, alerts: int) -> None:
    """Feeds whose items are about as long as news, and rules of three words of which the first one alone matches."""
    chance = random.Random(7)
    every = max(1, feeds * ITEMS_A_FEED // alerts)
    rows = []
    for feed in range(feeds):
        items = []
        for place in range(ITEMS_A_FEED):
            number = feed * ITEMS_A_FEED + place
            summary = _text(chance, SUMMARY_WORDS) + (" central bank opposes" if number % every == 0 else "")
            items.append(story(number, _text(chance, WORDS), summary, age=timedelta(minutes=place + 1)))
        site.serve(f"/{feed}", *items)
        rows.append(f"  - {{id: feed-{feed}, url: '{site.url}/{feed}', tags: [bench, official]}}\n")
    folder.mkdir()
    (folder / "feeds.yaml").write_text(
        "defaults: {every: 5m, lang: en, allow_private: true}\nfeeds:\n" + "".join(rows), "utf-8"
    )
    queries = ["central bank opposes", *(_text(chance, 3) for _ in range(rules - 1))]
    (folder / "watchlist.yaml").write_text(
        "rules:\n"
        + "".join(f"  - {{id: rule-{n}, query: {q}, notify: [desk]}}\n" for n, q in enumerate(queries)),
        "utf-8",
    )
    (folder / "receivers.yaml").write_text(
        "defaults: {per_channel_interval: 0.01s}\nreceivers:\n"
        f"  - {{id: desk, channel: {CHANNEL}}}\n  - {{id: ops, channel: C0999999999}}\n",
        "utf-8",
    )


def _text(chance: random.Random, words: int) -> str:
    """Invented words of four to nine letters, so that no two items tell one story."""
    return " ".join(
        "".join(chance.choice("bdfgklmnprst") + chance.choice("aeiou") for _ in range(chance.randint(2, 4)))
        + chance.choice("nrstl")
        for _ in range(words)
    )


async def _fill(
    url: str, config: Path, slack: RunningSimulator, *, items: int, alerts: int
) -> tuple[Counter[str], int]:
    """Bytes by what they belong to, and what Redis uses more than when it was empty."""
    settings = Settings(config_dir=config, rule_cap=1_000_000, channel_cap=1_000_000, slack_rate=10_000)
    sender = SlackSettings(token=slack.token, base_url=slack.base_url)
    async with services_of(settings, connect(url), sender) as services:
        redis = services.redis
        before = await _used(redis)
        await adopt_config(services)
        while await redis.xlen(keys.ITEMS) < items:  # a busy machine does not read all of them in one cycle
            await run_poll(services)
        while await redis.zcard(keys.ALERTS) < alerts:
            await run_match(services)
        await run_deliver(services)
        used = await _used(redis) - before
        sizes: Counter[str] = Counter(other=0)
        async for key in redis.scan_iter(match=keys.EVERY, count=500):
            sizes[_owner(keys.short(text(key)))] += await redis.memory_usage(key, samples=0) or 0
        return sizes, used


def _owner(name: str) -> str:
    fits = [
        (len(begin), kind)
        for kind, begins in BELONGS.items()
        for begin in begins
        if name == begin or name.startswith(f"{begin}:")
    ]
    return max(fits)[1] if fits else "other"


async def _used(redis: Redis) -> int:
    return int((await redis.info("memory"))["used_memory_dataset"])


if __name__ == "__main__":
    sys.exit(main())
