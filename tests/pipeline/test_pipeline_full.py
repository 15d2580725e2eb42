"""Redis at the end of its memory: what is queued still gets out, and what is out stays out."""

from __future__ import annotations

import json
import threading
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
import redis

from feed_server import story
from newsroom import OPS, POLICY, Newsroom
from newswatch.errors import RedisFull
from newswatch.pipeline.poll.run import run_poll
from newswatch.store import keys

WORDS = "The central bank opposes the plan."
GRACE_OVER = timedelta(minutes=1)


@pytest.fixture
def webhook():
    """An address that takes notices, and what it was sent."""
    sent: list[dict] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            sent.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *args: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}/", sent
        server.shutdown()
        thread.join()


@pytest.fixture
def room(tmp_path, own_redis, simulator):
    simulator.reset()
    newsroom = Newsroom(tmp_path / "room", own_redis.url, simulator)
    yield newsroom
    newsroom.close()


def fill(client: redis.Redis) -> None:
    """Leave Redis well over its limit, so that memory which it frees by itself makes no room."""
    client.config_set("maxmemory", int(client.info("memory")["used_memory"]) * 3 // 4)
    with pytest.raises(redis.exceptions.OutOfMemoryError):
        client.set("one more", "x")


def test_queue_empties_and_nothing_comes_twice_when_redis_is_full(room):
    room.site.serve("/wire", *(story(n, f"Headline {n} of the day", WORDS) for n in range(4)))
    room.poll()
    room.match()
    room.slack.fault("reset", when="after")
    fill(room.redis)
    room.deliver(linger_s=0.0)
    room.pass_time(GRACE_OVER)
    room.until(lambda: room.deliver().queued == 0)
    assert len(room.posts()) == 4
    assert len(set(room.alert_ids())) == len(room.alert_ids()) == 4
    assert room.redis.scard("newswatch:channels") == 0


def test_fault_of_slack_leaves_the_message_in_a_full_redis(room):
    room.site.serve("/wire", story(1, summary=WORDS))
    room.poll()
    room.match()
    room.slack.fault("not_in_channel")
    fill(room.redis)
    assert room.deliver(linger_s=0.0).queued == 1
    room.pass_time(GRACE_OVER)
    room.until(lambda: room.deliver().queued == 0)
    assert len(room.posts()) == 1


def test_reply_to_a_dead_letter_is_posted_on_its_own_while_redis_is_full(room):
    room.feeds("wire", "second")
    title = "Regulator fines a bank over its reserves"
    room.site.serve("/wire", story(1, title, WORDS))
    room.site.serve("/second")
    room.slack.fault("invalid_blocks", times=2)
    room.poll()
    room.match()
    (root,) = room.redis.zrange(keys.outbox(POLICY), 0, -1)
    room.redis.hset(keys.message(root), "frozen", 1)
    room.site.serve("/second", story(2, title, WORDS))
    room.poll()
    room.match()
    assert room.deliver(linger_s=0.0).dead == 1
    fill(room.redis)
    room.until(lambda: room.deliver().queued == 0)
    assert [title in post["text"] for post in room.posts()] == [True]


def test_poll_of_a_full_redis_fails_and_says_why(room):
    room.site.serve("/wire", story(1, summary=WORDS))
    room.poll()
    asked = len(room.site.requests)
    fill(room.redis)
    for words in (("poll", "--all"), ("poll", "--all", "--json"), ("run", "--all")):
        status, out, err = room.command(*words)
        assert status == 1, words
        assert "Redis is out of memory" in out + err
        assert "Traceback" not in err
    assert len(room.site.requests) == asked


def test_full_redis_is_reported_once_where_delivery_is_not_needed(room, webhook):
    url, sent = webhook
    room.site.serve("/wire", story(1, summary=WORDS))
    room.adopt()
    fill(room.redis)
    settings = {"NEWSWATCH_OPS_WEBHOOK": url}

    async def poll(services):
        return await run_poll(services, all_feeds=True)

    for _ in range(3):
        with pytest.raises(RedisFull, match="out of memory"):
            room._do(poll, env=settings)
    assert [one["cause"] for one in sent] == ["redis-full"]
    room.redis.config_set("maxmemory", 0)
    assert room._do(poll, env=settings).new == 1
    assert [one["cause"] for one in sent] == ["redis-full", "redis-full"]
    room.deliver()
    assert any("accepts writes again" in post["text"] for post in room.posts(OPS))


def test_items_found_before_are_matched_and_delivered_while_redis_is_full(room):
    room.site.serve("/wire", *(story(n, f"Headline {n} of the day", WORDS) for n in range(4)))
    room.poll()
    fill(room.redis)
    assert room.match().alerts == 4
    room.until(lambda: room.deliver().queued == 0)
    assert len(room.alert_ids()) == 4
