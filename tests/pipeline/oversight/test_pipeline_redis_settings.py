"""A Redis that may delete what it holds, or that refuses writes: the first page says so, and what to do."""

from __future__ import annotations

from datetime import timedelta

import pytest

from devtools.redis_server import free_port
from newsroom import OPS, Newsroom
from newswatch.pipeline.oversight.heartbeat import after_cycle
from newswatch.pipeline.oversight.status import read_status

SET = "Set `noeviction`"


@pytest.fixture
def room(tmp_path, own_redis, simulator):
    simulator.reset()
    newsroom = Newsroom(tmp_path / "room", own_redis.url, simulator)
    newsroom.run()
    yield newsroom
    newsroom.close()


def in_ops(room) -> list[str]:
    room.deliver()
    return [message["text"] for message in room.slack.messages(OPS)]


def findings(room) -> dict[str, str]:
    return {one.cause: one.do for one in room._do(read_status).findings}


def test_redis_that_may_delete_data_is_reported_until_it_is_set_right(room):
    room._do(after_cycle)
    assert "redis-eviction" not in findings(room)
    room.redis.config_set("maxmemory-policy", "volatile-lru")
    for _ in range(2):
        room._do(after_cycle)
    (told,) = [text for text in in_ops(room) if "volatile-lru" in text]
    assert "deletes what newswatch needs" in told
    assert SET in told
    assert "in the file of Redis too" in findings(room)["redis-eviction"]  # the notice says what to set
    room.redis.config_set("maxmemory-policy", "noeviction")
    room._do(after_cycle)
    assert "redis-eviction" not in findings(room)
    assert "Redis no longer deletes what it holds." in " ".join(in_ops(room))


def test_keys_that_were_deleted_are_counted(room):
    for number in range(200):
        room.redis.set(f"newswatch:feed:{number}", "x" * 10_000)
    room.redis.config_set("maxmemory-policy", "allkeys-random")
    room.redis.config_set("maxmemory", room.redis.info("memory")["used_memory"] - 500_000)
    room.redis.set("other", "not ours")
    room.redis.config_set("maxmemory", 0)
    lost = room.redis.info("stats")["evicted_keys"]
    assert lost
    code, out, _ = room.command("doctor")
    assert code == 1
    assert (
        f"maxmemory-policy is allkeys-random: when Redis is full, it deletes what newswatch needs, {lost} keys so far"
        in out
    )


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
