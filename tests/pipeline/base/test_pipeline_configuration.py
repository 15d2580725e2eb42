"""What each stage reads of the configuration in force: what it needs, and all of it of one version."""

from __future__ import annotations

import pytest

from feed_server import story
from newswatch.config.parts import BUCKETS, bucket_of
from newswatch.errors import PermanentError
from newswatch.pipeline.base.adoption import adopt_config
from newswatch.pipeline.base.configuration import (
    FeedsInForce,
    Share,
    forget,
    in_force,
    receivers_in_force,
    rules_in_force,
    shard_in_force,
    version_in_force,
)
from newswatch.store import keys

ELSEWHERE = "https://elsewhere.example/feed"
WORDS = "The central bank opposes the plan."


@pytest.fixture
def room(newsroom):
    """One with a feed of its own site, and one of a host in another shard."""
    assert own_share(newsroom) != bucket_of(ELSEWHERE) % BUCKETS + 1
    text = f"feeds:\n  - {{id: elsewhere, url: '{ELSEWHERE}'}}\n"
    text += f"  - {{id: wire, url: '{newsroom.site.url}/wire', allow_private: true, tags: [own]}}\n"
    newsroom.write("feeds.yaml", text)
    newsroom.adopt()
    forget()
    return newsroom


def own_share(room) -> int:
    return bucket_of(room.site.url) % BUCKETS + 1


def damage(room, feeds="", **parts):
    """What a stage would stumble over if it read it."""
    for name in parts:
        room.redis.hset(keys.CONFIG, name, "{")
    if feeds:
        room.redis.hset(keys.CONFIG_FEEDS, str(bucket_of(feeds)), "{")


def test_shard_reads_its_own_feeds_only(room):
    damage(room, feeds=ELSEWHERE, rules=True)
    found = room._do(lambda services: shard_in_force(services, Share(own_share(room), BUCKETS)))
    assert [feed.id for feed in found] == ["wire"]
    with pytest.raises(PermanentError, match="cannot be read"):
        room._do(lambda services: shard_in_force(services, Share(1, 1)))


def test_match_reads_the_feeds_of_its_items_only(room):
    room.watchlist("rules: [{id: r, query: central bank opposes, feeds: {tags: [own]}, notify: [policy]}]\n")
    room.site.serve("/wire", story(1, summary=WORDS))
    room.redis.zadd(keys.FEEDS_DUE, {"elsewhere": 4e12})
    assert room.poll(all_feeds=False).new == 1
    forget()
    damage(room, feeds=ELSEWHERE)
    assert room.match().alerts == 1


def test_delivery_reads_no_feeds(room):
    forget()
    room.redis.delete(keys.CONFIG_FEEDS, keys.CONFIG_PLACES)
    assert room._do(rules_in_force).rules
    assert room.deliver().queued == 0


def test_all_that_is_read_is_of_the_version_in_force(room):
    assert [feed.id for feed in room._do(in_force).feeds] == ["elsewhere", "wire"]
    room.feeds("wire", "daily")
    room.adopt()
    assert [feed.id for feed in room._do(in_force).feeds] == ["wire", "daily"]
    assert [one.id for one in room._do(receivers_in_force)] == ["policy", "ops"]


def test_feeds_of_a_version_that_is_not_in_force_any_more_are_not_read(room):
    async def ask(services):
        known = FeedsInForce(services, await version_in_force(services))
        assert await known.read(["wire", "unknown"])
        assert (known.get("wire").id, known.get("unknown"), known.get("elsewhere")) == ("wire", None, None)
        room.feeds("wire")
        await adopt_config(services)
        return await known.read(["wire"]), await known.read(["elsewhere"])

    assert room._do(ask) == (True, False)


def test_parts_of_different_versions_are_refused(room):
    room.redis.hset(keys.CONFIG_FEEDS, "digest", "another")
    with pytest.raises(PermanentError, match="different versions"):
        room._do(in_force)


def test_nothing_is_in_force_in_an_empty_redis(newsroom):
    for read in (in_force, rules_in_force, receivers_in_force):
        assert newsroom._do(read) is None
    assert newsroom._do(lambda services: shard_in_force(services, Share(1, 1))) is None
