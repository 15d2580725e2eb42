"""Data of a newer release is left alone: by every command, by a resident at work, and item by item."""

from __future__ import annotations

from datetime import timedelta

import pytest

from article_pages import linked, page, show
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


def test_shift_that_begins_with_a_newer_releases_data_is_red(newsroom, resident):
    newsroom.redis.hset("newswatch:schema", mapping={"schema": 2, "release": "9.9.0"})
    match = resident("match")
    match.join()
    assert isinstance(match.error, RedisRefused)
    assert "9.9.0" in str(match.error)


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


def newer_release(newsroom, monkeypatch):
    """The data is a newer release's from now on. Returns the upgrade of this one."""
    newsroom.redis.hset("newswatch:schema", mapping={"schema": 2, "release": "9.9.0"})

    def upgrade():
        monkeypatch.setattr("newswatch.store.items.SCHEMA_VERSION", "2")
        monkeypatch.setattr(schema, "SCHEMA", 2)

    return upgrade


def test_item_that_a_newer_release_wrote_meanwhile_stays_in_the_stream(newsroom, monkeypatch):
    newsroom.run()
    upgrade = newer_release(newsroom, monkeypatch)
    newsroom.site.serve("/wire", story(1, summary=WORDS))
    newsroom.poll()
    ((_, row),) = newsroom.redis.xrange("newswatch:items")
    newsroom.redis.xadd("newswatch:items", {**row, "v": "2"})
    newsroom.redis.xtrim("newswatch:items", maxlen=1, approximate=False)
    with pytest.raises(RedisRefused, match="upgrade it here too"):
        newsroom.match()
    assert newsroom.redis.exists("newswatch:dead:items") == 0
    upgrade()
    newsroom.run()
    assert len(newsroom.alert_ids()) == 1


def test_alert_that_a_newer_release_wrote_meanwhile_stays_queued(newsroom, monkeypatch):
    newsroom.site.serve("/wire", story(1, summary=WORDS))
    newsroom.poll()
    newsroom.match()
    (name,) = newsroom.redis.keys("newswatch:alert:*")
    readable = newsroom.redis.hget(name, "json")
    upgrade = newer_release(newsroom, monkeypatch)
    newsroom.redis.hset(name, "json", readable.replace('"title":', '"headline":'))
    with pytest.raises(RedisRefused, match="upgrade it here too"):
        newsroom.deliver()
    assert newsroom.redis.zcard("newswatch:dead") == 0
    upgrade()
    newsroom.redis.hset(name, "json", readable)
    newsroom.pass_time(timedelta(minutes=1))  # it was begun: the channel's history is read first
    newsroom.deliver()
    assert len(newsroom.alert_ids()) == 1


def test_update_of_a_message_that_a_newer_release_wrote_meanwhile_stays_due(newsroom, monkeypatch):
    newsroom.site.serve("/wire", story(1, summary=WORDS))
    newsroom.run()
    (name,) = newsroom.redis.keys("newswatch:alert:*")
    readable = newsroom.redis.hget(name, "json")
    message = newsroom.redis.hget(name, "message")
    newsroom.redis.zadd("newswatch:updates", {message: 0})
    newer_release(newsroom, monkeypatch)
    newsroom.redis.hset(name, "json", readable.replace('"title":', '"headline":'))
    with pytest.raises(RedisRefused, match="upgrade it here too"):
        newsroom.deliver()
    assert newsroom.redis.zscore("newswatch:updates", message) == 0


def test_article_job_that_a_newer_release_wrote_meanwhile_stays_queued(newsroom, monkeypatch):
    newsroom.feeds("wire", article=True)
    show(newsroom, linked(newsroom), page1=page(WORDS))
    newsroom.poll()
    newsroom.match()
    (name,) = newsroom.redis.keys("newswatch:article:*")
    readable = newsroom.redis.hget(name, "item")
    upgrade = newer_release(newsroom, monkeypatch)
    newsroom.redis.hset(name, "item", readable.replace('"feed":', '"source":'))
    with pytest.raises(RedisRefused, match="upgrade it here too"):
        newsroom.articles()
    upgrade()
    newsroom.redis.hset(name, "item", readable)
    assert newsroom.articles().fetched == 1
    newsroom.match()
    newsroom.deliver()
    assert len(newsroom.alert_ids()) == 1


def test_resident_that_meets_data_of_a_newer_release_ends_its_shift_and_is_not_red(
    newsroom, resident, monkeypatch
):
    monkeypatch.setattr("newswatch.pipeline.base.shift.BEAT_S", 60.0)
    match = resident("match")
    newsroom.until(lambda: newsroom.redis.exists("newswatch:lease:match"))
    newer_release(newsroom, monkeypatch)
    newsroom.redis.xadd("newswatch:items", {"v": "2", "item": "{}"})
    match.join()
    assert match.error is None
    assert "9.9.0" in match.note
    assert newsroom.redis.exists("newswatch:dead:items") == 0


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
