"""Match and deliver as residents: from the stream to Slack, and what turns a shift red."""

from __future__ import annotations

from datetime import timedelta

from outage_room import webhook_server

from feed_server import story
from newsroom import OPS, POLICY, Newsroom
from newswatch.errors import StageRed
from residents import Resident

OTHERS_S = 10.0
"""Within this time another channel gets its message: a fraction of a second, on an idle machine."""


def publish(room, *numbers):
    room.site.serve("/wire", *(story(n, f"The central bank opposes plan {n}", "x") for n in numbers))
    room.poll()


def test_story_goes_from_the_stream_to_slack_while_both_stages_wait(newsroom, resident):
    resident("match").at_work()
    deliver = resident("deliver").at_work()
    publish(newsroom, 1)
    newsroom.until(lambda: len(newsroom.posts()) == 1)
    publish(newsroom, 1, 2)
    newsroom.until(lambda: len(newsroom.posts()) == 2)
    deliver.end()
    assert deliver.counts.sent == 2
    assert deliver.error is None


def test_new_cause_ends_the_shift_red_and_the_next_one_serves_the_other_channels(newsroom, resident):
    newsroom.slack.fault("is_archived", channel=POLICY, times=100)
    resident("match").at_work()
    red = resident("deliver").at_work()
    publish(newsroom, 1)
    red.join()
    assert isinstance(red.error, StageRed)
    assert POLICY in str(red.error)
    said = newsroom.redis.hget("newswatch:pulse:deliver", "error")
    assert "is_archived" in said
    calm = resident("deliver", left_s=3.0)
    calm.join()
    assert calm.error is None
    assert newsroom.redis.hget("newswatch:pulse:deliver", "error") == said  # it is shown until another one
    newsroom.pass_time(timedelta(minutes=2))
    held = newsroom.redis.hget(f"newswatch:channel:{POLICY}", "until")
    late = resident("deliver")
    newsroom.until(lambda: newsroom.redis.hget(f"newswatch:channel:{POLICY}", "until") != held)
    late.end()
    assert isinstance(late.error, StageRed)


def test_thirty_minutes_of_an_archived_channel_turn_few_runs_red_and_hold_up_no_other_channel(
    newsroom, resident
):
    """Each run stands for ten minutes, except one that ends at once."""
    newsroom.watchlist(
        "rules:\n"
        "  - {id: central-bank-opposes, query: central bank opposes, severity: high, notify: [policy]}\n"
        "  - {id: plans, query: opposes plan, notify: [ops]}\n"
    )
    newsroom.adopt()
    newsroom.slack.fault("is_archived", channel=POLICY, times=0)
    resident("match").at_work()
    until = newsroom.clock() + timedelta(minutes=30)
    runs, red = 0, 0
    while newsroom.clock() < until:
        runs += 1
        run = resident("deliver", left_s=4.0).at_work()
        publish(newsroom, *range(1, runs + 1))
        newsroom.until(
            lambda title=f"plan {runs}": any(title in one["text"] for one in newsroom.slack.messages(OPS)),
            OTHERS_S,
        )
        run.join()
        red += isinstance(run.error, StageRed)
        newsroom.pass_time(timedelta(seconds=3) if run.shift.reason else timedelta(minutes=10))
    assert runs >= 3
    assert 1 <= red <= 6


def test_thirty_minutes_without_redis_turn_no_run_red_and_are_reported_in_each_shift_and_over_once(
    tmp_path, own_redis, simulator, monkeypatch
):
    """Each run stands for ten minutes."""
    monkeypatch.setattr("newswatch.pipeline.base.shift_work.AWAY_S", 0.5)
    simulator.clear_faults()
    room = Newsroom(tmp_path, own_redis.url, simulator)
    room.adopt()
    with webhook_server() as (hook, told):
        env = {"NEWSWATCH_OPS_WEBHOOK": hook}
        own_redis.kill()
        for _ in range(2):
            run = Resident(room, "deliver", left_s=2.0, env=env)
            run.join()
            assert run.error is None
        last = Resident(room, "deliver", env=env)
        room.until(lambda: len(told) == 3)  # once for each run: without Redis none can remember
        own_redis.start()
        resident = Resident(room, "match")
        publish(room, 77)
        room.until(lambda: any("plan 77" in one["text"] for one in room.posts()))
        resident.end()
        last.end()
    assert last.error is None
    assert all("Redis is away" in one for one in told)
    said = [one["text"] for one in room.slack.messages(OPS) if "Redis" in one["text"]]
    assert said == ["Redis can be used again."]
    room.close()
