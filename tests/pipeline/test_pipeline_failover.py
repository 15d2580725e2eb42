"""A failover in mid-shift: Redis is another server that lacks the last writes, while the residents work on."""

from __future__ import annotations

import re
import threading

import pytest
import redis

from devtools.redis_server import free_port
from feed_server import Document, story
from newsroom import Newsroom
from redis_servers import backup, restore
from residents import Resident

WORDS = "The central bank opposes the plan."


@pytest.fixture
def room(tmp_path, own_redis, simulator, monkeypatch):
    """One whose residents beat often, and whose leases are short."""
    monkeypatch.setattr("newswatch.pipeline.base.shift.BEAT_S", 0.3)
    simulator.reset()
    newsroom = Newsroom(tmp_path / "room", own_redis.url, simulator, grace="2s")
    newsroom.feeds("wire", every="1s", extra=", at_most: 1s")
    newsroom.adopt()
    yield newsroom
    newsroom.close()


def stories(*numbers):
    return [story(n, f"Headline {n} of {n * 7919 % 97} other news", WORDS) for n in numbers]


def titles(room) -> list[str]:
    """What is in the stream; nothing while Redis is away."""
    try:
        return [str(values) for _, values in room.redis.xrange("newswatch:items")]
    except redis.ConnectionError:
        return []


def in_slack(room) -> list[str]:
    """The number of each headline that was posted, in a message or reply, with repetitions."""
    messages = [*room.posts(), *room.replies()]
    return [number for one in messages for number in re.findall(r"Headline (\d+) of", one["text"])]


def test_validators_of_a_lost_claim_are_not_stored_by_a_visit_in_hand(room, own_redis):
    """Otherwise the next poll is a 304, and the item that was lost with the claim never returns."""
    room.site.serve("/wire", *stories(1), etag='"1"')
    poll = Resident(room, "poll-1")
    room.until(lambda: len(titles(room)) == 1)
    kept = backup(own_redis)
    room.site.serve("/wire", *stories(1, 2), etag='"2"')
    room.until(lambda: len(titles(room)) == 2)

    failed_over = threading.Event()

    def fail_over_once():
        if not failed_over.is_set():
            restore(own_redis, kept, restart=False)
            failed_over.set()

    # The same document with another ETag: it claims nothing, and only the validators are new.
    body = room.site.documents["/wire"].body
    room.site.documents["/wire"] = Document(body, etag='"3"', before_answer=fail_over_once)
    assert failed_over.wait(60)
    room.until(lambda: sum("Headline 2 " in text for text in titles(room)) == 1, 30)
    poll.end()


def test_failover_with_lost_writes_in_mid_shift_loses_and_repeats_nothing(room, own_redis):
    residents = [Resident(room, stage) for stage in ("poll-1", "match", "deliver")]
    room.site.serve("/wire", *stories(1, 2), etag='"1"')
    room.until(lambda: set(in_slack(room)) == {"1", "2"})
    # Lost at each stage: the claim of one item, the match of another, the record of a third that was sent.
    for last in (4, 6):
        kept = backup(own_redis)
        room.site.serve("/wire", *stories(*range(1, last + 1)), etag=f'"{last}"')
        room.until(lambda last=last: str(last) in in_slack(room))
        restore(own_redis, kept)
    room.site.serve("/wire", *stories(*range(1, 8)), etag='"7"')
    room.until(lambda: "7" in in_slack(room))
    room.until(lambda: not room.redis.scard("newswatch:channels"))
    for one in residents:
        one.end()
        assert one.error is None
    assert sorted(in_slack(room)) == [str(number) for number in range(1, 8)]
    ids = room.alert_ids()
    assert len(ids) == len(set(ids)) == 7


def test_residents_that_wait_go_on_after_a_planned_failover(room):
    """A primary that becomes a replica first answers those that wait on it, with an error of its own."""
    residents = [Resident(room, stage).at_work() for stage in ("match", "deliver")]
    for _ in range(3):
        room.redis.replicaof("127.0.0.1", free_port())
        room.redis.replicaof("NO", "ONE")
        room.until(lambda: all(one.at_work() for one in residents))
    room.site.serve("/wire", *stories(1))
    room.poll()
    room.until(lambda: in_slack(room) == ["1"] or any(one.error for one in residents))
    for one in residents:
        one.end()
        assert one.error is None


def test_match_goes_on_when_redis_is_emptied(room):
    match = Resident(room, "match").at_work()
    room.redis.flushall()
    room.until(lambda: match.note == "No configuration is in force yet." or match.error)
    room.adopt()
    room.site.serve("/wire", *stories(1))
    match.at_work()
    room.poll()
    room.until(lambda: room.redis.zcard("newswatch:alerts") or match.error)
    match.end()
    assert match.error is None
