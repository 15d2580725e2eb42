"""Polling as a resident: each feed when it is due, for a shift, and items handed over as they come."""

from __future__ import annotations

import time
from functools import partial
from itertools import pairwise

import pytest

from feed_server import Document, story
from newswatch.config.parts import bucket_of
from newswatch.errors import LeaseLost
from newswatch.models import Feed
from newswatch.pipeline.base.configuration import Share
from newswatch.pipeline.poll.stay import stay_polling
from newswatch.store import feeds
from newswatch.store.client import connect
from newswatch.store.leases import Lease
from residents import WORK


def configure(room, **every):
    lines = "".join(
        f"  - {{id: {name}, url: '{room.site.url}/{name}', every: {text}, at_most: {text}}}\n"
        for name, text in every.items()
    )
    room.write("feeds.yaml", f"defaults: {{allow_private: true}}\nfeeds:\n{lines}")
    room.adopt()


def asked(room, name):
    return [request for request in room.site.requests if request.path == f"/{name}"]


def stream(room):
    return room.redis.xlen("newswatch:items")


def test_items_are_handed_over_as_they_come(newsroom, resident):
    configure(newsroom, wire="1s")
    newsroom.site.serve("/wire", story(1))
    poll = resident("poll-1").at_work()
    newsroom.until(lambda: stream(newsroom) == 1)
    newsroom.site.serve("/wire", story(1), story(2))
    newsroom.until(lambda: stream(newsroom) == 2)
    poll.end()
    assert poll.error is None
    assert poll.counts.new == 2


def test_each_feed_keeps_its_own_pace(newsroom, resident):
    times = {"quick": [], "slow": []}
    for name, seen in times.items():
        newsroom.site.documents[f"/{name}"] = Document(b"gone", 404)
        newsroom.site.serve(f"/{name}", story(1))
        newsroom.site.documents[f"/{name}"].before_answer = lambda seen=seen: seen.append(time.monotonic())
    configure(newsroom, quick="1s", slow="1h")
    poll = resident("poll-1")
    newsroom.until(lambda: len(times["quick"]) >= 6)
    poll.end()
    assert len(times["slow"]) == 1
    assert min(later - first for first, later in pairwise(times["quick"])) > 0.5
    assert (times["quick"][-1] - times["quick"][0]) / (len(times["quick"]) - 1) > 0.9


def test_delay_of_a_poll_does_not_move_the_next_ones(newsroom, resident):
    configure(newsroom, wire="1m")
    newsroom.site.serve("/wire", story(1))
    due_ms = int(time.time() * 1000) - 2_000
    newsroom.redis.zadd("newswatch:feeds:due", {"wire": due_ms})
    resident("poll-1")
    newsroom.until(lambda: newsroom.redis.zscore("newswatch:feeds:due", "wire") != due_ms)
    assert newsroom.redis.zscore("newswatch:feeds:due", "wire") == due_ms + 60_000


def test_feed_that_is_wanted_now_is_polled_at_once(newsroom, resident):
    configure(newsroom, wire="1h")
    newsroom.site.serve("/wire", story(1))
    resident("poll-1")
    newsroom.until(lambda: stream(newsroom) == 1)

    async def want(services):
        await feeds.make_due(services.redis, ["wire"])

    newsroom.site.serve("/wire", story(1), story(2))
    newsroom._do(want)
    newsroom.until(lambda: stream(newsroom) == 2)
    assert not newsroom.redis.exists("newswatch:feeds:wanted")


def test_new_feed_is_polled_without_waiting_for_the_next_shift_and_a_removed_one_is_not(newsroom, resident):
    configure(newsroom, wire="1s")
    newsroom.site.serve("/wire", story(1))
    newsroom.site.serve("/daily", story(2))
    resident("poll-1")
    newsroom.until(lambda: stream(newsroom) == 1)
    configure(newsroom, daily="1s")
    newsroom.until(lambda: stream(newsroom) == 2)
    before = len(asked(newsroom, "wire"))
    polls = len(asked(newsroom, "daily"))
    newsroom.until(lambda: len(asked(newsroom, "daily")) >= polls + 3)
    assert len(asked(newsroom, "wire")) <= before + 1


