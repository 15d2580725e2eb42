"""How long `newswatch why` takes where much is remembered: one command from its start to its answer.

    python bench/why_lookup.py [--feeds 10000] [--items 100] [--rules 10000] [--stream 100000] [--json]

Every feed remembers so many items, and the stream holds the newest of all. Asked are the link of an item that
no rule matches, so that the nearest of all rules are looked for, and a link that no feed has shown.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import random
import subprocess
import sys
import tempfile
import time
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "plugins"))
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from redis.asyncio import Redis

from devtools.redis_server import RunningRedis
from newswatch.models import Bundle, Feed, Item, Receiver, Rule
from newswatch.pipeline.base.configuration import to_store
from newswatch.store import configuration, feeds, keys
from newswatch.store.client import connect
from newswatch.store.codec import item_to_json
from newswatch.store.seen import SeenRecord, digest, pack_all

ROOT = Path(__file__).resolve().parents[1]
LINK = "https://bench.example/asked"
TARGET_S = 10.0


def bundle(feed_count: int, rule_count: int, chance: random.Random) -> Bundle:
    """Feeds, and rules of two or three words of a made-up language."""
    words = [f"word{n}" for n in range(20_000)]
    forms = ("{} {}", "{} AND {} AND NOT {}", "({} OR {}) NEAR/6 {}", "{} NEAR/4 $list")
    rules = (
        Rule(f"r{n}", chance.choice(forms).format(*chance.sample(words, 3)), notify=("policy",))
        for n in range(rule_count)
    )
    return Bundle(
        version=1,
        digest="bench",
        feeds=tuple(Feed(f"feed-{n}", f"https://bench.example/{n}") for n in range(feed_count)),
        rules=tuple(rules),
        receivers=(Receiver("policy", "C0123456789"),),
        lists={"list": tuple(chance.sample(words, 200))},
    )


def item(feed_id: str, record: SeenRecord, link: str, chance: random.Random) -> str:
    """An item of sixty words, as it is in the stream."""
    text = " ".join(f"word{chance.randrange(20_000)}" for _ in range(60))
    moment = datetime.fromtimestamp(record.first_seen, timezone.utc)
    return item_to_json(
        Item(
            id=f"{feed_id}:{record.item.hex()}",
            feed_id=feed_id,
            revision=0,
            guid="",
            link=link,
            canonical_link=link,
            title="A headline",
            summary=text,
            body="",
            author="",
            tags=(),
            lang="en",
            published=moment,
            first_seen=moment,
            config_version=1,
        )
    )


def records(count: int, now_s: int, chance: random.Random) -> list[SeenRecord]:
    """What one feed remembers."""
    return [
        SeenRecord(
            id=name,
            key=name,
            item=name,
            link=chance.randbytes(6),
            title=chance.randbytes(6),
            content=chance.randbytes(6),
            published=now_s - 600,
            first_seen=now_s,
            last_in_document=now_s,
            config_version=1,
            revision=0,
            silent=False,
            known_by="guid",
        )
        for name in (chance.randbytes(8) for _ in range(count))
    ]


async def fill(redis: Redis, feed_count: int, each: int, rule_count: int, stream: int) -> None:
    """Everything that the command reads."""
    chance = random.Random(1)
    made = bundle(feed_count, rule_count, chance)
    stored = to_store(made, "")
    change = configuration.FeedChange(86_400, added=tuple(feed.id for feed in made.feeds))
    now_ms = int(time.time() * 1000)
    await configuration.put_in_force(redis, configuration.Head(), stored, change, owner="", now_ms=now_ms)
    await feeds.ensure_group(redis)
    asked = feed_count // 2
    for number, feed in enumerate(made.feeds):
        now_s = int(time.time())
        known = records(each, now_s, chance)
        if number == asked:
            known[0] = known[0]._replace(link=digest(LINK, 6))
        pipe = redis.pipeline(transaction=False)
        pipe.set(keys.seen(feed.id), pack_all(known))
        pipe.hset(keys.feed(feed.id), "seen_since_ms", now_s * 1000)
        for record in known[: stream // feed_count]:
            pipe.xadd(keys.ITEMS, {"v": "1", "item": item(feed.id, record, LINK, chance)})
        await pipe.execute()
    ids: Any = await redis.xrevrange(keys.ITEMS, count=1)
    await redis.xgroup_setid(keys.ITEMS, keys.ITEMS_GROUP, ids[0][0])


def ask(url: str, what: str) -> tuple[float, dict[str, Any]]:
    """The command's time in seconds and its answer."""
    environment = {**os.environ, "REDIS_URL": url, "PYTHONPATH": str(ROOT / "plugins")}
    started = time.monotonic()
    done = subprocess.run(
        [sys.executable, "-m", "newswatch.cli", "why", what, "--json"],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    return time.monotonic() - started, json.loads(done.stdout)


async def prepare(url: str, options: argparse.Namespace) -> None:
    """Fill Redis."""
    redis = connect(url)
    try:
        await fill(redis, options.feeds, options.items, options.rules, options.stream)
    finally:
        await redis.aclose()


def main() -> int:
    """Measure and print; 1 where an answer took longer than a reader waits."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--feeds", type=int, default=10_000)
    parser.add_argument("--items", type=int, default=100)
    parser.add_argument("--rules", type=int, default=10_000)
    parser.add_argument("--stream", type=int, default=100_000)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        server = RunningRedis(Path(folder) / "redis")
        try:
            asyncio.run(prepare(server.url, options))
            known_s, known = ask(server.url, LINK)
            unknown_s, unknown = ask(server.url, "https://bench.example/never")
        finally:
            server.stop()
    found = {"known_s": known_s, "unknown_s": unknown_s, "rules": len(known["rules"])}
    print(
        json.dumps(found)
        if options.json
        else f"known item {known_s:.1f} s ({known['state']}, {len(known['rules'])} rules), unknown item {unknown_s:.1f} s ({unknown['state']})"
    )
    return int(max(known_s, unknown_s) > TARGET_S)


if __name__ == "__main__":
    sys.exit(main())
