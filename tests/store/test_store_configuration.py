"""The configuration in force, the ones before it and what follows for the feeds, against a real Redis."""

from __future__ import annotations

from newswatch.store import feeds, keys, notices
from newswatch.store.client import connect
from newswatch.store.configuration import (
    FeedChange,
    Head,
    Stored,
    note_owner,
    places_of,
    put_in_force,
    read_buckets,
    read_head,
    read_part,
    read_past,
)
from newswatch.store.feeds import StateUpdate, write_updates

KEPT_S = 30 * 86_400
NOTHING = FeedChange(KEPT_S)


def bundle(version: int) -> Stored:
    text = f'{{"version": {version}, "name": "Zürich"}}'
    parts = {"receivers": f"receivers-{version}", "rules": f"rules-{version}"}
    buckets = {version: f"feeds-{version}", 1_000: "others"}
    return Stored(
        version, f"digest-{version}", f"files-{version}", text, parts, buckets, {f"feed-{version}": version}
    )


async def in_redis(redis):
    """What stages read."""
    receivers, rules = [await read_part(redis, name) for name in ("receivers", "rules")]
    assert receivers[0] == rules[0]
    return *receivers, rules[1], (await read_head(redis)).files


async def put(redis, version: int, change: FeedChange = NOTHING, owner: str = "me") -> bool:
    known = await read_head(redis)
    return await put_in_force(redis, known, bundle(version), change, owner=owner, now_ms=1_000 + version)


async def test_last_twenty_bundles_can_be_read_by_their_version(redis_url):
    async with connect(redis_url) as redis:
        for version in range(1, 26):
            assert await put(redis, version)
        assert await read_past(redis, 5) is None
        for version in range(6, 26):
            assert await read_past(redis, version) == bundle(version).whole
        assert await redis.hlen(keys.CONFIG_PAST) == 20
        assert await read_past(redis, 26) is None


async def test_feeds_are_found_by_bucket_and_by_id_and_those_of_the_last_version_are_gone(redis_url):
    async with connect(redis_url) as redis:
        assert await put(redis, 1)
        assert await put(redis, 2)
        version = (2, "digest-2")
        assert await read_buckets(redis, [1, 2]) == (version, ["feeds-2"])
        assert await read_buckets(redis) == (version, ["feeds-2", "others"])
        assert await places_of(redis, ["feed-1", "feed-2"]) == (version, {2})
        assert await places_of(redis, ["feed-1"]) == (version, set())
        assert await read_buckets(redis, []) == (version, [])


async def test_bundle_that_came_too_late_is_not_kept(redis_url):
    async with connect(redis_url) as redis:
        assert await put(redis, 1)
        late = Stored(1, "other", "other", '{"version": 1}', {"rules": "late"})
        change = FeedChange(KEPT_S, added=("wire",))
        assert not await put_in_force(redis, Head(), late, change, owner="other", now_ms=1_001)
        assert await read_past(redis, 1) == bundle(1).whole
        assert await in_redis(redis) == ((1, "digest-1"), "receivers-1", "rules-1", "files-1")
        assert await feeds.read_due(redis) == {}


async def test_bundle_of_an_owner_that_was_replaced_meanwhile_is_not_taken(redis_url):
    async with connect(redis_url) as redis:
        assert await put(redis, 1)
        known = await read_head(redis)
        assert await note_owner(redis, known, "another", 2_000)
        assert not await put_in_force(redis, known, bundle(2), FeedChange(KEPT_S), owner="me", now_ms=2_001)
        assert (await read_head(redis)).version == 1


async def test_owner_that_was_replaced_meanwhile_does_not_take_the_right_back(redis_url):
    async with connect(redis_url) as redis:
        assert await put(redis, 1, owner="me")
        known = await read_head(redis)
        assert await put(redis, 2, owner="another")
        assert not await note_owner(redis, known, "me", 9_000)
        head = await read_head(redis)
        assert (head.owner, head.owner_seen_ms) == ("another", 1_002)


async def test_files_that_say_the_same_change_only_their_fingerprint(redis_url):
    async with connect(redis_url) as redis:
        assert await put(redis, 1)
        same = Stored(1, "digest-1", "files-2", "not stored", {"rules": "not stored"})
        assert await put_in_force(
            redis, await read_head(redis), same, FeedChange(KEPT_S), owner="me", now_ms=5_000
        )
        assert await in_redis(redis) == ((1, "digest-1"), "receivers-1", "rules-1", "files-2")
        assert await read_past(redis, 1) == bundle(1).whole
        assert (await read_head(redis)).owner_seen_ms == 5_000


async def test_feeds_come_on_the_schedule_and_leave_it_with_the_bundle(redis_url):
    async with connect(redis_url) as redis:
        assert await put(redis, 1, FeedChange(KEPT_S, added=("a", "b", "c")))
        assert await feeds.read_due(redis) == {"a": 0, "b": 0, "c": 0}
        for name in "abc":
            await write_updates(redis, [StateUpdate(name, {"notified": "x", "etag": "y"}, 90_000)])
        await notices.switch(redis, "feed:b", "on", notice_text="x", ops_channel="", now_ms=1)
        change = FeedChange(moved=("c",), gone={"b": ("feed:b", "silent:b")}, kept_s=60)
        assert await put(redis, 2, change)
        assert await feeds.read_due(redis) == {"a": 90_000, "c": 0}
        assert await redis.hgetall(keys.feed("b")) == {b"etag": b"y"}
        assert 0 < await redis.ttl(keys.feed("b")) <= 60
        assert await notices.active(redis) == {}
        assert await put(redis, 3, FeedChange(KEPT_S, added=("b",)))
        assert await redis.ttl(keys.feed("b")) == -1


async def test_feed_that_was_taken_out_while_it_was_polled_stays_out(redis_url):
    async with connect(redis_url) as redis:
        assert await put(redis, 1, FeedChange(KEPT_S, added=("a", "b")))
        assert await put(redis, 2, FeedChange(KEPT_S, gone={"b": ()}))
        await write_updates(redis, [StateUpdate("a", {"etag": "1"}, 5), StateUpdate("b", {"etag": "2"}, 6)])
        await feeds.make_due(redis, ["b"])
        assert await feeds.read_due(redis) == {"a": 5}
        assert not await redis.exists(keys.feed("b"))
