"""The watchers against a real Redis and a real folder: what fires, and what never raises."""

import asyncio
import contextlib
import importlib
import json
import time

import pytest
import redis
from airflow.triggers.base import BaseEventTrigger

from airflow_sandbox import redis_connection
from newswatch.store import keys
from newswatch_airflow.watcher import BacklogWatcher, ConfigWatcher, folder_signature


@pytest.fixture
def client(redis_url, monkeypatch):
    """A plain client of the Redis that Airflow's connection names."""
    monkeypatch.setenv("AIRFLOW_CONN_NEWSWATCH_REDIS", redis_connection(redis_url))
    with redis.Redis.from_url(redis_url) as plain:
        yield plain


@pytest.fixture
def log_text(capfd):
    """What has been logged so far: Airflow writes it to the standard streams, not to Python's logging."""
    seen = []

    def so_far():
        seen.extend(capfd.readouterr())
        return "".join(seen)

    return so_far


def put_item(client, waited_s):
    client.xadd(keys.ITEMS, {"item": "{}"}, id=f"{int((time.time() - waited_s) * 1000)}-0")


def put_message(client, due_for_s, channel="C0123456789"):
    client.sadd(keys.CHANNELS, channel)
    client.zadd(keys.outbox(channel), {"m1": int((time.time() - due_for_s) * 1000)})


async def first_event(watcher, within_s):
    """The payload of the first event, None if there is none in that time."""
    events = watcher.run()
    try:
        return (await asyncio.wait_for(anext(events), within_s)).payload
    except asyncio.TimeoutError:
        return None
    finally:
        with contextlib.suppress(RuntimeError):
            await events.aclose()


def rebuilt(watcher):
    """The watcher as the triggerer makes it from what the metadata database holds."""
    path, kwargs = watcher.serialize()
    module, name = path.rsplit(".", 1)
    return getattr(importlib.import_module(module), name)(**json.loads(json.dumps(kwargs)))


@pytest.mark.parametrize(
    "watcher",
    [BacklogWatcher(stage="deliver", waited_s=2.5, look_every_s=0.5), ConfigWatcher(look_every_s=9.0)],
)
def test_watcher_comes_back_from_the_metadata_database_as_it_was(watcher):
    again = rebuilt(watcher)
    assert type(again) is type(watcher)
    assert again.serialize() == watcher.serialize()
    assert isinstance(again, BaseEventTrigger)


def test_watcher_stored_form_tells_stages_apart_and_holds_no_secret(monkeypatch):
    secret = '{"conn_type": "redis", "host": "h", "password": "hunter2"}'
    monkeypatch.setenv("AIRFLOW_CONN_NEWSWATCH_REDIS", secret)
    match, deliver = BacklogWatcher(stage="match").serialize(), BacklogWatcher(stage="deliver").serialize()
    assert BaseEventTrigger.hash(*match) != BaseEventTrigger.hash(*deliver)
    assert "hunter2" not in json.dumps([match, deliver])


async def test_backlog_watcher_fires_for_an_item_that_has_waited(client):
    put_item(client, waited_s=7)
    put_item(client, waited_s=1)
    payload = await first_event(BacklogWatcher(stage="match", look_every_s=0.1), within_s=10)
    assert payload["stage"] == "match"
    assert payload["waiting"] == 2
    assert 7 <= payload["oldest_age_s"] < 20


async def test_backlog_watcher_leaves_fresh_items_to_the_tasks_own_event(client):
    put_item(client, waited_s=0)
    assert await first_event(BacklogWatcher(stage="match", look_every_s=0.1), within_s=1) is None


async def test_backlog_watcher_fires_for_a_message_that_is_overdue(client):
    put_message(client, due_for_s=8)
    payload = await first_event(BacklogWatcher(stage="deliver", look_every_s=0.1), within_s=10)
    assert payload["stage"] == "deliver"
    assert payload["waiting"] == 1


