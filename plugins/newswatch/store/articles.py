"""The article queue: items whose web pages are to be read, between the claim and the items stream.

The claim adds them (`lua/claim.lua`). The articles stage removes them in the same step that adds the item with its
article to the stream (`lua/article.lua`).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from redis.asyncio import Redis

from newswatch.errors import LeaseLost
from newswatch.models import Item
from newswatch.store import keys
from newswatch.store.client import script_of, text
from newswatch.store.codec import item_from_json, item_to_json
from newswatch.store.leases import Lease

Outcome = Literal["read", "later", "given-up", "drop"]


@dataclass(frozen=True, slots=True)
class Job:
    """One web page to read. `tries` counts failed tries; `stamp` identifies this entry of the queue.

    A job whose record has expired has an empty stamp and nothing else.
    """

    item_id: str
    feed_id: str
    link: str
    tries: int
    stamp: str


async def waiting(redis: Redis) -> int:
    """How many pages wait, due or not."""
    return int(await redis.zcard(keys.ARTICLES))


async def due_since(redis: Redis, now_ms: int) -> tuple[int, int | None]:
    """How many pages are due, to be read or read again, and since when the oldest is (ms); (0, None) for none."""
    pipe = redis.pipeline(transaction=False)
    for queue in (keys.ARTICLES, keys.RECHECKS):
        pipe.zcount(queue, "-inf", now_ms)
        pipe.zrangebyscore(queue, "-inf", now_ms, start=0, num=1, withscores=True)
    new, first, again, first_again = await pipe.execute()
    return int(new) + int(again), min((int(at) for _, at in (*first, *first_again)), default=None)


async def may_ask_for_reader(redis: Redis, again_s: float) -> bool:
    """Whether nobody has asked for a reader within `again_s` seconds. From now on somebody has."""
    return bool(await redis.set(keys.READER_ASKED, 1, nx=True, px=int(again_s * 1000)))


async def forget_asking(redis: Redis) -> None:
    """No reader was started, so anybody may ask for one now."""
    await redis.delete(keys.READER_ASKED)


async def due_jobs(redis: Redis, now_ms: int, *, known: Collection[str], most: int) -> list[Job]:
    """The `most` jobs that are due longest, without those whose item is in `known`."""
    found: Any = await redis.zrangebyscore(keys.ARTICLES, "-inf", now_ms, start=0, num=most)
    ids = [name for name in (text(member) for member in found) if name not in known]
    pipe = redis.pipeline(transaction=False)
    for name in ids:
        pipe.hmget(keys.article(name), ["feed", "link", "tries", "stamp"])
    return [_job(name, row) for name, row in zip(ids, await pipe.execute(), strict=True)]


def _job(item_id: str, row: Sequence[bytes | None]) -> Job:
    feed_id, link, tries, stamp = (text(value) for value in row)
    return Job(item_id, feed_id, link, int(tries or 0), stamp)


async def read_item(redis: Redis, job: Job) -> Item:
    """The item as in its feed. Raises ValueError, KeyError or TypeError if it is not one of ours."""
    stored: Any = await redis.hget(keys.article(job.item_id), "item")
    return item_from_json(stored or b"null")


async def settle(
    redis: Redis,
    lease: Lease,
    job: Job,
    outcome: Outcome,
    *,
    item: Item | None = None,
    error: str = "",
    at_ms: int = 0,
) -> bool:
    """Record the result of a try, as `lua/article.lua` describes. Raises LeaseLost.

    Returns False if the feed edited the item meanwhile. Then nothing was done, and a new job is in the queue.
    """
    script = script_of(redis, "article")
    names = [lease.key, keys.ITEMS, keys.ARTICLES, keys.article(job.item_id), keys.feed(job.feed_id)]
    content = item_to_json(item) if item is not None else error
    answer = int(
        await script(keys=names, args=[lease.token, job.item_id, job.stamp, outcome, content, at_ms])
    )
    if answer < 0:
        raise LeaseLost("another process runs the articles stage now and continues the work")
    return answer == 1


async def postpone(redis: Redis, jobs: Iterable[Job], until_ms: int) -> None:
    """Postpone jobs without counting a try. Jobs that were removed meanwhile stay removed."""
    names = {job.item_id: until_ms for job in jobs}
    if names:
        await redis.zadd(keys.ARTICLES, names, xx=True, gt=True)
