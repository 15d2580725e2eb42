"""How much memory Redis needs to remember items: bytes for each item, in all identity keys of its feed.

    python -m bench.poll_memory [--items 1000000] [--feeds 10000] [--json]

Real claims fill a real Redis. Each feed shows 40 items, then 20 new ones in place of 20 old ones, and so
on, so that most of the remembered items are no longer in the document. The figures are the sizes of
`newswatch:seen:*` and `newswatch:elements:*` of all feeds, as Redis measures them.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
import time
from datetime import datetime, timezone

from redis.asyncio import Redis

from devtools.redis_server import RunningRedis
from newswatch.document import Entry
from newswatch.feeds.canonical import canonical_link
from newswatch.models import Feed
from newswatch.pipeline.poll import entry_ids, identity
from newswatch.store import feeds, keys
from newswatch.store.client import connect
from newswatch.store.elements import HASH_BYTES, pack_elements
from newswatch.store.seen import digest

SHOWN, STEP = 40, 20
TARGET_BYTES = 100


def document(feed_id: str, last: int) -> list[Entry]:
    """The newest items of a feed that has shown `last` so far."""
    now = datetime.now(timezone.utc)
    return [
        Entry(
            guid=f"{feed_id}-{n}",
            link=f"https://bench.example/{feed_id}/{n}",
            title=f"Item {n}",
            published=now,
        )
        for n in range(last, max(last - SHOWN, 0), -1)
    ]


async def show(redis: Redis, feed: Feed, last: int, now_s: int) -> None:
    """Take one document through identity and claim, without adding its items to the stream."""
    memory = await feeds.read_memory(redis, feed.id)
    identified = entry_ids.identify(document(feed.id, last), canonical_link)
    context = identity.PollContext(
        feed=feed,
        now=now_s,
        first_sight=False,
        config_version=0,
        document_time=now_s,
        confirmed_time=now_s,
    )
    decision = identity.decide(memory.seen, identified, context)
    elements = {digest(one.entry.guid, HASH_BYTES): decision.ids[one.key] for one in identified}
    work = feeds.Claim(
        feed_id=feed.id,
        items=(),
        whole=decision.whole,
        values={},
        next_due_ms=0,
        now_ms=now_s * 1_000,
        elements=pack_elements(bytes(HASH_BYTES), elements),
    )
    await feeds.claim(redis, work, generation=memory.state.generation, config_version=0, trim_before_ms=0)


async def fill(redis: Redis, items: int, feed_count: int) -> dict[str, float]:
    """Fill Redis, and measure."""
    each, now_s = items // feed_count, int(time.time())
    before = (await redis.info("memory"))["used_memory"]
    for start in range(0, feed_count, 50):
        names = [
            Feed(id=f"feed-{n}", url="https://bench.example/")
            for n in range(start, min(start + 50, feed_count))
        ]
        for last in (*range(SHOWN, each, STEP), each):
            await asyncio.gather(*(show(redis, feed, last, now_s) for feed in names))
    used = (await redis.info("memory"))["used_memory"] - before
    measured = dict.fromkeys(("seen", "elements", "feed"), 0)
    for n in range(feed_count):
        pipe = redis.pipeline(transaction=False)
        for name in (keys.seen, keys.elements, keys.feed):
            pipe.memory_usage(name(f"feed-{n}"))
        for kind, size in zip(measured, await pipe.execute(), strict=True):
            measured[kind] += size or 0
    remembered = each * feed_count
    identity_bytes = measured["seen"] + measured["elements"]
    return {
        "items": remembered,
        "bytes_an_item": identity_bytes / remembered,
        "seen_bytes_an_item": measured["seen"] / remembered,
        "elements_bytes_an_item": measured["elements"] / remembered,
        "all_of_redis_bytes_an_item": used / remembered,
    }


async def run(url: str, items: int, feed_count: int) -> dict[str, float]:
    redis = connect(url)
    try:
        return await fill(redis, items, feed_count)
    finally:
        await redis.aclose()


def main() -> int:
    options = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    options.add_argument("--items", type=int, default=1_000_000)
    options.add_argument("--feeds", type=int, default=10_000)
    options.add_argument("--json", action="store_true")
    chosen = options.parse_args()
    with RunningRedis() as server:
        found = asyncio.run(run(server.url, chosen.items, chosen.feeds))
    if chosen.json:
        print(json.dumps(found))
    else:
        for name, value in found.items():
            print(f"{name:30} {value:12.1f}")
    return 0 if found["bytes_an_item"] <= TARGET_BYTES else 1


if __name__ == "__main__":
    sys.exit(main())
