"""The scripts of delivery: begin, sent, requeue, dead, revive, detach, updated and small, each with its refusals."""

from __future__ import annotations

import pytest
from store_records import CHANNEL, NOW, alert, queue, queued, stored

from newswatch.store import keys, messages, outbox


@pytest.fixture
async def message(redis, match_lease):
    return await queue(redis, match_lease)


@pytest.fixture
async def begun(redis, deliver_lease, message):
    assert await begin(redis, deliver_lease, message) == 1
    return message


async def begin(redis, lease, message):
    return await outbox.begin(
        redis, lease, message, now_ms=NOW, look_again_ms=NOW + 60_000, free_again_ms=NOW + 1_000
    )


# ── begin ─────────────────────────────────────────────────────────────────────────────────────


async def test_begin_freezes_the_message_and_paces_its_channel(redis, begun):
    assert await redis.hmget(keys.message("m1"), "state", "frozen") == [b"sending", b"1"]
    assert await queued(redis) == {"m1": NOW + 60_000}
    assert await redis.hget(keys.channel(CHANNEL), "next_at") == str(NOW + 1_000).encode()


async def test_begin_without_the_lease_changes_nothing(redis, deliver_lease, message):
    await redis.set(deliver_lease.key, "another")
    assert await begin(redis, deliver_lease, message) == 0
    assert (await stored(redis)).delivery.state == "queued"


async def test_begin_of_what_is_not_queued_changes_nothing(redis, deliver_lease, begun):
    assert await begin(redis, deliver_lease, begun) == -1
    await redis.delete(keys.message("m1"))
    assert await begin(redis, deliver_lease, begun) == -1


# ── sent ──────────────────────────────────────────────────────────────────────────────────────


async def test_sent_leaves_the_queue_and_is_kept_so_long(redis, begun):
    assert await outbox.record_sent(redis, begun, "1.5", now_ms=NOW, alerts_kept_s=100) == 1
    found = await stored(redis)
    assert (found.delivery.state, found.delivery.ts) == ("sent", "1.5")
    assert await queued(redis) == {}
    assert not await redis.exists(keys.CHANNELS)
    assert 0 < await redis.ttl(keys.message("m1")) <= 100


async def test_sent_again_with_the_same_ts_is_known_and_with_another_is_out_twice(redis, begun):
    await outbox.record_sent(redis, begun, "1.5", now_ms=NOW)
    assert await outbox.record_sent(redis, begun, "1.5", now_ms=NOW) == 0
    assert await outbox.record_sent(redis, begun, "1.6", now_ms=NOW) == -1
    assert await redis.hmget(keys.message("m1"), "ts", "second_ts") == [b"1.5", b"1.6"]


async def test_sent_reply_counts_its_new_feeds_once_with_its_root(redis, match_lease, message):
    reply = await queue(redis, match_lease, "m2", alert("a2"), story="s2")
    await redis.hset(keys.message("m2"), "root", "m1")
    reply = (await stored(redis, "m2")).message
    for ts in ("2.0", "2.0"):
        await outbox.record_sent(redis, reply, ts, now_ms=NOW, news=outbox.News(further=["daily", "wire"]))
    root = await stored(redis)
    assert (root.further, root.rev) == (2, 2)
    assert await outbox.due_updates(redis, NOW) == {"m1": NOW}


async def test_sent_reply_makes_no_record_of_a_root_that_is_gone(redis, match_lease, message):
    await queue(redis, match_lease, "m2", alert("a2"), story="s2")
    await redis.hset(keys.message("m2"), "root", "m1")
    reply = (await stored(redis, "m2")).message
    await redis.delete(keys.message("m1"))
    assert await outbox.record_sent(redis, reply, "2.0", now_ms=NOW, news=outbox.News(further=["daily"])) == 1
    assert not await redis.exists(keys.message("m1"))
    assert await outbox.due_updates(redis, NOW) == {}


async def test_sent_message_that_readers_clicked_meanwhile_is_brought_up_to_date(redis, begun):
    await redis.hset(keys.message("m1"), "rev", 1)
    await outbox.record_sent(redis, begun, "1.5", now_ms=NOW)
    assert (await stored(redis)).rev == 2
    assert await outbox.due_updates(redis, NOW) == {"m1": NOW}


# ── requeue ───────────────────────────────────────────────────────────────────────────────────


async def test_requeue_puts_it_back_with_what_went_wrong(redis, begun):
    await outbox.requeue(
        redis, begun, begun_ms=NOW, state="queued", due_ms=NOW + 5, error="x", attempts=1, minimal=True
    )
    found = (await stored(redis)).delivery
    assert (found.state, found.error, found.attempts, found.minimal) == ("queued", "x", 1, True)
    assert await queued(redis) == {"m1": NOW + 5}


