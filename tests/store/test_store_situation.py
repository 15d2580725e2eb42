"""`situation.lua`: what a placement is decided on, read at one moment."""

from __future__ import annotations

from store_records import CHANNEL, NOW, alert, queue

from newswatch.store import handover, keys
from newswatch.store.handover import MessageSnapshot, Question, StorySnapshot, SurgeQuestion, SurgeSnapshot

ASKED = SurgeQuestion(NOW - 60_000, ("s1", "s2"), ("wire",), ("r1",))


async def test_empty_store_knows_nothing(redis):
    question = Question(
        ["a1"], {(CHANNEL, "s1"): ["r1"]}, [("r1", CHANNEL, 5)], {("r1", CHANNEL): ASKED}, [CHANNEL]
    )
    found = await handover.read_situation(redis, question)
    assert found.known == frozenset()
    assert found.stories == {(CHANNEL, "s1"): StorySnapshot()}
    assert found.rates == {("r1", CHANNEL, 5): 0}
    assert found.surges == {("r1", CHANNEL): SurgeSnapshot()}
    assert found.sequences == {CHANNEL: 0}


async def test_story_is_read_with_its_messages_and_the_rules_asked_for(redis, match_lease):
    await queue(redis, match_lease)
    found = await handover.read_situation(redis, Question(["a1", "a2"], {(CHANNEL, "s1"): ["r0", "r1"]}))
    assert found.known == {"a1"}
    root = MessageSnapshot("m1", "story", ("a1",), 100, "queued", 'queued||["a1"]')
    assert found.stories[CHANNEL, "s1"] == StorySnapshot(root, None, 1, 2, frozenset({"r1"}))
    assert root.grows


async def test_message_past_its_retention_has_no_state(redis, match_lease):
    await queue(redis, match_lease)
    await redis.delete(keys.message("m1"))
    found = await handover.read_situation(redis, Question(stories={(CHANNEL, "s1"): []}))
    root = found.stories[CHANNEL, "s1"].root
    assert root is not None
    assert (root.state, root.grows) == ("", False)


async def test_thousands_of_rules_of_a_story_are_asked_for(redis, match_lease):
    await queue(redis, match_lease)
    rules = sorted([*(f"x{n}" for n in range(9_000)), "r1"])
    found = await handover.read_situation(redis, Question(stories={(CHANNEL, "s1"): rules}))
    assert found.stories[CHANNEL, "s1"].rules == {"r1"}
    assert found.stories[CHANNEL, "s1"].messages == 1


async def test_held_stories_and_sources_count_within_the_window_alone(redis):
    await redis.zadd(keys.surge_stories("r1", CHANNEL), {"s1": NOW - 60_000, "s2": NOW - 59_999, "s3": NOW})
    await redis.zadd(keys.surge_sources("r1", CHANNEL), {"wire": NOW})
    found = await handover.read_situation(redis, Question(surges={("r1", CHANNEL): ASKED}))
    surge = found.surges["r1", CHANNEL]
    assert (surge.stories, surge.sources) == (2, 1)
    assert (surge.known_stories, surge.known_sources) == (frozenset({"s2"}), frozenset({"wire"}))


async def test_surge_under_way_is_read_with_its_story(redis, match_lease):
    await queue(redis, match_lease, "m1", alert(), story="surge:r1:1", kind="surge")
    await redis.set(keys.surge_now("r1", CHANNEL), "surge:r1:1")
    question = Question(surges={("r1", CHANNEL): ASKED})
    found = await handover.read_situation(redis, question)
    assert found.surges["r1", CHANNEL] == SurgeSnapshot(story="surge:r1:1")
    root = found.stories[CHANNEL, "surge:r1:1"].root
    assert root is not None
    assert root.kind == "surge"
    await redis.hset(keys.RELEASES, f"{CHANNEL}|surge:r1:1", "{}")
    assert (await handover.read_situation(redis, question)).surges["r1", CHANNEL].releasing
