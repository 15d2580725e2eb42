"""`kill -9` at random moments while feeds change: each item must be in the stream exactly once.

    python -m bench.poll_kills [--kills 100] [--seed 1] [--json]

A forked process polls without a pause and is killed, then another one takes over. A feed changes as soon as
all its items are in the items stream: feeds of 40 get new items and edits, and one feed shows 3,000 new
items at once, so that some kills are between the chunks of its claim. The exit status is 1 if an item is
lost, or is in the stream twice.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import random
import signal
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))

import redis

from devtools.redis_server import RunningRedis
from feed_server import FeedServer, story
from newswatch.assembly import services_of
from newswatch.pipeline.base.adoption import adopt_config
from newswatch.pipeline.poll.run import run_poll
from newswatch.settings import Settings
from newswatch.store.client import connect
from newswatch.store.feeds import MAX_CHUNK_ITEMS

SMALL = [f"feed-{n}" for n in range(4)]
BULK = "bulk"
BULK_ITEMS = 3_000
WINDOW = 40
AIMED = 0.5
"""The share of kills right after the first chunk of many new items, if there are any. Chance rarely hits it."""
LIFE_IN_CYCLES = 1.4
"""How long a poller lives at most, in multiples of the time for a whole poll on this machine."""


class ChangingFeeds:
    """Feeds that change when all their items are known to be in the stream."""

    def __init__(self, server: FeedServer) -> None:
        self._server = server
        self._next = 0
        self.shown: dict[str, list[dict[str, Any]]] = {feed: [] for feed in (*SMALL, BULK)}
        self.ever: set[str] = set()
        for feed in self.shown:
            self.change(feed)

    def change(self, feed: str) -> None:
        """Show something new: two more items and an edit, or only new items in the large feed."""
        rows = self.shown[feed]
        if feed == BULK:
            rows[:] = [self._story(feed) for _ in range(BULK_ITEMS)]
        else:
            if rows:
                rows[0] = {**rows[0], "title": f"{rows[0]['title']} edited {self._next}"}
            rows[:0] = [self._story(feed), self._story(feed)]
            del rows[WINDOW:]
        self.ever.update(row["title"] for row in rows)
        self._server.serve(f"/{feed}", *rows)

    def _story(self, feed: str) -> dict[str, Any]:
        self._next += 1
        number = self._next
        return story(number, f"{feed} story {number}", guid=f"{feed}-{number}")

    def titles(self, feed: str) -> set[str]:
        """The titles in a feed now."""
        return {row["title"] for row in self.shown[feed]}


class Stream:
    """What has been added to the items stream so far."""

    def __init__(self, client: redis.Redis) -> None:
        self._client = client
        self._after = "-"
        self.items: Counter[tuple[str, int]] = Counter()
        self.titles: set[str] = set()

    def read(self) -> None:
        """Read what has been added since the last time."""
        client: Any = self._client  # redis-py declares bytes, though this client decodes them
        while rows := client.xrange("newswatch:items", min=self._after, count=2_000):
            for _, values in rows:
                item = json.loads(values["item"])
                self.items[item["id"], item["revision"]] += 1
                self.titles.add(item["title"])
            self._after = f"({rows[-1][0]}"

    def twice(self) -> list[tuple[str, int]]:
        """Items that are in the stream more than once in the same revision."""
        return [name for name, count in self.items.items() if count > 1]


async def poll_on(redis_url: str, config: Path, *, rounds: int) -> None:
    """Poll every feed again and again."""
    services = services_of(Settings(config_dir=config), connect(redis_url), None)
    async with services:
        await adopt_config(services)
        for _ in range(rounds):
            await run_poll(services, all_feeds=True)


def in_child(redis_url: str, config: Path, *, rounds: int) -> int:
    """Fork a process that polls; its modules are imported already. Returns its id."""
    pid = os.fork()
    if pid:
        return pid
    try:
        os.setsid()
        # Its parsers print errors when their owner is killed, which is normal here.
        os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
        asyncio.run(poll_on(redis_url, config, rounds=rounds))
    finally:
        os._exit(0)


def between_chunks(client: redis.Redis, longest_s: float) -> None:
    """Wait until a chunk of many items is in the stream, but at most `longest_s`."""
    enough, deadline = client.xlen("newswatch:items") + MAX_CHUNK_ITEMS, time.monotonic() + longest_s
    while time.monotonic() < deadline and client.xlen("newswatch:items") < enough:
        pass


def torture(folder: Path, redis_url: str, *, kills: int, seed: int) -> dict[str, Any]:
    """Kill `kills` pollers. Returns the counts, the lost titles, and the items that are there twice."""
    chance = random.Random(seed)
    server = FeedServer()
    site = ChangingFeeds(server)
    config = folder / "config"
    config.mkdir()
    rows = "".join(f"  - {{id: {feed}, url: {server.url}/{feed}}}\n" for feed in site.shown)
    (config / "feeds.yaml").write_text(f"defaults: {{every: 1m, allow_private: true}}\nfeeds:\n{rows}")
    (config / "watchlist.yaml").write_text("rules: [{id: any, query: story, notify: [ops]}]\n")
    (config / "receivers.yaml").write_text("receivers: [{id: ops, channel: C0123456789}]\n")
    client = redis.Redis.from_url(redis_url, decode_responses=True)
    stream = Stream(client)
    changes = 0
    began = time.monotonic()
    os.waitpid(in_child(redis_url, config, rounds=1), 0)
    longest_s = (time.monotonic() - began) * LIFE_IN_CYCLES
    for _ in range(kills):
        pid = in_child(redis_url, config, rounds=1_000)
        if chance.random() < AIMED and not site.titles(BULK) <= stream.titles:
            between_chunks(client, longest_s)
        else:
            time.sleep(chance.uniform(0.0, longest_s))
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
        stream.read()
        for feed in site.shown:
            if site.titles(feed) <= stream.titles:
                site.change(feed)
                changes += 1
    os.waitpid(in_child(redis_url, config, rounds=2), 0)
    stream.read()
    server.stop()
    client.close()
    return {
        "kills": kills,
        "changes": changes,
        "items": len(stream.items),
        "lost": sorted(site.ever - stream.titles),
        "twice": stream.twice(),
    }


def main() -> int:
    options = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    options.add_argument("--kills", type=int, default=100)
    options.add_argument("--seed", type=int, default=20_261_123)
    options.add_argument("--json", action="store_true")
    chosen = options.parse_args()
    with tempfile.TemporaryDirectory() as folder, RunningRedis() as server:
        began = time.monotonic()
        found = torture(Path(folder), server.url, kills=chosen.kills, seed=chosen.seed)
    if chosen.json:
        print(json.dumps(found))
    else:
        print(
            f"{found['kills']} kills in {time.monotonic() - began:.0f} s: {found['changes']} changes of feeds,"
            f" {found['items']} items and revisions, {len(found['lost'])} lost, {len(found['twice'])} twice"
        )
    return 1 if found["lost"] or found["twice"] else 0


if __name__ == "__main__":
    sys.exit(main())
