"""`mark.lua` and `mute.lua`: what readers said, and mutes that begin and end with the marks that show them."""

from __future__ import annotations

from datetime import timedelta

from store_records import CHANNEL, NOON, NOW, alert, item, queue, stored

from newswatch.models import Mark
from newswatch.store import keys, labelled, marks, mutes
from newswatch.store.mutes import Mute


def mark(*, minutes: int = 0, on: bool = True, until_h: int | None = None) -> Mark:
    at = NOON + timedelta(minutes=minutes)
    return Mark(on, "ada", "U1", at, at + timedelta(hours=until_h) if until_h else None)


async def mute_by(redis, name: str, *, minutes: int = 0, on: bool = True) -> int:
    return await marks.put_mute(redis, name, mark(minutes=minutes, on=on, until_h=24), NOW, ["r1"], CHANNEL)


async def test_mark_of_an_unknown_message_is_refused(redis):
    assert await marks.put_ack(redis, "m9", mark(), NOW, []) == -1
    assert not await redis.exists(keys.message("m9"), keys.UPDATES)


async def test_first_acknowledgement_counts_and_the_message_is_to_be_updated(redis, match_lease):
    await queue(redis, match_lease)
    assert await marks.put_ack(redis, "m1", mark(), NOW, []) == 1
    assert await marks.put_ack(redis, "m1", mark(minutes=1), NOW, []) == 0
    found = await stored(redis)
    assert (found.marks.ack, found.rev) == (mark(), 1)
    assert await redis.zrange(keys.UPDATES, 0, -1) == [b"m1"]


async def test_click_that_comes_late_or_twice_changes_nothing(redis, match_lease):
    await queue(redis, match_lease)
    assert await mute_by(redis, "m1", minutes=5) == 1
    assert await mute_by(redis, "m1", minutes=5) == 0
    assert await mute_by(redis, "m1", minutes=3, on=False) == 0
    assert [one.name for one in await mutes.read(redis)] == [f"r1|{CHANNEL}"]


async def test_mute_replaced_by_another_message_shows_there_and_no_more_here(redis, match_lease):
    await queue(redis, match_lease)
    await queue(redis, match_lease, "m2", alert("a2"), story="s2")
    await mute_by(redis, "m1")
    await mute_by(redis, "m2", minutes=1)
    first, second = (await stored(redis)).marks.mute, (await stored(redis, "m2")).marks.mute
    assert first is not None
    assert second is not None
    assert (first.on, second.on) == (False, True)


async def test_mute_ended_at_the_desk_leaves_its_message_in_the_same_step(redis, match_lease):
    await queue(redis, match_lease)
    await mute_by(redis, "m1")
    await redis.delete(keys.UPDATES)
    ended = await mutes.lift(redis, "r1", None, NOON)
    assert [one.message_id for one in ended] == ["m1"]
    found = await stored(redis)
    assert found.marks.mute is not None
    assert not found.marks.mute.on
    assert await redis.zrange(keys.UPDATES, 0, -1) == [b"m1"]
    assert await mutes.read(redis) == []
    assert await mutes.lift(redis, "r1", None, NOON) == []
    assert await mute_by(redis, "m1") == 0  # the same click, repeated by Slack


async def test_message_whose_other_mute_lasts_goes_on_showing_it(redis, match_lease):
    await queue(redis, match_lease)
    await marks.put_mute(redis, "m1", mark(until_h=24), NOW, ["r1", "r2"], CHANNEL)
    await mutes.lift(redis, "r1", None, NOON)
    found = (await stored(redis)).marks.mute
    assert found is not None
    assert found.on


async def test_mute_begun_at_the_desk_counts_from_nothing(redis):
    await redis.hset(keys.MUTES_COUNT, "r1|*", 7)
    await mutes.put(redis, Mute("r1", "*", NOON + timedelta(hours=1), "ada", NOON))
    (found,) = await mutes.read(redis)
    assert (found.name, found.muted, found.message_id) == ("r1|*", 0, "")


async def test_item_called_not_relevant_is_kept_with_its_rule_until_taken_back(redis, match_lease):
    await queue(redis, match_lease)
    await marks.put_irrelevant(redis, "m1", mark(), NOW, [("r1", item())])
    assert [one.item.id for one in await labelled.read_labelled(redis, "irrelevant", "r1")] == [item().id]
    await marks.put_irrelevant(redis, "m1", mark(minutes=1, on=False), NOW, [("r1", item())])
    assert await labelled.read_labelled(redis, "irrelevant", "r1") == []
