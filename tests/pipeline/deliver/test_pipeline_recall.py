"""Redis that came back empty or older: what stands in Slack already is not sent again."""

from __future__ import annotations

import contextlib
from datetime import timedelta

import pytest
from outage_room import channel, set_up

from feed_server import story
from newsroom import OPS, POLICY, Newsroom
from newswatch.errors import NewswatchError
from newswatch.pipeline.deliver.run import run_deliver
from newswatch.pipeline.match.run import run_match
from redis_servers import backup, restore

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


def test_backup_of_40_minutes_ago_repeats_nothing(room, own_redis):
    serve(room, 1, 2)
    room.run()
    kept = backup(own_redis)
    for minute in range(4):
        room.pass_time(timedelta(minutes=10))
        serve(room, *range(1, 4 + minute))
        room.run()
    restore(own_redis, kept)
    room.run()
    room.deliver()
    ids = room.alert_ids()
    assert len(ids) == len(set(ids)) == 6


def test_failover_within_a_run_repeats_nothing(room, own_redis):
    """The new primary lacks the last seconds: two messages that were posted are queued there still."""
    serve(room, 1, 2, 3, 4)
    room.poll()
    room.match()
    kept, restored = [backup(own_redis)], []

    async def work(services):
        def progress(sent, _dead):
            if sent == 2 and kept:
                restore(own_redis, kept.pop())
                restored.append(sent)

        return await run_deliver(services, on_progress=progress)

    with contextlib.suppress(NewswatchError):
        room._do(work)
    assert restored == [2]
    room.pass_time(timedelta(minutes=2))
    room.until(lambda: room.deliver().queued == 0)
    ids = room.alert_ids()
    assert len(ids) == len(set(ids)) == 4


def test_record_that_cannot_be_read_does_not_stop_the_stage(room, own_redis):
    serve(room, 1, 2)
    room.poll()
    room.match()
    first, second = room.redis.zrange(f"newswatch:outbox:{POLICY}", 0, -1)
    room.redis.hset(f"newswatch:message:{first}", mapping={"alerts": "{", "created": "x"})
    room.deliver()
    assert room.redis.hget(f"newswatch:message:{second}", "state") == "sent"
    assert room.redis.zscore("newswatch:dead", first) is not None


def test_message_without_metadata_is_reported_with_its_link(room):
    serve(room, 1)
    room.run()
    (post,) = room.posts()
    room.redis.flushall()
    room.slack.config(strip_metadata=True)
    serve(room, 1, 2)
    room.run()
    room.deliver()
    (notice,) = [m["text"] for m in room.posts(OPS) if "does not say which alerts" in m["text"]]
    assert f"archives/{POLICY}/p{post['ts'].replace('.', '')}" in notice


def test_recall_of_many_threads_ends_within_the_limit_of_slack(room):
    """Threads whose last reply is older are not read; the place is kept when the run ends."""
    room.feeds("wire", "daily")
    room.site.serve("/daily", title="Daily")
    serve(room, *range(1, 13))
    room.run()
    again = [
        story(100 + n, f"Told again {n}", WORDS, link=f"https://news.example/story/{n}?utm_source=daily")
        for n in range(1, 13)
    ]
    room.site.serve("/daily", *again, title="Daily")
    room.run()
    room.until(lambda: room.deliver().queued == 0)
    assert len(room.replies()) == 12
    room.redis.flushall()
    env = {"NEWSWATCH_SLACK_TIER3": "100"}

    async def work(services):
        return await run_deliver(services, deadline_s=2.0)

    room.poll()
    room.match()
    room.until(lambda: room._do(work, env=env).queued == 0)
    ids = room.alert_ids()
    assert len(ids) == len(set(ids)) == 24
    methods = room.slack.stats()["methods"]
    assert methods["conversations.replies"] == {"ok": 12}
    assert methods["conversations.history"]["ok"] <= 3


def test_slack_that_is_away_when_the_channel_is_looked_up_gets_all_on_its_return(room):
    serve(room, 1)
    room.poll()
    room.match()
    room.slack.kill()
    assert room.deliver().problems
    room.slack.restart()
    room.until(lambda: room.deliver() and room.posts())
    assert len(room.posts()) == 1


def test_fresh_news_does_not_wait_until_many_new_channels_were_read(newsroom):
    """Slack allows one reading a minute here; the alerts of five new channels are out at once."""
    set_up(newsroom, 5)
    newsroom.adopt()
    just_out = timedelta(seconds=-4)
    items = [story(n, f"Headline {n} x{n}", f"watchword{n:02d}", age=just_out) for n in range(5)]
    newsroom.site.serve("/wire", *items)
    newsroom.poll()
    newsroom.match()

    async def work(services):
        return await run_deliver(services, deadline_s=20.0)

    assert newsroom._do(work, env={"NEWSWATCH_SLACK_TIER3": "1", "NEWSWATCH_SLACK_RATE": "100"}).sent == 5
    assert newsroom.slack.stats()["methods"]["conversations.history"] == {"ok": 1}


def test_clock_of_redis_that_is_behind_makes_no_story_fresh(tmp_path, own_redis, simulator):
    """What was published before Redis lost the record is in Slack, whatever the time is on Redis' machine."""
    simulator.reset()
    room = Newsroom(tmp_path / "room", own_redis.url, simulator)
    set_up(room, 3)
    room.adopt()
    room.pass_time(timedelta(hours=1))
    ten_minutes_ago = timedelta(minutes=-50)
    items = [story(n, f"Headline {n} x{n}", f"watchword{n:02d}", age=ten_minutes_ago) for n in range(3)]
    room.site.serve("/wire", *items)
    room.run()
    room.until(lambda: room.deliver().queued == 0)
    for name in room.redis.scan_iter("newswatch:*"):
        if not name.startswith("newswatch:config"):
            room.redis.delete(name)
    own_redis.stop()
    own_redis.start()
    room.poll()
    room.match()

    async def work(services):
        return await run_deliver(services, deadline_s=3.0)

    room._do(work, env={"NEWSWATCH_SLACK_TIER3": "1"})
    assert [len(room.alert_ids(channel(desk))) for desk in range(3)] == [1, 1, 1]
    room.close()
