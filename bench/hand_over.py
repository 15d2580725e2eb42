"""What the hand-overs cost: microseconds of our processor and of Redis' for a claim, an alert, a delivery.

Each figure is the best of some rounds, on the same empty Redis, through the real stages: a claim of one feed's
document with new items; the match stage over batches of items that all alert (each its own story; all of one story,
which become replies; all held by a threshold, with 0, 3,000 and 10,000 held before); the deliver stage's three
scripts for one message.
"""

from __future__ import annotations

import asyncio
import statistics
import tempfile
import time
from collections.abc import Awaitable, Callable
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from redis.asyncio import Redis
from redis.exceptions import RedisError

from devtools.redis_server import RunningRedis
from newswatch.assembly import services_of
from newswatch.errors import NewswatchError
from newswatch.models import Item, Message
from newswatch.pipeline.base.adoption import adopt_config
from newswatch.pipeline.match.run import run_match
from newswatch.settings import Settings
from newswatch.store import feeds, keys, outbox
from newswatch.store.client import connect
from newswatch.store.codec import item_to_json
from newswatch.store.leases import Lease
from newswatch.store.seen import SeenRecord

ROUNDS = 3
ITEMS = 300
NOW = datetime(2026, 11, 26, 12, 0, tzinfo=timezone.utc)
NOW_MS = int(NOW.timestamp() * 1000)
CHANNEL = "C0123456789"
THRESHOLD = ", threshold: {stories: 100000, sources: 50, within: 10h}"
Figures = dict[str, tuple[float, float]]
"""Case → microseconds of our processor, and of Redis'; the clock would tell of what else the machine does."""


def main() -> int:
    print(f"{'':48}{'ours, µs':>12}{'Redis, µs':>12}")
    for case, (ours, cpu) in measure().items():
        print(f"{case:48}{ours:12.0f}{cpu:12.0f}")
    return 0


def measure() -> Figures:
    with tempfile.TemporaryDirectory(prefix="newswatch-bench-") as name:
        server = RunningRedis(Path(name) / "redis")
        try:
            return asyncio.run(_measure(server.url, Path(name)))
        finally:
            server.stop()


async def _measure(url: str, folder: Path) -> Figures:
    found: Figures = {}
    found["alert with a story of its own"] = await _alerts(url, folder)
    found["alert of a story that has a thread"] = await _alerts(url, folder, stories=5)
    found["alert of two rules and two channels"] = await _alerts(url, folder, rules=2, channels=2)
    async with connect(url) as redis:
        found["claim of a document with 20 new items"] = await _rounds(redis, 40, _claims)
        found["delivery: begin, requeue, begin, sent"] = await _rounds(redis, 200, _deliveries)
    for held in (0, 3_000, 10_000):
        found[f"alert held, {held:,} held before"] = await _alerts(url, folder, held=held)
    return found


async def _rounds(
    redis: Redis, count: int, work: Callable[[Redis, int], Awaitable[None]]
) -> tuple[float, float]:
    ours, cpus = [], []
    for _ in range(ROUNDS):
        await redis.flushall()
        cpu, started = await _cpu_s(redis), time.process_time()
        await work(redis, count)
        ours.append(time.process_time() - started)
        cpus.append(await _cpu_s(redis) - cpu)
    return min(ours) / count * 1e6, statistics.median(cpus) / count * 1e6


async def _cpu_s(redis: Redis) -> float:
    info = await redis.info("cpu")
    return float(info["used_cpu_user"]) + float(info["used_cpu_sys"])


async def _alerts(
    url: str, folder: Path, *, held: int = -1, stories: int = 0, rules: int = 1, channels: int = 1
) -> tuple[float, float]:
    """The match stage over ITEMS items, each of which alerts; `held` alerts wait already."""
    config = folder / f"config-{held}-{stories}-{rules}-{channels}"
    _write_config(config, held >= 0, rules, channels)
    ours, cpus = [], []
    for _ in range(ROUNDS):
        async with services_of(
            Settings(config_dir=config, rule_cap=1_000_000), connect(url), None
        ) as services:
            redis = services.redis
            await redis.flushall()
            await adopt_config(services)
            await feeds.ensure_group(redis)
            await _append(redis, 0, max(held, 0), 0)
            if held > 0:
                await _hold(redis, held)
            await _append(redis, 20_000, ITEMS, stories)
            cpu, started = await _cpu_s(redis), time.process_time()
            try:
                counts = await run_match(services)
            except (RedisError, NewswatchError):
                return float("inf"), float(
                    "inf"
                )  # Redis was blocked for so long that it refused the next command
            ours.append(time.process_time() - started)
            cpus.append(await _cpu_s(redis) - cpu)
            if counts.alerts != ITEMS * rules * channels:
                raise SystemExit(f"{counts} instead of {ITEMS * rules * channels} alerts")
    each = ITEMS * rules * channels
    return min(ours) / each * 1e6, statistics.median(cpus) / each * 1e6


