"""The watcher against a real folder: what fires, and what never raises."""

import asyncio
import contextlib
import importlib
import json

from airflow.triggers.base import BaseEventTrigger

from newswatch_airflow.watcher import ConfigWatcher


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


def test_watcher_comes_back_from_the_metadata_database_as_it_was():
    watcher = ConfigWatcher(look_every_s=9.0)
    path, kwargs = watcher.serialize()
    module, name = path.rsplit(".", 1)
    again = getattr(importlib.import_module(module), name)(**json.loads(json.dumps(kwargs)))
    assert type(again) is type(watcher)
    assert again.serialize() == watcher.serialize()
    assert isinstance(again, BaseEventTrigger)


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
