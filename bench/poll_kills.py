"""`kill -9` of poll shards at random moments while feeds change: each item must be in the stream exactly once.

    python -m bench.poll_kills [--kills 100] [--seed 1] [--json]

Each shard is a process that stays, as under Airflow. A random one is killed, and another one takes over with the next
attempt. A feed changes as soon as all its items are in the items stream: feeds of 40 get new items and edits, and one feed
shows 3,000 new items at once, so that some kills are between the chunks of its claim. Each feed has a host of its own. The
exit status is 1 if an item is lost, or is in the stream twice.
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
from collections.abc import Sequence
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))

import redis
import uvloop

from devtools.redis_server import RunningRedis
from feed_server import FeedServer, story
from newswatch.assembly import services_of
from newswatch.config.parts import bucket_of
from newswatch.pipeline.base.adoption import adopt_config
from newswatch.pipeline.base.configuration import Share
from newswatch.pipeline.base.shift import Shift
from newswatch.pipeline.poll.stay import stay_polling
from newswatch.residents import shard_name
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
"""How long a shard lives at most, in multiples of the time that a first poll of all takes on this machine."""
SHARDS = 2
EVERY = "0.3s"
SETTLE_S = 120.0


class ChangingFeeds:
    """Feeds that change when all their items are known to be in the stream. Each has a host, so all shards have some."""

    def __init__(self) -> None:
        self._next = 0
        self.shown: dict[str, list[dict[str, Any]]] = {feed: [] for feed in (*SMALL, BULK)}
        self.servers = {
            feed: FeedServer(host=f"127.0.0.{number}") for number, feed in enumerate(self.shown, start=1)
        }
        self.ever: set[str] = set()
        for feed in self.shown:
            self.change(feed)

    def configure(self, config: Path, every: str) -> None:
        """Write the files of a configuration with these feeds."""
        config.mkdir()
        rows = "".join(
            f"  - {{id: {feed}, url: {server.url}/{feed}, every: {every}, at_most: {every}}}\n"
            for feed, server in self.servers.items()
        )
        (config / "feeds.yaml").write_text(f"defaults: {{allow_private: true}}\nfeeds:\n{rows}")
        (config / "watchlist.yaml").write_text("rules: [{id: any, query: story, notify: [ops]}]\n")
        (config / "receivers.yaml").write_text("receivers: [{id: ops, channel: C0123456789}]\n")

    def stop(self) -> None:
        """End the servers."""
        for server in self.servers.values():
            server.stop()

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
        self.servers[feed].serve(f"/{feed}", *rows)

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


async def poll_on(redis_url: str, config: Path, shards: Sequence[int], of: int, attempt: int) -> None:
    """Stay and poll these shards of `of`, as one worker does."""

    async def stay(number: int) -> None:
        async with services_of(Settings(config_dir=config), connect(redis_url), None) as services:
            shift = Shift(services, shard_name(number), 600.0, run="kills", attempt=attempt)
            await stay_polling(shift, Share(number, of))

    await asyncio.gather(*map(stay, shards))


def in_child(redis_url: str, config: Path, shards: Sequence[int], of: int, attempt: int) -> int:
    """Fork a process that polls; its modules are imported already. Returns its id."""
    pid = os.fork()
    if pid:
        return pid
    try:
        os.setsid()
        # Its parsers print errors when their owner is killed, which is normal here.
        os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
        uvloop.run(poll_on(redis_url, config, shards, of, attempt))
    finally:
        os._exit(0)


def kill(pid: int) -> None:
    """`kill -9` such a process."""
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)


def put_in_force(redis_url: str, config: Path) -> None:
    """Apply the files."""

    async def work() -> None:
        async with services_of(Settings(config_dir=config), connect(redis_url), None) as services:
            await adopt_config(services)

    asyncio.run(work())


def between_chunks(client: redis.Redis, longest_s: float) -> None:
    """Wait until a chunk of many items is in the stream, but at most `longest_s`."""
    enough, deadline = client.xlen("newswatch:items") + MAX_CHUNK_ITEMS, time.monotonic() + longest_s
    while time.monotonic() < deadline and client.xlen("newswatch:items") < enough:
        pass


def torture(folder: Path, redis_url: str, *, kills: int, seed: int) -> dict[str, Any]:
    """Kill `kills` shards. Returns the counts, the lost titles, and the items that are there twice."""
    chance = random.Random(seed)
    site = ChangingFeeds()
    config = folder / "config"
    site.configure(config, EVERY)
    put_in_force(redis_url, config)
    client = redis.Redis.from_url(redis_url, decode_responses=True)
    stream = Stream(client)
    owner = {feed: bucket_of(server.url) % SHARDS + 1 for feed, server in site.servers.items()}
    began = time.monotonic()
    pids = {number: in_child(redis_url, config, [number], SHARDS, 0) for number in range(1, SHARDS + 1)}

    def complete(within_s: float) -> bool:
        """Whether all that the feeds show is in the stream, or will be soon."""
        deadline = time.monotonic() + within_s
        while not all(site.titles(feed) <= stream.titles for feed in site.shown):
            if time.monotonic() > deadline:
                return False
            time.sleep(0.05)
            stream.read()
        return True

    complete(SETTLE_S)
    longest_s = (time.monotonic() - began) * LIFE_IN_CYCLES
    changes = 0
    for attempt in range(1, kills + 1):
        number = chance.choice(list(pids))
        if chance.random() < AIMED and not site.titles(BULK) <= stream.titles:
            number = owner[BULK]
            between_chunks(client, longest_s)
        else:
            time.sleep(chance.uniform(0.0, longest_s))
        kill(pids[number])
        pids[number] = in_child(redis_url, config, [number], SHARDS, attempt)
        stream.read()
        for feed in site.shown:
            if site.titles(feed) <= stream.titles:
                site.change(feed)
                changes += 1
    complete(SETTLE_S)
    for pid in pids.values():
        kill(pid)
    stream.read()
    site.stop()
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