async def _hold(redis: Redis, held: int) -> None:
    """Hold so many alerts without matching their items."""
    await redis.xtrim(keys.ITEMS, maxlen=0, approximate=False)
    now_ms = int(time.time() * 1000)
    ids = [f"{n:016x}" for n in range(held)]
    await redis.zadd(keys.surge("r0", CHANNEL), {f"{n:010x}|{one}": now_ms for n, one in enumerate(ids)})
    await redis.zadd(keys.surge_stories("r0", CHANNEL), {f"s{one}": now_ms for one in ids})
    await redis.zadd(keys.surge_sources("r0", CHANNEL), {"wire": now_ms})


def _write_config(folder: Path, hold: bool, rules: int, channels: int) -> None:  # noqa: FBT001
    folder.mkdir(exist_ok=True)
    names = [CHANNEL, *(f"C{n:010d}" for n in range(1, channels))]
    rows = "".join(f"  - {{id: p{n}, channel: {name}}}\n" for n, name in enumerate(names))
    notify = ", ".join(f"p{n}" for n in range(channels))
    more = THRESHOLD if hold else ""
    queries = ("central bank opposes", "opposes the plan")
    watch = "".join(
        f"  - {{id: r{n}, query: {queries[n]}, notify: [{notify}]{more}}}\n" for n in range(rules)
    )
    (folder / "receivers.yaml").write_text(f"receivers:\n{rows}")
    (folder / "watchlist.yaml").write_text(f"rules:\n{watch}")
    (folder / "feeds.yaml").write_text("feeds:\n  - {id: wire, url: 'https://news.example/rss'}\n")


async def _append(redis: Redis, first: int, count: int, stories: int) -> None:
    pipe = redis.pipeline(transaction=False)
    for number in range(first, first + count):
        pipe.xadd("newswatch:items", {"v": "1", "item": item_to_json(_item(number, stories))})
    await pipe.execute()


def _item(number: int, stories: int) -> Item:
    link = f"https://news.example/{number % stories if stories else number}"
    return Item(
        id=f"wire:{number:016x}",
        feed_id="wire",
        revision=0,
        guid=str(number),
        link=link,
        canonical_link=link,
        title=f"Number {number}",
        summary="The central bank opposes the plan, as its governor told the committee on Monday.",
        body="",
        author="",
        tags=(),
        lang="en",
        published=NOW,
        first_seen=NOW,
        config_version=1,
    )


async def _claims(redis: Redis, count: int) -> None:
    for number in range(count):
        pairs = []
        for one in range(20):
            name = (1_000 * number + one).to_bytes(8, "big")
            record = SeenRecord(name, name, name, bytes(8), bytes(8), bytes(8), 0, 0, 0, 1, 0, silent=False)
            pairs.append((_item(1_000 * number + one, 0), record))
        work = feeds.Claim(
            f"f{number}", tuple(pairs), tuple(record for _, record in pairs), {"etag": '"v1"'}, NOW_MS, NOW_MS
        )
        await feeds.claim(redis, work, generation=0, config_version=0, trim_before_ms=0)


async def _deliveries(redis: Redis, count: int) -> None:

    lease = Lease(redis, "deliver", 60.0)
    await lease.take(0.0)
    pipe = redis.pipeline(transaction=False)
    for number in range(count):
        record: Any = {
            "kind": "story",
            "state": "queued",
            "channel": CHANNEL,
            "story": "s",
            "alerts": "[]",
            "root": "",
        }
        pipe.hset(keys.message(f"{number:020x}"), mapping=record)
        pipe.zadd(keys.outbox(CHANNEL), {f"{number:020x}": NOW_MS})
    await pipe.execute()
    for number in range(count):
        message = Message(f"{number:020x}", "story", CHANNEL, "s", ())
        await begin(redis, lease, message)
        await outbox.requeue(redis, message, begun_ms=NOW_MS, state="queued", due_ms=NOW_MS)
        await begin(redis, lease, message)
        if await outbox.record_sent(redis, message, "1.5", now_ms=NOW_MS) != 1:
            raise SystemExit("a message was not recorded")


async def begin(redis: Redis, lease: Lease, message: Message) -> None:
    await outbox.begin(
        redis, lease, message, now_ms=NOW_MS, look_again_ms=NOW_MS, free_again_ms=NOW_MS, server=""
    )


if __name__ == "__main__":
    raise SystemExit(main())