def test_slow_host_holds_up_no_other(newsroom, resident):
    newsroom.site.serve("/wire", story(1))
    newsroom.site.serve("/stuck", story(2))
    newsroom.site.documents["/stuck"].before_answer = lambda: time.sleep(4)
    newsroom.write(
        "feeds.yaml",
        "defaults: {allow_private: true}\nfeeds:\n"
        f"  - {{id: wire, url: '{newsroom.site.url}/wire', every: 1s, at_most: 1s}}\n"
        f"  - {{id: stuck, url: '{newsroom.site.url.replace('127.0.0.1', 'localhost')}/stuck', every: 1s}}\n",
    )
    newsroom.adopt()
    resident("poll-1")
    newsroom.until(lambda: stream(newsroom) >= 1, 3.5)


def test_every_host_belongs_to_exactly_one_shard():
    found = [Feed(id=f"f{n}", url=f"https://h{n % 70}.example/{n}") for n in range(200)]
    shares = [Share(number, 4) for number in range(1, 5)]
    owners = {feed.id: [share.number for share in shares if share.has(feed)] for feed in found}
    assert all(len(numbers) == 1 for numbers in owners.values())
    by_host = {}
    for feed in found:
        by_host.setdefault(feed.url.rsplit("/", 1)[0], set()).update(owners[feed.id])
    assert all(len(numbers) == 1 for numbers in by_host.values())
    assert len({numbers[0] for numbers in owners.values()}) == 4


def test_feed_that_moved_is_polled_by_the_shard_of_its_new_host_only(newsroom, resident, monkeypatch):
    """Its old host's shard finds out, and asks no more: the new host would be asked by two shards at once."""
    old = newsroom.site.url.replace("127.0.0.1", "localhost")
    of = next(of for of in range(2, 99) if bucket_of(old) % of != bucket_of(newsroom.site.url) % of)
    for name, url in (("poll-1", old), ("poll-2", newsroom.site.url)):
        share = Share(bucket_of(url) % of + 1, of)
        monkeypatch.setitem(WORK, name, partial(stay_polling, share=share))
    newsroom.write(
        "feeds.yaml",
        f"defaults: {{allow_private: true, every: 1s, at_most: 1s}}\nfeeds:\n  - {{id: wire, url: '{old}/old'}}\n",
    )
    newsroom.adopt()
    newsroom.site.serve("/new", story(1))
    moved = {"adopted_url": f"{newsroom.site.url}/new", "adopted_from": f"{old}/old"}
    newsroom.redis.hset("newswatch:feed:wire", mapping=moved)
    before = resident("poll-1")
    newsroom.until(lambda: newsroom.redis.hexists("newswatch:feeds:moved", "wire"))
    newsroom.until(lambda: before.shift.counts()["polled"] == 1)
    after = resident("poll-2")
    newsroom.until(lambda: after.shift.counts()["polled"] >= 3)
    assert before.shift.counts()["polled"] == 1
    assert asked(newsroom, "old") == []
    newsroom.redis.hdel("newswatch:feed:wire", "adopted_url")
    newsroom.until(lambda: before.shift.counts()["polled"] >= 2)
    assert not newsroom.redis.exists("newswatch:feeds:moved")


async def test_claim_under_a_lost_lease_stores_nothing(redis_url):
    async with connect(redis_url) as redis:
        lease = Lease(redis, "poll-1", 60.0)
        assert await lease.take(0.0)
        await redis.set(lease.key, "another")
        work = feeds.Claim("wire", (), (), {"etag": "x"}, 5, 1)
        with pytest.raises(LeaseLost):
            await feeds.claim(redis, work, generation=0, config_version=0, trim_before_ms=0, lease=lease)
        assert not await redis.exists("newswatch:feed:wire")
