"""A Redis that is nearly full: polling pauses, loses nothing, and goes on by itself."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
import redis

from feed_server import story
from newsroom import OPS, Newsroom
from newswatch.errors import SettingsRefused
from newswatch.pipeline.match.run import run_match
from newswatch.pipeline.poll.run import run_poll
from newswatch.store.feeds import ensure_group
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


@pytest.mark.heavy
def test_cycle_that_fills_redis_pauses_in_time_and_loses_and_repeats_nothing(
    tmp_path, own_redis, simulator, caplog
):
    simulator.reset()
    room = Newsroom(tmp_path / "burst", own_redis.url, simulator)
    names = [f"feed-{n}" for n in range(60)]
    try:
        room.feeds(*names)
        for name in names:
            items = (story(n, summary=f"{name} {n} " + "x" * 6_000, guid=f"{name}-{n}") for n in range(20))
            room.site.serve(f"/{name}", *items, etag='"1"')
        room.adopt()
        with redis.Redis.from_url(own_redis.url) as client:
            client.config_set("maxmemory", client.info("memory")["used_memory"] + 4_000_000)
            status, _, err = room.command("poll", "--all", "--json")
            assert status == 0, err
            assert "polling pauses until" in caplog.text
            assert 0 < client.xlen("newswatch:items") < 1_200
            client.config_set("maxmemory", 0)
        room.json("poll", "--all")
        ids = [json.loads(values["item"])["id"] for _, values in room.redis.xrange("newswatch:items")]
        assert (len(ids), len(set(ids))) == (1_200, 1_200)
    finally:
        room.close()


def test_claim_trims_old_items_but_never_past_what_waits_to_be_matched(newsroom):
    """A stream is trimmed in whole blocks of a hundred entries."""

    def serve(first: int, last: int) -> None:
        newsroom.site.serve("/wire", *(story(n, now=newsroom.clock()) for n in range(first, last)))
        newsroom.poll()

    serve(0, 400)
    newsroom.match()
    serve(400, 700)
    newsroom.redis.xreadgroup("match", "someone-killed", {"newswatch:items": ">"}, count=10)
    settings = {"NEWSWATCH_ITEM_RETENTION": "1h"}
    old = newsroom.clock
    newsroom.clock = lambda: old() + timedelta(days=1)
    newsroom.site.serve("/wire", *(story(n, now=newsroom.clock()) for n in range(700, 710)))
    newsroom._do(lambda services: run_poll(services, all_feeds=True), env=settings)
    left = newsroom.redis.xlen("newswatch:items")
    assert 310 <= left < 710
    titles = [json.loads(values["item"])["title"] for _, values in newsroom.redis.xrange("newswatch:items")]
    assert {f"Story number {n}" for n in range(400, 710)} <= set(titles)


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
    with pytest.raises(SettingsRefused, match="NEWSWATCH_ITEM_RETENTION"):
        newsroom.services(env={"NEWSWATCH_ITEM_RETENTION": value})


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


def test_dead_items_are_kept_as_long_as_alerts(newsroom):
    newsroom.adopt()
    newsroom._do(lambda services: ensure_group(services.redis))
    newsroom.redis.xadd("newswatch:items", {"item": "nonsense"})
    newsroom._do(run_match, env={"NEWSWATCH_ALERT_RETENTION": "4d"})
    assert 3 * 86_400 < newsroom.redis.ttl("newswatch:dead:items") <= 4 * 86_400


def test_alert_retention_is_settable(newsroom):
    newsroom.site.serve("/wire", story(1, "First", WORDS))
    newsroom.poll()
    newsroom._do(run_match, env={"NEWSWATCH_ALERT_RETENTION": "3d"})
    (name,) = newsroom.redis.scan_iter("newswatch:alert:*")
    assert 0 < newsroom.redis.ttl(name) <= 3 * 86_400
