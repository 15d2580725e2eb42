"""A high alert that nobody acknowledges: the channel is reminded once."""

from __future__ import annotations

import json
from datetime import timedelta

from feed_server import story
from newsroom import OPS, POLICY
from newswatch.store import keys

WORDS = "The central bank opposes the plan."


def alert(newsroom, severity: str = "high", more: str = ", remind_after: 30m") -> str:
    """An alert is in Slack. Returns its message's id."""
    newsroom.watchlist(
        f"rules:\n  - {{id: one, query: central bank opposes, severity: {severity}, notify: [policy]}}\n"
    )
    newsroom.write(
        "receivers.yaml",
        "defaults: {per_channel_interval: 0.02s, grace: 30s}\n"
        f"receivers:\n  - {{id: policy, channel: {POLICY}{more}}}\n  - {{id: ops, channel: {OPS}}}\n",
    )
    newsroom.site.serve("/wire", story(1, "One", WORDS))
    newsroom.run()
    (post,) = newsroom.posts()
    return post["metadata"]["event_payload"]["message_id"]


def acknowledge(newsroom, message_id: str) -> None:
    mark = {"on": True, "by": "Ada", "user": "U1", "at": 1, "until": None}
    newsroom.redis.hset(keys.message(message_id), "ack", json.dumps(mark))


def test_channel_is_reminded_once_in_the_thread_of_the_alert(newsroom):
    alert(newsroom)
    newsroom.pass_time(timedelta(minutes=29))
    newsroom.deliver()
    assert newsroom.replies() == []
    newsroom.pass_time(timedelta(minutes=2))
    newsroom.deliver()
    newsroom.pass_time(timedelta(hours=5))
    newsroom.deliver()
    (reply,) = newsroom.replies()
    (post, *_) = newsroom.posts()
    assert "No one has acknowledged this alert for 30 min" in reply["text"]
    assert reply["thread_ts"] == post["ts"]
    assert reply["metadata"]["event_payload"]["alert_ids"] == []


def test_acknowledged_alert_needs_no_reminder(newsroom):
    acknowledge(newsroom, alert(newsroom))
    newsroom.pass_time(timedelta(minutes=31))
    newsroom.deliver()
    assert newsroom.replies() == []
    assert newsroom.redis.zcard(keys.REMINDERS) == 0


def test_alert_acknowledged_while_its_reminder_waits_is_not_reminded_of(newsroom):
    message_id = alert(newsroom)
    newsroom.pass_time(timedelta(minutes=31))
    newsroom.slack.fault("ratelimited", channel=POLICY, retry_after=30.0)
    newsroom.deliver(linger_s=0.0)
    acknowledge(newsroom, message_id)
    newsroom.pass_time(timedelta(minutes=1))
    newsroom.deliver()
    assert newsroom.replies() == []
    assert newsroom.redis.scard(keys.CHANNELS) == 0


def test_less_severe_alerts_and_other_receivers_have_no_reminders(newsroom):
    alert(newsroom, severity="medium")
    assert newsroom.redis.zcard(keys.REMINDERS) == 0


def test_receiver_that_wants_no_reminders_any_more_gets_none(newsroom):
    alert(newsroom)
    newsroom.receivers()
    newsroom.adopt()
    newsroom.pass_time(timedelta(minutes=31))
    newsroom.deliver()
    assert newsroom.replies() == []
    assert newsroom.redis.zcard(keys.REMINDERS) == 0
