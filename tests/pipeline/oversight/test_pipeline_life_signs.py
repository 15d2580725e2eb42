"""Signs of life: a line where nothing came, and a ping after each healthy cycle."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import pytest

from feed_server import Document, story
from newsroom import OPS, POLICY, Newsroom
from newswatch.pipeline.base.routing import last_local
from newswatch.pipeline.oversight.heartbeat import after_cycle
from newswatch.store import keys, queue_lengths
from newswatch.store.queue_lengths import QueueLengths
from proxy_server import Proxy

WORDS = "The central bank opposes the plan."


@pytest.fixture
def room(newsroom):
    at = newsroom.clock() + timedelta(hours=2)
    newsroom.write(
        "receivers.yaml",
        "defaults: {per_channel_interval: 0.02s}\n"
        f"receivers:\n  - id: policy\n    channel: {POLICY}\n    alive: {{at: '{at:%H:%M}', timezone: UTC}}\n"
        f"  - {{id: ops, channel: {OPS}}}\n",
    )
    newsroom.site.serve("/wire", story(1, "Nothing of interest"))
    return newsroom


def cycle(room: Newsroom, **env: str) -> bool:
    room.run()
    healthy = room._do(after_cycle, env=env)
    room.deliver()
    return healthy


def lines(room: Newsroom) -> list[str]:
    return [message["text"] for message in room.posts() if message["text"].startswith("Quiet")]


def test_line_comes_once_a_day_when_nothing_came_and_says_what_was_looked_at(room):
    cycle(room)
    assert lines(room) == []
    room.pass_time(timedelta(hours=3))
    room.site.serve("/wire", story(1, "Nothing of interest"), story(2, "Nor this"))
    cycle(room)
    cycle(room)
    assert lines(room) == ["Quiet: 1 feed polled, 1 item, no match."]
    room.pass_time(timedelta(hours=24))
    cycle(room)
    assert len(lines(room)) == 2


def test_no_line_comes_where_an_alert_came(room):
    cycle(room)
    room.pass_time(timedelta(hours=1))
    room.site.serve("/wire", story(1, "Nothing of interest"), story(2, "News", WORDS))
    cycle(room)
    room.pass_time(timedelta(hours=2))
    cycle(room)
    assert lines(room) == []
    assert len(room.posts()) == 1


def test_healthy_cycle_pings_and_a_stuck_one_does_not(room):
    room.site.documents["/ping"] = Document(b"ok")
    url = {"NEWSWATCH_DEADMAN_URL": f"{room.site.url}/ping"}
    asked = lambda: [r for r in room.site.requests if r.path == "/ping"]  # noqa: E731
    assert cycle(room, **url)
    assert len(asked()) == 1
    room.site.serve("/wire", story(3, "News", WORDS))
    room.poll()
    room.pass_time(timedelta(minutes=6))
    assert not room._do(after_cycle, env=url)
    assert len(asked()) == 1


def test_ping_takes_the_proxy_of_the_settings_with_its_password(room):
    room.site.documents["/ping"] = Document(b"ok")
    proxy = Proxy({"ping.example": room.site.port})
    network = {"HTTP_PROXY": f"http://me:pw@127.0.0.1:{proxy.port}", "NO_PROXY": "127.0.0.1"}
    assert cycle(room, NEWSWATCH_DEADMAN_URL="http://ping.example/ping", **network)
    proxy.stop()
    assert [one.path for one in room.site.requests if one.path == "/ping"] == ["/ping"]
    assert proxy.asked[-1].authorization == "Basic bWU6cHc="


def test_ping_that_fails_harms_nothing_and_keeps_its_url_out_of_the_log(room, caplog):
    assert cycle(room, NEWSWATCH_DEADMAN_URL="http://127.0.0.1:9/secret")
    assert "NEWSWATCH_DEADMAN_URL cannot be reached" in caplog.text
    assert "secret" not in caplog.text


def test_last_local_time_follows_the_change_of_the_clock():
    now = datetime(2026, 3, 29, 12, tzinfo=timezone.utc)
    assert last_local("09:00", "Europe/Zurich", now) == datetime(2026, 3, 29, 7, tzinfo=timezone.utc)
    before = datetime(2026, 3, 29, 6, tzinfo=timezone.utc)
    assert last_local("09:00", "Europe/Zurich", before) == datetime(2026, 3, 28, 8, tzinfo=timezone.utc)


def sampled(room: Newsroom):
    return room._do(lambda services: queue_lengths.read(services.redis))


def test_queues_are_sampled_once_a_minute(room):
    cycle(room)
    room.site.serve("/wire", story(5, "News", WORDS))
    room.poll()
    room._do(after_cycle)  # within the same minute
    assert [(one.items, one.messages, one.articles) for one in sampled(room)] == [(0, 0, 0)]
    room.pass_time(timedelta(minutes=1))
    room._do(after_cycle)
    room.match()
    room.pass_time(timedelta(minutes=1))
    room._do(after_cycle)
    assert [(one.items, one.messages) for one in sampled(room)] == [(0, 0), (1, 0), (0, 1)]


def test_samples_of_a_day_are_kept_and_broken_ones_left_out(room):
    for minute in range(queue_lengths.MOST + 5):
        sample = QueueLengths(minute * 60, 1, 2, 3)
        room.redis.rpush(keys.QUEUE_LENGTHS, f"{sample.at_s} 1 2 3")
    newest = QueueLengths((queue_lengths.MOST + 5) * 60, 4, 5, 6)
    room._do(lambda services: queue_lengths.add(services.redis, newest))
    room.redis.lset(keys.QUEUE_LENGTHS, 0, "x y")
    found = sampled(room)
    assert len(found) == queue_lengths.MOST - 1
    assert found[-1] == newest
