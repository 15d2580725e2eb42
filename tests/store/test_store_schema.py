"""Data of a newer release is left alone: by every command, by a resident at work, and item by item."""

from __future__ import annotations

import pytest

from feed_server import story
from newswatch import __version__
from newswatch.errors import RedisRefused
from newswatch.store import keys, schema
from newswatch.store.client import connect
from newswatch.store.server import check_server

WORDS = "The central bank opposes the plan."


async def test_first_stage_records_the_schema_and_a_newer_release_raises_it(redis_url, monkeypatch):
    async with connect(redis_url) as redis:
        await check_server(redis)
        assert await redis.hgetall(keys.SCHEMA) == {b"schema": b"1", b"release": __version__.encode()}
        monkeypatch.setattr(schema, "SCHEMA", 2)
        await check_server(redis)
        assert await redis.hget(keys.SCHEMA, "schema") == b"2"


async def test_older_release_says_which_one_is_needed_and_changes_nothing(redis_url):
    async with connect(redis_url) as redis:
        await redis.hset(keys.SCHEMA, mapping={"schema": 2, "release": "9.9.0"})
        with pytest.raises(RedisRefused, match=r"newswatch 9\.9\.0 \(schema 2\).*upgrade it here too"):
            await check_server(redis)
        assert await redis.keys("*") == [keys.SCHEMA.encode()]


def test_commands_leave_a_newer_releases_data_alone(newsroom):
    newsroom.run()
    newsroom.redis.hset("newswatch:schema", mapping={"schema": 2, "release": "9.9.0"})
    newsroom.site.serve("/wire", story(1, summary=WORDS))
    for command in (["poll", "--all"], ["match-pending"], ["deliver"], ["housekeeping"]):
        code, out, error = newsroom.command(*command)
        assert code == 1, command
        assert "9.9.0" in out + error
    assert newsroom.redis.xlen("newswatch:items") == 0
    newsroom.redis.delete("newswatch:schema")
    newsroom.json("poll", "--all")
    newsroom.run()
    assert len(newsroom.alert_ids()) == 1


def test_resident_ends_its_shift_when_a_newer_release_takes_the_data_over(newsroom, resident):
    match = resident("match").at_work()
    newsroom.redis.hset("newswatch:schema", mapping={"schema": 2, "release": "9.9.0"})
    match.join()
    assert "9.9.0" in match.note


def test_item_of_a_newer_release_is_set_aside_and_matched_after_the_upgrade(newsroom, monkeypatch):
    newsroom.site.serve("/wire", story(1, summary=WORDS))
    newsroom.poll()
    ((_, row),) = newsroom.redis.xrange("newswatch:items")
    newsroom.redis.xadd("newswatch:items", {**row, "v": "2"})
    newsroom.redis.xtrim("newswatch:items", maxlen=1, approximate=False)
    newsroom.match()
    newsroom.deliver()
    assert newsroom.alert_ids() == []
    (dead,) = newsroom.json("dead")
    assert dead["kind"] == "item"
    assert "schema 2" in dead["error"]
    assert newsroom.json("dead", "retry") == {"retried": 1}
    monkeypatch.setattr("newswatch.store.items.SCHEMA_VERSION", "2")
    newsroom.run()
    newsroom.run()
    assert len(newsroom.alert_ids()) == 1
    assert newsroom.json("dead") == []


def test_item_that_is_past_its_retention_cannot_be_tried_again_and_is_forgotten(newsroom):
    newsroom.run()
    newsroom.redis.hset("newswatch:dead:items", "1-0", "a defect")
    (dead,) = newsroom.json("dead")
    assert (dead["message_id"], dead["title"]) == ("1-0", "")
    code, _, error = newsroom.command("dead", "retry", "2-0")
    assert code == 1
    assert "2-0" in error
    assert newsroom.json("dead", "retry", "1-0") == {"retried": 0}
    assert newsroom.json("dead") == []
