"""A failover in the middle of everything, with residents that stay: nothing lost, nothing sent twice."""

from __future__ import annotations

import pytest

from feed_server import story
from newsroom import Newsroom
from residents import Resident
from sentinel_servers import WatchedRedis

WORDS = "The central bank opposes the plan."
STORIES = 60


@pytest.fixture
def room(tmp_path, simulator, monkeypatch):
    monkeypatch.setattr("newswatch.pipeline.base.shift.BEAT_S", 0.3)
    simulator.reset()
    watched = WatchedRedis(tmp_path / "redis")
    newsroom = Newsroom(tmp_path / "room", watched.url, simulator, client=watched.client(), grace="4s")
    newsroom.watched = watched
    yield newsroom
    newsroom.close()
    watched.stop()


@pytest.mark.slow
def test_failover_while_alerts_flow_loses_and_doubles_nothing(room: Newsroom):
    room.feeds("wire", every="0.2s")
    room.adopt()
    stages = [Resident(room, stage).at_work() for stage in ("poll-1", "match", "deliver")]
    published: list[dict] = []

    def publish(until: int) -> None:
        while len(published) < until:
            published.append(story(len(published), f"News {len(published)}", WORDS))
            room.site.serve("/wire", *published)

    publish(STORIES // 3)
    room.until(lambda: len(room.alert_ids()) > STORIES // 6)
    publish(STORIES // 2)
    room.watched.kill_primary()
    publish(STORIES)
    room.until(lambda: len(set(room.alert_ids())) >= STORIES)
    for one in stages:
        one.end()
        assert one.error is None, one.stage
    ids = room.alert_ids()
    assert len(ids) == len(set(ids)) == STORIES
    assert room.slack.doubles() == {}
