"""Redis that came back empty or older: what stands in Slack already is not sent again."""

from __future__ import annotations

import pytest

from feed_server import story
from newsroom import OPS, POLICY, Newsroom
from newswatch.pipeline.deliver.run import run_deliver
from newswatch.pipeline.match.run import run_match

WORDS = "The central bank opposes the plan."


@pytest.fixture
def room(tmp_path, own_redis, simulator):
    simulator.reset()
    newsroom = Newsroom(tmp_path / "room", own_redis.url, simulator)
    yield newsroom
    newsroom.close()


def serve(room, *numbers):
    room.site.serve("/wire", *(story(n, f"Headline {n} of the day", WORDS) for n in numbers))


def test_redis_that_came_back_empty_repeats_nothing_and_tells_ops(room):
    serve(room, 1, 2, 3)
    room.run()
    room.redis.flushall()
    serve(room, 1, 2, 3, 4)
    room.run()
    room.deliver()
    ids = room.alert_ids()
    assert len(ids) == len(set(ids)) == 4
    assert any("came back empty" in message["text"] for message in room.posts(OPS))


def test_recalled_deliveries_are_kept_as_long_as_others(room):
    kept = {"NEWSWATCH_ALERT_RETENTION": "4d"}
    serve(room, 1)
    room.run()
    room.redis.flushall()
    serve(room, 2)
    room.poll()
    room._do(run_match, env=kept)
    room._do(run_deliver, env=kept)
    names = [name for kind in ("message", "alert") for name in room.redis.scan_iter(f"newswatch:{kind}:*")]
    lifetimes_s = {name: room.redis.ttl(name) for name in names if room.redis.hget(name, "kind") != "ops"}
    assert len(lifetimes_s) == 3
    assert all(0 < lifetime_s <= 4 * 86_400 for lifetime_s in lifetimes_s.values()), lifetimes_s


def test_replies_are_recalled_from_their_threads(room):
    room.feeds("wire", "daily")
    room.site.serve("/daily", title="Daily")
    serve(room, 1)
    room.run()
    again = story(1, "Told again", WORDS, link="https://news.example/story/1?utm_source=daily")
    room.site.serve("/daily", again, title="Daily")
    room.run()
    assert len(room.replies()) == 1
    room.redis.flushall()
    room.run()
    room.run()
    ids = room.alert_ids()
    assert len(ids) == len(set(ids)) == 2


def test_items_fetched_later_by_an_emptied_redis_stay_quiet_too(room):
    serve(room, 1, 2)
    room.run()
    room.redis.flushall()
    serve(room, 1)
    room.run()
    serve(room, 1, 2)
    room.run()
    assert len(room.alert_ids()) == 2


def test_restart_that_forgot_the_record_of_a_post_does_not_repeat_it(room, own_redis):
    """As after a failover to a replica that lacks the last second: the message is queued there still."""
    serve(room, 1)
    room.poll()
    room.match()
    (message_id,) = room.redis.zrange(f"newswatch:outbox:{POLICY}", 0, -1)
    message = room.redis.hgetall(f"newswatch:message:{message_id}")
    room.deliver()
    room.redis.delete(f"newswatch:message:{message_id}")
    room.redis.hset(f"newswatch:message:{message_id}", mapping=message)
    room.redis.zadd(f"newswatch:outbox:{POLICY}", {message_id: float(message["due"])})
    room.redis.sadd("newswatch:channels", POLICY)
    own_redis.kill()
    own_redis.start()
    room.deliver()
    assert len(room.slack.messages(POLICY)) == 1
    assert room.redis.hget(f"newswatch:message:{message_id}", "state") == "sent"


def test_new_redis_and_empty_channel_alert_without_a_notice(room):
    serve(room, 1)
    room.run()
    assert len(room.posts()) == 1
    assert room.posts(OPS) == []


def test_history_that_may_not_be_read_does_not_hold_alerts_back(room):
    room.slack.config(scopes=["chat:write"])
    serve(room, 1)
    room.run()
    assert len(room.posts()) == 1
    room.until(lambda: room.deliver() and room.posts(OPS))
    assert "History of" in room.posts(OPS)[0]["text"]


def test_slack_that_is_away_when_the_channel_is_looked_up_gets_all_on_its_return(room):
    serve(room, 1)
    room.poll()
    room.match()
    room.slack.kill()
    assert room.deliver().problems
    room.slack.restart()
    room.until(lambda: room.deliver() and room.posts())
    assert len(room.posts()) == 1