async def test_backlog_watcher_fires_for_a_page_that_is_due(client):
    client.zadd(keys.ARTICLES, {"wire:0123456789abcdef": int((time.time() - 3) * 1000)})
    watcher = BacklogWatcher(stage="articles", waited_s=1.0, look_every_s=0.1)
    assert (await first_event(watcher, within_s=10))["stage"] == "articles"


async def test_backlog_watcher_ignores_messages_that_are_due_later(client):
    put_message(client, due_for_s=-60)
    assert await first_event(BacklogWatcher(stage="deliver", look_every_s=0.1), within_s=1) is None


async def test_backlog_watcher_fires_once_while_the_backlog_stays(client):
    put_item(client, waited_s=7)
    events = BacklogWatcher(stage="match", look_every_s=0.05).run()
    await asyncio.wait_for(anext(events), 10)
    with pytest.raises(asyncio.TimeoutError):
        await asyncio.wait_for(anext(events), 1.5)


async def test_backlog_watcher_outlives_a_redis_that_dies_and_returns(own_redis, monkeypatch, log_text):
    monkeypatch.setenv("AIRFLOW_CONN_NEWSWATCH_REDIS", redis_connection(own_redis.url))
    monkeypatch.setattr("newswatch_airflow.watcher.ERROR_PAUSE_S", 0.2)
    own_redis.kill()
    watching = asyncio.create_task(first_event(BacklogWatcher(stage="match", look_every_s=0.1), within_s=30))
    while "cannot be read" not in log_text():
        await asyncio.sleep(0.05)
        assert not watching.done()
    await asyncio.to_thread(own_redis.start)
    with redis.Redis.from_url(own_redis.url) as plain:
        put_item(plain, waited_s=7)
    assert (await watching)["waiting"] == 1


async def test_backlog_watcher_without_a_connection_says_so_once_and_goes_on_looking(monkeypatch, log_text):
    monkeypatch.delenv("AIRFLOW_CONN_NEWSWATCH_REDIS", raising=False)
    monkeypatch.setattr("newswatch_airflow.watcher.ERROR_PAUSE_S", 0.05)
    assert await first_event(BacklogWatcher(stage="match", look_every_s=0.05), within_s=2) is None
    assert log_text().count("cannot be read") == 1
    assert "newswatch_redis" in log_text()


async def test_config_watcher_fires_when_a_file_is_edited(tmp_path, monkeypatch):
    monkeypatch.setenv("NEWSWATCH_CONFIG", str(tmp_path))
    feeds = tmp_path / "feeds.yaml"
    feeds.write_text("feeds: []\n", encoding="utf-8")
    watching = asyncio.create_task(first_event(ConfigWatcher(look_every_s=0.1), within_s=20))
    await asyncio.sleep(0.5)
    assert not watching.done()
    (tmp_path / "watchlist.d").mkdir()
    (tmp_path / "watchlist.d" / "more.yaml").write_text("rules: []\n", encoding="utf-8")
    assert await watching == {"edited": "configuration folder"}


async def test_config_watcher_waits_for_a_folder_that_is_not_there_yet(tmp_path, monkeypatch):
    monkeypatch.setenv("NEWSWATCH_CONFIG", str(tmp_path / "config"))
    watching = asyncio.create_task(first_event(ConfigWatcher(look_every_s=0.1), within_s=20))
    await asyncio.sleep(0.5)
    (tmp_path / "config").mkdir()
    (tmp_path / "config" / "feeds.yaml").write_text("feeds: []\n", encoding="utf-8")
    assert await watching is not None


def test_folder_signature_sees_an_edit_of_the_same_length(tmp_path):
    rules = tmp_path / "watchlist.yaml"
    rules.write_text("a: 1\n", encoding="utf-8")
    before = folder_signature(tmp_path)
    time.sleep(0.02)
    rules.write_text("a: 2\n", encoding="utf-8")
    assert folder_signature(tmp_path) != before
    assert folder_signature(tmp_path) == folder_signature(tmp_path)
