"""A Redis that is nearly full: polling pauses, loses nothing, and goes on by itself."""

from __future__ import annotations

from datetime import timedelta

import pytest
import redis

from feed_server import story
from newsroom import OPS, Newsroom
from newswatch.errors import PermanentError
from newswatch.pipeline.match import run_match
from newswatch.pipeline.poll import run_poll
from newswatch.store.seen import RECORD_BYTES

WORDS = "The central bank opposes the plan."


def test_polling_pauses_at_80_percent_and_goes_on_when_there_is_room(tmp_path, own_redis, simulator):
    simulator.reset()
    room = Newsroom(tmp_path / "full", own_redis.url, simulator)
    try:
        room.site.serve("/wire", story(1, "First", WORDS), etag='"1"')
        room.poll()
        room.site.serve("/wire", story(1, "First", WORDS), story(2, "Second", WORDS), etag='"2"')
        with redis.Redis.from_url(own_redis.url) as client:
            used = client.info("memory")["used_memory"]
            client.config_set("maxmemory", int(used / 0.85))
        counts = room.poll()
        assert (counts.feeds, counts.polled, counts.new) == (1, 0, 0)
        assert len(room.site.requests) == 1
        room.poll()
        room.match()
        room.deliver()
        assert len(room.posts()) == 1
        with redis.Redis.from_url(own_redis.url) as client:
            client.config_set("maxmemory", 0)
        assert room.poll().new == 1
        room.match()
        room.deliver()
        assert len(room.posts()) == 2
        assert ["pauses" in post["text"] for post in room.posts(OPS)] == [True, False]
    finally:
        room.close()


def test_seen_retention_is_settable(newsroom):
    newsroom.site.serve("/wire", story(1), story(2))
    settings = {"NEWSWATCH_SEEN_RETENTION": "2h"}
    newsroom.adopt()
    newsroom._do(lambda services: run_poll(services, all_feeds=True), env=settings)
    newsroom.pass_time(timedelta(hours=1))
    newsroom.site.serve("/wire", story(2))
    newsroom._do(lambda services: run_poll(services, all_feeds=True), env=settings)
    assert newsroom.redis.strlen("newswatch:seen:wire") == 2 * RECORD_BYTES
    newsroom.pass_time(timedelta(hours=1.5))
    newsroom.site.serve("/wire", story(3))
    newsroom._do(lambda services: run_poll(services, all_feeds=True), env=settings)
    assert newsroom.redis.strlen("newswatch:seen:wire") == 2 * RECORD_BYTES


@pytest.mark.parametrize("value", ["soon", "5m"])
def test_retention_that_cannot_be_is_named(newsroom, value):
    with pytest.raises(PermanentError, match="NEWSWATCH_ITEM_RETENTION"):
        _ = newsroom.services(env={"NEWSWATCH_ITEM_RETENTION": value}).retention


def test_feed_taken_out_is_forgotten_in_time_and_known_again_when_it_returns_before(newsroom):
    newsroom.site.serve("/wire", story(1), story(2))
    newsroom.poll()
    newsroom.feeds("other")
    newsroom.adopt()
    assert 0 < newsroom.redis.ttl("newswatch:seen:wire") <= 30 * 86_400
    newsroom.feeds("wire", "other")
    newsroom.adopt()
    assert newsroom.redis.ttl("newswatch:seen:wire") == newsroom.redis.ttl("newswatch:feed:wire") == -1
    assert newsroom.poll().new == 0


def test_alert_retention_is_settable(newsroom):
    newsroom.site.serve("/wire", story(1, "First", WORDS))
    newsroom.poll()
    newsroom._do(run_match, env={"NEWSWATCH_ALERT_RETENTION": "2d"})
    (name,) = newsroom.redis.scan_iter("newswatch:alert:*")
    assert 0 < newsroom.redis.ttl(name) <= 2 * 86_400