async def test_requeue_does_not_touch_a_later_begin_nor_what_is_sent(redis, begun):
    await outbox.requeue(redis, begun, begun_ms=NOW - 1, state="queued", due_ms=NOW + 5)
    assert (await stored(redis)).delivery.state == "sending"
    await outbox.record_sent(redis, begun, "1.5", now_ms=NOW)
    await outbox.requeue(redis, begun, begun_ms=NOW, state="queued", due_ms=NOW + 5)
    assert (await stored(redis)).delivery.state == "sent"
    assert await queued(redis) == {}


# ── dead letters ──────────────────────────────────────────────────────────────────────────────


async def test_dead_letter_leaves_the_queue_and_comes_back_when_it_is_revived(redis, begun):
    await redis.hset(keys.message("m1"), "minimal", 1)
    await outbox.mark_dead(redis, begun, "invalid_blocks", NOW)
    assert await messages.dead_letters(redis) == {"m1": NOW}
    assert await queued(redis) == {}
    assert await outbox.revive(redis, begun, NOW + 9)
    found = (await stored(redis)).delivery
    assert (found.state, found.error, found.attempts, found.minimal) == ("queued", "", 0, False)
    assert await queued(redis) == {"m1": NOW + 9}
    assert await messages.dead_letters(redis) == {}


async def test_detached_reply_is_its_storys_message(redis, message):
    await redis.hset(keys.message("m1"), mapping={"kind": "reply", "root": "m0"})
    await redis.hset(keys.story(CHANNEL, "s1"), mapping={"root": "m0", "open": "m1"})
    await outbox.detach_reply(redis, message)
    found = (await stored(redis)).message
    assert (found.kind, found.root_id) == ("story", None)
    assert await redis.hmget(keys.story(CHANNEL, "s1"), "root", "open") == [b"m1", None]


async def test_detached_reply_follows_the_message_that_replaced_its_root(redis, message):
    await redis.hset(keys.message("m1"), mapping={"kind": "reply", "root": "m0"})
    await redis.hset(keys.story(CHANNEL, "s1"), mapping={"root": "m2", "open": "m1"})
    await outbox.detach_reply(redis, message)
    found = (await stored(redis)).message
    assert (found.kind, found.root_id) == ("reply", "m2")
    assert await redis.hmget(keys.story(CHANNEL, "s1"), "root", "open") == [b"m2", b"m1"]


async def test_detaching_leaves_no_record_of_what_is_gone(redis, message):
    await redis.delete(keys.message("m1"), keys.story(CHANNEL, "s1"))
    await outbox.detach_reply(redis, message)
    assert await redis.exists(keys.message("m1"), keys.story(CHANNEL, "s1")) == 0


async def test_message_that_is_not_a_dead_letter_is_not_revived(redis, message):
    assert not await outbox.revive(redis, message, NOW)
    await redis.delete(keys.message("m1"))
    assert not await outbox.revive(redis, message, NOW)
    assert not await redis.exists(keys.message("m1"))


# ── small writes ──────────────────────────────────────────────────────────────────────────────


async def test_update_is_done_unless_the_message_changed_meanwhile(redis, message):
    await outbox.note_update(redis, "m1", NOW)
    await redis.hset(keys.message("m1"), "rev", 2)
    assert not await outbox.updated(redis, "m1", 1)
    assert await outbox.due_updates(redis, NOW) == {"m1": NOW}
    assert await outbox.updated(redis, "m1", 2)
    assert await outbox.due_updates(redis, NOW) == {}


async def test_deferring_does_not_bring_back_what_left_the_queue(redis, begun):
    await outbox.defer(redis, begun, NOW + 9)
    assert await queued(redis) == {"m1": NOW + 9}
    await outbox.record_sent(redis, begun, "1.5", now_ms=NOW)
    await outbox.defer(redis, begun, NOW + 99)
    assert await queued(redis) == {}


async def test_delivery_goes_on_when_redis_is_out_of_memory(redis, deliver_lease, message):
    await redis.config_set("maxmemory-policy", "noeviction")
    await redis.config_set("maxmemory", 1)
    try:
        await deliver_lease.renew()
        assert await begin(redis, deliver_lease, message) == 1
        await outbox.requeue(redis, message, begun_ms=NOW, state="queued", due_ms=NOW)
        assert await begin(redis, deliver_lease, message) == 1
        await outbox.pause_channel(redis, CHANNEL, NOW, "full")
        assert await outbox.record_sent(redis, message, "1.5", now_ms=NOW) == 1
        await outbox.mark_dead(redis, message, "x", NOW)
    finally:
        await redis.config_set("maxmemory", 0)
