"""`handover.lua`: takes a plan over in one step, or refuses it whole."""

from __future__ import annotations

import json

from store_records import CHANNEL, NOW, alert, plan_for, queue, queued, stored

from newswatch.store import handover, keys
from newswatch.store.feeds import ensure_group
from newswatch.store.handover import Begun, GrownMessage, Held, PlacedAlert, Plan, Release, StoryChange
from newswatch.store.leases import Lease

RELEASE = Release("r1", CHANNEL, "surge:r1:1", "surge", NOW, "Surge: 2 stories from 1 source", 2)


async def take(redis, lease, plan, **options):
    return await handover.hand_over(redis, lease, plan, **({"now_ms": NOW} | options))


async def test_plan_becomes_alerts_a_message_a_story_and_a_queue_entry(redis, match_lease):
    assert await take(redis, match_lease, plan_for("m1", alert(), alert("a2"))) == "taken"
    found = await stored(redis)
    assert (found.message.alert_ids, found.message.kind, found.delivery.state) == (
        ("a1", "a2"),
        "story",
        "queued",
    )
    assert await queued(redis) == {"m1": NOW}
    assert await redis.smembers(keys.CHANNELS) == {CHANNEL.encode()}
    assert await redis.hget(keys.alert("a1"), "message") == b"m1"
    assert await redis.hget(keys.story(CHANNEL, "s1"), "root") == b"m1"
    for facet, value in (("rule", "r1"), ("feed", "wire"), ("channel", CHANNEL), ("severity", "high")):
        assert await redis.zrange(keys.alerts_of(facet, value), 0, -1) == [b"a1", b"a2"]
    assert await redis.hget(keys.hits(NOW // 86_400_000), "r1") == b"2"
    assert await redis.ttl(keys.alert("a1")) > 0
    assert await redis.ttl(keys.story(CHANNEL, "s1")) > 0


async def test_items_are_acknowledged_and_titles_remembered_with_it(redis, match_lease):
    await ensure_group(redis)
    ids = [await redis.xadd(keys.ITEMS, {"v": "1"}) for _ in range(3)]
    await redis.xreadgroup(keys.ITEMS_GROUP, "match", {keys.ITEMS: ">"})
    await redis.zadd(keys.TITLES, {"old": NOW - 10})
    names = [name.decode() for name in ids]
    assert await take(redis, match_lease, Plan(), stream_ids=names, titles=["new"], titles_since_ms=NOW - 5)
    assert (await redis.xpending(keys.ITEMS, keys.ITEMS_GROUP))["pending"] == 0
    assert await redis.zrange(keys.TITLES, 0, -1) == [b"new"]


async def test_thousands_of_items_are_acknowledged_at_once(redis, match_lease):
    await ensure_group(redis)
    pipe = redis.pipeline()
    for _ in range(20_000):
        pipe.xadd(keys.ITEMS, {"v": "1"})
    names = [name.decode() for name in await pipe.execute()]
    await redis.xreadgroup(keys.ITEMS_GROUP, "match", {keys.ITEMS: ">"}, count=20_000)
    assert await take(redis, match_lease, Plan(), stream_ids=names) == "taken"
    assert (await redis.xpending(keys.ITEMS, keys.ITEMS_GROUP))["pending"] == 0


async def test_another_holder_of_the_lease_refuses_all(redis, match_lease):
    await redis.set(match_lease.key, "another")
    assert await take(redis, match_lease, plan_for("m1", alert())) == "lost"
    assert await redis.keys("newswatch:*") == [match_lease.key.encode()]


async def test_expired_lease_refuses_all(redis):
    assert await take(redis, Lease(redis, "match", 1.0), plan_for("m1", alert())) == "lost"


async def test_alert_that_exists_refuses_all(redis, match_lease):
    await queue(redis, match_lease)
    assert await take(redis, match_lease, plan_for("m2", alert("a0"), alert(), story="s2")) == "changed"
    assert not await redis.exists(keys.message("m2"), keys.alert("a0"))


async def test_message_that_was_begun_or_grew_meanwhile_refuses_all(redis, match_lease):
    await queue(redis, match_lease)
    grown = GrownMessage("m1", CHANNEL, ("a1", "a2"), 200, broadcast=False)
    as_read = {"m1": 'queued||["a1"]'}
    for field, value in (("state", "sending"), ("frozen", "1"), ("alerts", '["a1","a9"]')):
        before = await redis.hget(keys.message("m1"), field)
        await redis.hset(keys.message("m1"), field, value)
        plan = Plan(alerts=[PlacedAlert(alert("a2"), "m1")], snapshot=as_read, grown=[grown])
        assert await take(redis, match_lease, plan) == "changed"
        await (
            redis.hdel(keys.message("m1"), field)
            if before is None
            else redis.hset(keys.message("m1"), field, before)
        )
    assert await take(redis, match_lease, plan) == "taken"
    assert (await stored(redis)).message.alert_ids == ("a1", "a2")


async def test_message_that_is_gone_refuses_all(redis, match_lease):
    assert await take(redis, match_lease, Plan(snapshot={"m1": 'queued||["a1"]'})) == "changed"


async def test_story_that_was_folded_meanwhile_refuses_all(redis, match_lease):
    await queue(redis, match_lease)
    change = StoryChange(CHANNEL, "s1", ("m0", ""), "m0", "", 2, (), {})
    assert await take(redis, match_lease, Plan(stories=[change])) == "changed"


async def test_reply_that_no_longer_collects_is_let_go(redis, match_lease):
    await queue(redis, match_lease)
    await redis.hset(keys.story(CHANNEL, "s1"), "open", "m2")
    change = StoryChange(CHANNEL, "s1", ("m1", "m2"), "m9", "", 2, ("r2",), {2: "m9"})
    assert await take(redis, match_lease, Plan(stories=[change])) == "taken"
    record = await redis.hgetall(keys.story(CHANNEL, "s1"))
    assert record == {
        b"root": b"m9", b"rank": b"2", b"n": b"2", b"rule:r1": b"1", b"rule:r2": b"1", b"alert:a1": record[b"alert:a1"],
        b"message:1": b"m1", b"message:2": b"m9",
    }  # fmt: skip


async def test_muted_alert_is_kept_and_counted(redis, match_lease):
    assert await take(redis, match_lease, Plan(alerts=[PlacedAlert(alert(), "", "r1|*")])) == "taken"
    assert await redis.hget(keys.alert("a1"), "muted") == b"r1|*"
    assert await redis.hget(keys.MUTES_COUNT, "r1|*") == b"1"
    assert await redis.zrange(keys.alerts_of("state", "muted"), 0, -1) == [b"a1"]
    assert await redis.hget(keys.channel(CHANNEL), "last_alert") is None


async def test_rates_and_sequences_add_up(redis, match_lease):
    for _ in range(2):
        plan = Plan(rates={("r1", CHANNEL, 5): 2}, sequences={CHANNEL: 3})
        assert await take(redis, match_lease, plan) == "taken"
    assert await redis.get(keys.rate("r1", CHANNEL, 5)) == b"4"
    assert 0 < await redis.ttl(keys.rate("r1", CHANNEL, 5)) <= 7_200
    assert await redis.hget(keys.channel(CHANNEL), "seq") == b"6"


async def test_held_alerts_are_counted_by_story_and_source_and_leave_with_the_window(redis, match_lease):
    for number, story in enumerate(("s1", "s1", "s2")):
        one = alert(f"a{number}")
        held = Held("r1", CHANNEL, f"{number}|{one.id}", story, "wire", 60_000)
        plan = Plan(alerts=[PlacedAlert(one, "")], held=[held])
        assert await take(redis, match_lease, plan, now_ms=NOW + 40_000 * number) == "taken"
    assert await redis.zrange(keys.surge("r1", CHANNEL), 0, -1) == [b"1|a1", b"2|a2"]
    assert await redis.zcard(keys.surge_stories("r1", CHANNEL)) == 2
    assert await redis.zcard(keys.surge_sources("r1", CHANNEL)) == 1
    assert await redis.zcard(keys.alerts_of("state", "held")) == 3
    assert await redis.pttl(keys.surge("r1", CHANNEL)) > 0


async def test_surge_that_begins_takes_what_was_held_along(redis, match_lease):
    held = Held("r1", CHANNEL, "1|a1", "s1", "wire", 60_000)
    plan = Plan(alerts=[PlacedAlert(alert(), "")], held=[held], begun=[Begun(RELEASE, 60_000)],
                joined=[(CHANNEL, RELEASE.story, "2|a2")])  # fmt: skip
    assert await take(redis, match_lease, plan) == "taken"
    assert await handover.releases(redis) == [RELEASE]
    assert await handover.next_released(redis, RELEASE, 10) == {"1|a1": "a1", "2|a2": "a2"}
    assert await redis.pttl(keys.release(CHANNEL, RELEASE.story)) == -1
    assert await redis.get(keys.surge_now("r1", CHANNEL)) == RELEASE.story.encode()
    names = (keys.surge("r1", CHANNEL), keys.surge_stories("r1", CHANNEL), keys.surge_sources("r1", CHANNEL))
    assert await redis.exists(*names) == 0


async def test_surge_goes_on_with_each_alert(redis, match_lease):
    await redis.set(keys.surge_now("r1", CHANNEL), "surge:r1:1", px=1_000)
    assert await take(redis, match_lease, Plan(going_on=[("r1", CHANNEL, 60_000)])) == "taken"
    assert await redis.pttl(keys.surge_now("r1", CHANNEL)) > 1_000


async def test_release_that_is_done_is_forgotten(redis, match_lease):
    held = Held("r1", CHANNEL, "1|a1", "s1", "wire", 60_000)
    begin = Plan(alerts=[PlacedAlert(alert(), "")], held=[held], begun=[Begun(RELEASE, 60_000)])
    await take(redis, match_lease, begin)
    plan = Plan(moved=[("a1", "m1")], released=[(CHANNEL, RELEASE.story, ("1|a1",))])
    assert await take(redis, match_lease, plan) == "taken"
    assert await redis.hget(keys.alert("a1"), "message") == b"m1"
    assert await redis.zcard(keys.alerts_of("state", "held")) == 0
    assert await handover.releases(redis) == []


async def test_cost_of_a_hand_over_does_not_grow_with_what_is_held(redis, match_lease):
    """Counted in commands, which no busy machine changes."""
    counts = []
    for filled in (0, 10_000):
        if filled:
            await redis.zadd(keys.surge("r1", CHANNEL), {f"x{n}|x{n}": NOW for n in range(filled)})
            await redis.zadd(keys.surge_stories("r1", CHANNEL), {f"x{n}": NOW for n in range(filled)})
        await redis.config_resetstat()
        one = alert(f"a{filled}")
        held = Held("r1", CHANNEL, f"9|{one.id}", "s1", "wire", 60_000)
        await take(redis, match_lease, Plan(alerts=[PlacedAlert(one, "")], held=[held]))
        stats = await redis.info("commandstats")
        counts.append(
            {name: row["calls"] for name, row in stats.items() if "info" not in name and "config" not in name}
        )
    assert counts[0] == counts[1]


async def test_plan_survives_names_of_any_script(redis, match_lease):
    odd = 'Ünï"cöde|\\n'
    change = StoryChange(CHANNEL, odd, ("", ""), "m1", "", 1, (odd,), {1: "m1"})
    assert await take(redis, match_lease, Plan(stories=[change])) == "taken"
    assert await redis.hget(keys.story(CHANNEL, odd), f"rule:{odd}") == b"1"
    assert json.loads(Plan(stories=[change]).to_json())["stories"][0]["story"] == odd
