"""How soon an item is in the stream when its feed is polled every minute by three shards that stay.

    python -m bench.poll_minute [--feeds 2000] [--minutes 4] [--json]

Each feed publishes one item at a random time after the first 90 seconds, within a whole number of minutes. The time is
counted from then until the item is in the stream. The exit status is 1 if the median is over 32 s or one of a hundred
takes more than 65 s.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import random
import signal
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import redis
import uvloop

from bench._poll_https import at_loopback, url
from bench._raw_server import running, serve
from devtools.redis_server import RunningRedis
from newswatch.assembly import services_of
from newswatch.pipeline.base.adoption import adopt_config
from newswatch.pipeline.base.configuration import Share
from newswatch.pipeline.base.shift import Shift
from newswatch.pipeline.poll.stay import stay_polling
from newswatch.residents import shard_name
from newswatch.settings import Settings
from newswatch.store.client import connect

SHARDS = 3
HOSTS = 200
EVERY_S = 60.0
BEGIN_S = 90.0
"""After this time every feed was polled at its own pace."""
P50_S, P99_S = 32.0, 65.0


def publication_s(number: int, span_s: float) -> float:
    """When a feed publishes its item, in seconds after the start."""
    return BEGIN_S + random.Random(number).uniform(0.0, span_s)


def responder(began: float, span_s: float) -> Callable[[str, bytes], bytes]:
    """Feed N at /N, with one more item once its time has come."""

    def response(path: str, head: bytes) -> bytes:
        number = int(path[1:])
        fresh = time.time() >= began + publication_s(number, span_s)
        etag = b'"%d"' % fresh
        if etag in head:
            return b"HTTP/1.1 304 Not Modified\r\nETag: " + etag + b"\r\n\r\n"
        names = [f"old-{number}", *([f"new-{number}"] if fresh else [])]
        rows = "".join(
            f"<item><title>Story {name}</title><link>https://bench.example/{name}</link><guid>{name}</guid></item>"
            for name in names
        )
        body = f"<rss version='2.0'><channel><title>{number}</title>{rows}</channel></rss>".encode()
        shown = b"ETag: " + etag + b"\r\nContent-Length: %d\r\n\r\n" % len(body)
        return b"HTTP/1.1 200 OK\r\nContent-Type: application/rss+xml\r\n" + shown + body

    return response


async def stay(redis_url: str, config: Path, number: int, left_s: float) -> None:
    """One shard's shift."""
    async with services_of(Settings(config_dir=config), connect(redis_url), None) as services:
        await stay_polling(Shift(services, shard_name(number), left_s), Share(number, SHARDS))


def shard(redis_url: str, config: Path, number: int, left_s: float) -> int:
    """Fork a shard. Returns its process id."""
    pid = os.fork()
    if pid == 0:
        try:
            with at_loopback():
                uvloop.run(stay(redis_url, config, number, left_s))
        finally:
            os._exit(0)
    return pid


def run(feeds: int, minutes: float) -> dict[str, Any]:
    """Measure, with servers of its own."""
    # Whole minutes: in a part of one, items would come more often at some phases of the feeds' polls than at others.
    span_s = (minutes * 60 - BEGIN_S - P99_S - 10) // EVERY_S * EVERY_S
    began = time.time()
    options = ["--serve", "--began", str(began), "--span", str(span_s)]
    with (
        tempfile.TemporaryDirectory() as folder,
        RunningRedis() as server,
        running("bench.poll_minute", options) as port,
    ):
        config = Path(folder)
        rows = "".join(
            f"  - {{id: f{n}, url: '{url('http', port, n, HOSTS)}', every: 1m}}\n" for n in range(feeds)
        )
        (config / "feeds.yaml").write_text(f"defaults: {{allow_private: true}}\nfeeds:\n{rows}")
        (config / "watchlist.yaml").write_text("rules: [{id: any, query: bank, notify: [ops]}]\n")
        (config / "receivers.yaml").write_text("receivers: [{id: ops, channel: C0123456789}]\n")

        async def adopt() -> None:
            async with services_of(Settings(config_dir=config), connect(server.url), None) as services:
                await adopt_config(services)

        asyncio.run(adopt())
        pids = [shard(server.url, config, number, minutes * 60) for number in range(1, SHARDS + 1)]
        time.sleep(max(0.0, began + minutes * 60 - time.time()))
        for pid in pids:
            os.kill(pid, signal.SIGTERM)
            os.waitpid(pid, 0)
        with redis.Redis.from_url(server.url, decode_responses=True) as client:
            entries: Any = client.xrange("newswatch:items")
    found = []
    for stream_id, values in entries:
        name = json.loads(values["item"])["guid"]
        if name.startswith("new-"):
            at_s = int(stream_id.partition("-")[0]) / 1000
            found.append(at_s - began - publication_s(int(name[4:]), span_s))
    cuts = statistics.quantiles(found, n=100)
    return {"feeds": feeds, "came": len(found), "p50_s": cuts[49], "p99_s": cuts[98], "longest_s": max(found)}


def main() -> int:
    options = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    options.add_argument("--feeds", type=int, default=2_000)
    options.add_argument("--minutes", type=float, default=4.0)
    options.add_argument("--json", action="store_true")
    options.add_argument("--serve", action="store_true", help=argparse.SUPPRESS)
    options.add_argument("--began", type=float, help=argparse.SUPPRESS)
    options.add_argument("--span", type=float, help=argparse.SUPPRESS)
    chosen = options.parse_args()
    if chosen.serve:
        asyncio.run(serve(responder(chosen.began, chosen.span)))
        return 0
    found = run(chosen.feeds, chosen.minutes)
    if chosen.json:
        print(json.dumps(found))
        return 0
    print(
        f"  {found['came']} of {found['feeds']} items came: p50 {found['p50_s']:.1f} s (at most {P50_S:g}), p99"
        f" {found['p99_s']:.1f} s (at most {P99_S:g}), the longest {found['longest_s']:.1f} s"
    )
    return 0 if found["came"] == chosen.feeds and found["p50_s"] <= P50_S and found["p99_s"] <= P99_S else 1


if __name__ == "__main__":
    sys.exit(main())
