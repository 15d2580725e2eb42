"""What the poll shards cost before their first request: reading the configuration and the due times.

    python -m bench.poll_start [--feeds 10000,50000] [--json]

A shard for each 6,250 feeds, as compose has them, begins a shift and looks once; nothing is due. The figures are CPU
seconds of all shards together, and of Redis. The exit status is 1 if 50,000 feeds cost more than 1.5 s, or if the cost
grows faster than the number of feeds.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from pathlib import Path

import uvloop

from devtools.redis_server import RunningRedis
from newswatch.assembly import services_of
from newswatch.pipeline.base import configuration
from newswatch.pipeline.base.adoption import adopt_config
from newswatch.pipeline.base.configuration import Share
from newswatch.pipeline.base.services import Services
from newswatch.pipeline.base.shift import Shift
from newswatch.pipeline.poll.stay import stay_polling
from newswatch.residents import shard_name
from newswatch.settings import Settings
from newswatch.store import keys
from newswatch.store.client import connect

FEEDS_A_SHARD = 6_250
FEEDS_A_HOST = 2
RULES = 500
TARGET_S, TARGET_FEEDS, TARGET_GROWTH = 1.5, 50_000, 1.3
LATER_S = 86_400


class OneLook(Shift):
    """A shift that ends when it has nothing to do any more."""

    async def wait(self, seconds: float) -> None:
        """It would wait now."""
        del seconds
        self.end("it looked once")


def write_files(folder: Path, feeds: int) -> None:
    """A configuration of so many feeds and of `RULES` rules."""
    rows = "".join(
        f"  - {{id: feed-{n}, url: 'https://host-{n // FEEDS_A_HOST}.example/news/{n}.xml', tags: [press, markets]}}\n"
        for n in range(feeds)
    )
    rules = "".join(f"  - {{id: rule-{n}, query: central bank {n}, notify: [ops]}}\n" for n in range(RULES))
    (folder / "feeds.yaml").write_text(f"feeds:\n{rows}")
    (folder / "watchlist.yaml").write_text(f"rules:\n{rules}")
    (folder / "receivers.yaml").write_text("receivers: [{id: ops, channel: C0123456789}]\n")


async def redis_cpu_s(services: Services) -> float:
    """The CPU seconds that Redis has used so far."""
    found = await services.redis.info("cpu")
    return float(found["used_cpu_user"]) + float(found["used_cpu_sys"])


async def measure(services: Services, feeds: int) -> dict[str, float]:
    """The cost of all shards' beginnings."""
    await adopt_config(services)
    later_ms = (time.time() + LATER_S) * 1000
    await services.redis.zadd(keys.FEEDS_DUE, {f"feed-{n}": later_ms + n for n in range(feeds)})
    shards = -(-feeds // FEEDS_A_SHARD)
    began_redis, began = await redis_cpu_s(services), time.process_time()
    for number in range(1, shards + 1):
        configuration.forget()
        await stay_polling(OneLook(services, shard_name(number), 600.0), Share(number, shards))
    return {
        "shards": shards,
        "cpu_s": time.process_time() - began,
        "redis_cpu_s": await redis_cpu_s(services) - began_redis,
    }


def run(feeds: int) -> dict[str, float]:
    """Measure with a Redis of its own."""
    with tempfile.TemporaryDirectory() as folder, RunningRedis() as redis:
        write_files(Path(folder), feeds)

        async def work() -> dict[str, float]:
            settings = Settings(config_dir=Path(folder))
            async with services_of(settings, connect(redis.url), None) as services:
                return await measure(services, feeds)

        return uvloop.run(work())


def main() -> int:
    options = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    options.add_argument("--feeds", default="10000,50000")
    options.add_argument("--json", action="store_true")
    chosen = options.parse_args()
    found = {int(size): run(int(size)) for size in chosen.feeds.split(",")}
    if chosen.json:
        print(json.dumps(found))
        return 0
    for feeds, one in found.items():
        print(
            f"  {feeds:6} feeds, {one['shards']} shards: {one['cpu_s']:.2f} CPU-s before the first request, all together"
            f" ({one['cpu_s'] / feeds * 1e6:.0f} µs a feed), Redis {one['redis_cpu_s']:.2f} CPU-s"
        )
    costs = [one["cpu_s"] / feeds for feeds, one in found.items()]
    most = found.get(TARGET_FEEDS, {"cpu_s": 0.0})["cpu_s"]
    good = most <= TARGET_S and costs[-1] <= costs[0] * TARGET_GROWTH
    print(f"  {'within' if good else 'MISSED'}: at most {TARGET_S} s at {TARGET_FEEDS} feeds, linear")
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
