"""How fast a backtest goes through stored items: `run_backtest` over a stream in a real Redis.

Fills a Redis with invented items (title and summary of about 50 words, every tenth item with a body of
400), then runs one query and a whole watchlist, and prints items a second and the memory used.

    .venv/bin/python -m bench.pipeline_backtest [items] [rules]
"""

from __future__ import annotations

import asyncio
import random
import resource
import sys
import tempfile
import time
from datetime import datetime, timedelta, timezone
from pathlib import Path

import redis

from devtools.redis_server import RunningRedis
from newswatch.assembly import services_of
from newswatch.models import Item
from newswatch.pipeline.authoring.backtest import BacktestQuestion, run_backtest
from newswatch.settings import Settings
from newswatch.store.client import connect
from newswatch.store.codec import item_to_json

SYLLABLES = ["ba", "ce", "di", "fo", "gu", "ka", "le", "mi", "no", "pu", "ra", "se", "ti", "vo", "za"]
RANDOM = random.Random(7)
WORDS = ["".join(RANDOM.choices(SYLLABLES, k=RANDOM.randint(1, 4))) for _ in range(20_000)]
WEEK_S = 7 * 86_400.0


def prose(count: int) -> str:
    return " ".join(WORDS[min(int(RANDOM.paretovariate(0.6)), len(WORDS)) - 1] for _ in range(count))


def rare(count: int) -> str:
    """Words as in rules: rare in most news."""
    return " ".join(RANDOM.choices(WORDS[50:5_000], k=count))


def item(number: int, now: datetime) -> Item:
    seen = now - timedelta(seconds=RANDOM.uniform(0, WEEK_S * 0.9))
    summary = prose(42) + (" the central bank opposes it" if number % 50 == 0 else "")
    return Item(
        id=f"feed-{number % 500}:{number:016x}",
        feed_id=f"feed-{number % 500}",
        revision=0,
        guid=f"guid-{number}",
        link=f"https://news.example/story/{number}",
        canonical_link=f"https://news.example/story/{number}",
        title=prose(10),
        summary=summary,
        body=prose(400) if number % 10 == 0 else "",
        author="",
        tags=(),
        lang="en",
        published=seen,
        first_seen=seen,
        config_version=1,
    )


def fill(url: str, items: int) -> None:
    now = datetime.now(timezone.utc)
    with redis.Redis.from_url(url) as client:
        for first in range(0, items, 1_000):
            with client.pipeline(transaction=False) as pipe:
                for number in range(first, min(first + 1_000, items)):
                    pipe.xadd("newswatch:items", {"v": "1", "item": item_to_json(item(number, now))})
                pipe.execute()


def write_config(folder: Path, rules: int) -> None:
    rows = "".join(f"  - {{id: rule-{n}, query: {rare(2)}, notify: [policy]}}\n" for n in range(rules))
    feeds = "".join(f"  - {{id: feed-{n}, url: 'https://news.example/{n}.xml'}}\n" for n in range(500))
    (folder / "feeds.yaml").write_text(f"feeds:\n{feeds}", encoding="utf-8")
    (folder / "watchlist.yaml").write_text(f"rules:\n{rows}", encoding="utf-8")
    (folder / "receivers.yaml").write_text(
        "receivers:\n  - {id: policy, channel: C0123456789}\n  - {id: ops, channel: C0999999999}\n",
        encoding="utf-8",
    )


def measure(url: str, config: Path, label: str, question: BacktestQuestion) -> None:
    async def ask() -> tuple[int, int]:
        async with services_of(Settings(config_dir=config), connect(url), None) as services:
            report = await run_backtest(services, question)
            return report.items, sum(rule.hits for rule in report.rules)

    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    started = time.perf_counter()
    items, hits = asyncio.run(ask())
    took_s = time.perf_counter() - started
    grown_mb = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
    print(
        f"{label:16s} {items:,} items, {hits:,} hits in {took_s:.1f} s: "
        f"{items / took_s:,.0f} items/s, peak +{grown_mb:.0f} MB"
    )


def main(items: int, rules: int) -> None:
    with tempfile.TemporaryDirectory(prefix="newswatch-bench-") as name, RunningRedis() as server:
        folder = Path(name)
        fill(server.url, items)
        write_config(folder, rules)
        measure(server.url, folder, "one query", BacktestQuestion(WEEK_S, query="central bank opposes"))
        measure(server.url, folder, f"{rules:,} rules", BacktestQuestion(WEEK_S))


if __name__ == "__main__":
    given = [int(word) for word in sys.argv[1:3]]
    main(*(given + [100_000, 1_000][len(given) :]))
