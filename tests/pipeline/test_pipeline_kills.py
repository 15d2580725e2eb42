"""`kill -9` between and inside the stages, as processes: nothing lost, nothing sent twice."""

from __future__ import annotations

import random
import time

import pytest

from feed_server import story
from newsroom import Newsroom, kill

pytestmark = pytest.mark.heavy

WORDS = "The central bank opposes the plan."


@pytest.fixture
def room(tmp_path, redis_url, simulator):
    simulator.reset()
    # Short, since the lease of a stage that was killed lasts for half of it.
    newsroom = Newsroom(tmp_path, redis_url, simulator, grace="4s")
    yield newsroom
    newsroom.close()


def settle(room: Newsroom, stories: int) -> None:
    """Run whole cycles until every story's alert is in Slack and no queue is left."""
    room.until(
        lambda: (
            room.run() and len(room.alert_ids()) >= stories and not room.redis.smembers("newswatch:channels")
        ),
        timeout_s=300,
    )


def assert_each_once(room: Newsroom, stories: int) -> None:
    ids = room.alert_ids()
    assert len(ids) == len(set(ids)) == stories
    assert room.slack.doubles() == {}


@pytest.mark.parametrize("stage", ["poll", "match-pending", "deliver"])
def test_kill_while_a_stage_is_at_work_loses_and_doubles_nothing(room, stage):
    stories = 30
    room.site.serve("/wire", *(story(n, f"News {n}", WORDS) for n in range(stories)))
    before = {"poll": [], "match-pending": ["poll"], "deliver": ["poll", "match-pending"]}[stage]
    for name in before:
        room.json(name)
    if stage == "poll":
        victim_at_work = threading_event(room)
        process = room.start("poll")
        room.until(victim_at_work)
    else:
        process = room.start(stage)
        depth = {"match-pending": "newswatch:alerts", "deliver": None}[stage]
        room.until(lambda: room.redis.exists(depth) if depth else room.slack.messages())
    kill(process)
    settle(room, stories)
    assert_each_once(room, stories)


def threading_event(room: Newsroom):
    """True once the feed's server has been asked; the answer then takes its time."""
    asked = []

    def hold() -> None:
        asked.append(1)
        if len(asked) == 1:
            time.sleep(1.0)

    room.site.documents["/wire"].before_answer = hold
    return lambda: asked


def test_kill_between_the_stages_loses_and_doubles_nothing(room):
    room.site.serve("/wire", story(1, summary=WORDS))
    for name in ("poll", "match-pending", "deliver", "poll", "match-pending", "deliver"):
        room.json(name)
    assert_each_once(room, 1)


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_kills_at_random_instants_with_dropped_replies_lose_and_double_nothing(room):
    """Twenty kills over a changing feed; some of Slack's answers get lost on their way back."""
    chance = random.Random(20261123)
    begun = time.monotonic()
    room.start("run", "--all").communicate()
    cycle_s = time.monotonic() - begun  # on this machine, as busy as it is
    shown = []
    for step in range(20):
        shown.append(story(step, f"Distinct headline {step}", WORDS))
        room.site.serve("/wire", *shown)
        if step % 5 == 2:
            room.slack.fault("reset", when="after", times=1)
        process = room.start("run", "--all")
        time.sleep(chance.uniform(0.1, 1.1) * cycle_s)
        kill(process)
    room.slack.clear_faults()
    settle(room, len(shown))
    assert_each_once(room, len(shown))
    texts = " ".join(message["text"] for message in room.slack.messages())
    assert all(item["title"] in texts for item in shown)
