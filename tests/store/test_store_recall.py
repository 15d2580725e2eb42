"""`recall.lua`: what is in Slack already is recorded, not sent again."""

from __future__ import annotations

from store_records import CHANNEL, NOW, alert, queue, queued, stored

from newswatch.store import epoch, keys
from newswatch.store.epoch import Place
from newswatch.store.handover import PlacedAlert, Plan, hand_over

DONE = Place("run-2", 0, cursor=None)


async def recall(redis, *posts, place=DONE):
    unknown, found, undecided = await epoch.recall(redis, CHANNEL, posts, place, now_ms=NOW, retention_s=100)
    assert undecided == []
    return unknown, found


async def test_channel_is_marked_with_the_server_that_delivers_now(redis):
    assert await recall(redis) == (0, 0)
    assert await epoch.delivered_by(redis, CHANNEL) == "run-2"
    assert await epoch.read_place(redis, CHANNEL) is None


async def test_place_is_kept_with_what_was_found_so_far(redis):
    place = Place("run-2", 5, cursor="abc", threads=("1.5",))
    assert await recall(redis, {"id": "m1", "ts": "1.5", "alerts": ["a1"]}, place=place) == (1, 0)
    assert await epoch.delivered_by(redis, CHANNEL) is None
    assert await epoch.read_place(redis, CHANNEL) == place


async def test_queued_message_that_cannot_be_read_does_not_stop_the_others(redis, match_lease):
    await queue(redis, match_lease)
    await queue(redis, match_lease, "m2", alert("a2"), story="s2")
    await redis.hset(keys.message("m1"), "alerts", "{")
    assert await recall(redis, {"id": "m0", "ts": "1.5", "alerts": ["a1", "a2"]}) == (0, 1)
    assert (await queued(redis)).keys() == {"m1"}


async def test_message_that_does_not_name_its_alerts_is_found_by_its_id(redis, match_lease):
    await queue(redis, match_lease)
    assert await recall(redis, {"id": "m1", "ts": "1.5"}) == (0, 1)
    found = await stored(redis)
    assert (found.delivery.state, found.message.alert_ids) == ("sent", ("a1",))


async def test_message_of_which_nothing_is_known_is_named(redis):
    posts = [{"id": "m9", "ts": "1.5"}]
    assert await epoch.recall(redis, CHANNEL, posts, DONE, now_ms=NOW, retention_s=9) == (0, 0, ["1.5"])


async def test_alert_that_redis_forgot_does_not_alert_again(redis):
    assert await recall(redis, {"id": "m1", "ts": "1.5", "alerts": ["a1"]}) == (1, 0)
    assert await redis.hgetall(keys.alert("a1")) == {b"json": b"", b"message": b"m1"}
    assert 0 < await redis.ttl(keys.alert("a1")) <= 100


async def test_queued_message_that_is_out_is_recorded_and_what_it_lacks_becomes_a_reply(redis, match_lease):
    await queue(redis, match_lease, "m1", alert(), alert("a2"))
    assert await recall(redis, {"id": "m1", "ts": "1.5", "alerts": ["a1"]}) == (0, 1)
    found = await stored(redis)
    assert (found.delivery.state, found.delivery.ts, found.message.alert_ids) == ("sent", "1.5", ("a1",))
    (name,) = await queued(redis)
    reply = (await stored(redis, name)).message
    assert (reply.kind, reply.root_id, reply.alert_ids) == ("reply", "m1", ("a2",))
    assert await redis.hget(keys.alert("a2"), "message") == name.encode()


async def test_queued_message_whose_alerts_are_all_out_is_dropped(redis, match_lease):
    await queue(redis, match_lease)
    assert await recall(redis, {"id": "m0", "ts": "1.5", "alerts": ["a1"]}) == (0, 1)
    assert await queued(redis) == {}
    assert not await redis.exists(keys.message("m1"), keys.CHANNELS)


async def test_queued_message_loses_the_alerts_that_are_out(redis, match_lease):
    await queue(redis, match_lease, "m1", alert(), alert("a2"))
    assert await recall(redis, {"id": "m0", "ts": "1.5", "alerts": ["a1"]}) == (0, 0)
    assert (await stored(redis)).message.alert_ids == ("a2",)


async def test_message_in_doubt_and_notices_are_left_alone(redis, match_lease):
    await queue(redis, match_lease)
    await redis.hset(keys.message("m1"), "state", "sending")
    await queue(redis, match_lease, "m2", alert("a2"), story="s2", kind="ops")
    assert await recall(redis, {"id": "m0", "ts": "1.5", "alerts": ["a1", "a2"]}) == (0, 0)
    assert (await queued(redis)).keys() == {"m1", "m2"}


async def test_held_alert_whose_surge_is_out_gets_its_message(redis, match_lease):
    await hand_over(redis, match_lease, Plan(alerts=[PlacedAlert(alert(), "")]), now_ms=NOW)
    await recall(redis, {"id": "m0", "ts": "1.5", "alerts": ["a1"]})
    assert await redis.hget(keys.alert("a1"), "message") == b"m0"


async def test_withdrawn_alert_that_is_out_does_not_return(redis):
    await redis.hset(keys.alert("a1"), mapping={"json": "{}", "message": "m1", "withdrawn": "muted"})
    await redis.zadd(keys.WITHDRAWN, {"a1": NOW})
    assert await recall(redis, {"id": "m1", "ts": "1.5", "alerts": ["a1"]}) == (0, 0)
    assert await redis.zcard(keys.WITHDRAWN) == 0
    assert not await redis.hexists(keys.alert("a1"), "withdrawn")
