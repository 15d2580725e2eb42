"""Redis at the end of its memory: what is queued still gets out, and what is out stays out."""

from __future__ import annotations

import contextlib

import pytest
import redis

from feed_server import story
from newsroom import Newsroom

WORDS = "The central bank opposes the plan."


@pytest.fixture
def room(tmp_path, own_redis, simulator):
    simulator.reset()
    newsroom = Newsroom(tmp_path / "room", own_redis.url, simulator)
    yield newsroom
    newsroom.close()


def fill(client: redis.Redis) -> None:
    """Take the room that is left, until Redis refuses the smallest write."""
    client.config_set("maxmemory", int(client.info("memory")["used_memory"]) + 100_000)
    size = 50_000
    while size:
        with contextlib.suppress(redis.exceptions.OutOfMemoryError):
            while True:
                client.append(f"filler:{size}", "x" * size)
        size //= 2
    with pytest.raises(redis.exceptions.OutOfMemoryError):
        client.set("one more", "x")


def test_queue_empties_and_nothing_comes_twice_when_redis_is_full(room):
    room.site.serve("/wire", *(story(n, f"Headline {n} of the day", WORDS) for n in range(4)))
    room.poll()
    room.match()
    room.slack.fault("reset", when="after")
    fill(room.redis)
    room.until(lambda: room.deliver().queued == 0)
    assert len(room.posts()) == 4
    assert len(set(room.alert_ids())) == len(room.alert_ids()) == 4
    assert room.redis.scard("newswatch:channels") == 0


def test_fault_of_slack_leaves_the_message_in_a_full_redis(room):
    room.site.serve("/wire", story(1, summary=WORDS))
    room.poll()
    room.match()
    room.slack.fault("not_in_channel")
    fill(room.redis)
    assert room.deliver(linger_s=0.0).queued == 1
    room.until(lambda: room.deliver().queued == 0)
    assert len(room.posts()) == 1
