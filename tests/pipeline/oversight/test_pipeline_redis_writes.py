"""A Redis that can be read and refuses writes: the first page and health blame Redis, not the stages."""

from __future__ import annotations

from datetime import timedelta

import pytest

from devtools.redis_server import free_port
from newsroom import Newsroom
from newswatch.pipeline.oversight.status import read_status


@pytest.fixture
def room(tmp_path, own_redis, simulator):
    simulator.reset()
    newsroom = Newsroom(tmp_path / "room", own_redis.url, simulator)
    newsroom.run()
    yield newsroom
    newsroom.close()


def replica(redis):
    redis.replicaof("127.0.0.1", free_port())


def few_replicas(redis):
    redis.config_set("min-replicas-to-write", 1)


@pytest.mark.parametrize(
    ("made", "words"), [(replica, "read-only replica"), (few_replicas, "too few of its replicas")]
)
def test_redis_that_refuses_writes_is_the_first_finding(room, made, words):
    assert room._do(read_status).ok
    made(room.redis)
    room.pass_time(timedelta(minutes=10))
    status = room._do(read_status)
    assert status.state == "failing"
    first = status.findings[0]
    assert words in first.what
    assert (first.cause, first.runbook) == ("redis-writes", "redis-is-away")
