"""Match and deliver as residents: from the stream to Slack, and what turns a shift red."""

from __future__ import annotations

from datetime import timedelta

from feed_server import story
from newsroom import POLICY
from newswatch.errors import StageRed


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
    calm = resident("deliver", left_s=3.0)
    calm.join()
    assert calm.error is None
    newsroom.pass_time(timedelta(minutes=2))
    tried = sum(newsroom.slack.stats()["faults_spent"].values())
    late = resident("deliver")
    newsroom.until(lambda: sum(newsroom.slack.stats()["faults_spent"].values()) > tried)
    newsroom.until(lambda: newsroom.redis.hget(f"newswatch:channel:{POLICY}", "until"))
    late.end()
    assert isinstance(late.error, StageRed)
