"""Slack is away: hardly anything is begun, it is reported once, and everything comes once it is back."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from outage_room import channel, deliver, queue, set_up, states, webhook_server

from newsroom import OPS
from newswatch.pipeline.deliver.breaker import MOST_BEGUN
from newswatch.pipeline.oversight.backlog import read_backlog
from newswatch.pipeline.oversight.heartbeat import after_cycle
from newswatch.pipeline.oversight.status import as_dict, read_status

CHANNELS = 5
KINDS = ["http_503", "html", "internal_error", "timeout", "reset"]


@pytest.fixture
def webhook():
    with webhook_server() as found:
        yield found


@pytest.fixture
def away(newsroom):
    """Several channels with messages, none of which was sent."""
    set_up(newsroom, CHANNELS)
    queue(newsroom, CHANNELS, 1)
    deliver(newsroom)
    queue(newsroom, CHANNELS, 6, first=1)
    newsroom.slack.call("POST", "/sim/config", {"tier3_per_minute": 50})
    return newsroom


def break_slack(room, kind: str) -> None:
    more = {"delay_s": 20.0} if kind == "timeout" else {}
    room.slack.fault(kind, method="*", times=0, **more)


def drain(room, hook: str = "") -> None:
    room.slack.clear_faults()
    room.pass_time(timedelta(minutes=1))
    room.until(lambda: deliver(room, hook).queued == 0)


def begun(room) -> set[str]:
    """Messages that were begun and not sent."""
    found = set()
    for key in room.redis.scan_iter("newswatch:message:*"):
        state, since = room.redis.hmget(key, "state", "sending_since")
        if state == "sending" or (state == "queued" and since):
            found.add(key)
    return found


def reads(room) -> int:
    methods = room.slack.stats()["methods"]
    return sum(sum(methods.get(f"conversations.{name}", {}).values()) for name in ("history", "replies"))


@pytest.mark.parametrize("kind", KINDS)
def test_slack_that_is_away_gets_hardly_any_message_and_all_once_it_is_back(away, webhook, kind):
    hook, told = webhook
    break_slack(away, kind)
    for _ in range(3):
        counts = deliver(away, hook, deadline_s=20.0, linger_s=1.0)
        assert any("away" in problem or "messages wait" in problem for problem in counts.problems)
    assert 0 < len(begun(away)) <= 8
    assert len(told) == 1
    assert "30 messages wait" in told[0]
    drain(away, hook)
    ids = [name for n in range(CHANNELS) for name in away.alert_ids(channel(n))]
    assert len(ids) == len(set(ids)) == CHANNELS * 7
    assert len(told) == 2
    assert "again" in told[1]
    assert [m["text"] for m in away.posts(OPS) if "again after" in m["text"]]
    assert reads(away) <= 4 * CHANNELS


def test_posts_alone_that_fail_are_probed_with_other_channels_and_few_messages(away):
    away.slack.fault("http_503", times=0)
    for _ in range(12):
        away.pass_time(timedelta(seconds=2))
        deliver(away, linger_s=0.5)
    assert len(begun(away)) <= 8
    tried = {
        c for c, counts in away.slack.stats()["channels"].items() if any("503" in name for name in counts)
    }
    assert len(tried) == CHANNELS
    drain(away)
    assert states(away).keys() <= {"sent"}


def test_outage_ends_although_all_that_was_tried_turns_out_to_have_been_posted(away):
    away.slack.fault("http_503", when="after", times=0)
    for _ in range(12):
        away.pass_time(timedelta(seconds=2))
        deliver(away, linger_s=0.5)
    assert len(json.loads(away.redis.get("newswatch:breaker"))["begun"]) >= MOST_BEGUN
    drain(away)
    ids = [name for n in range(CHANNELS) for name in away.alert_ids(channel(n))]
    assert len(ids) == len(set(ids)) == CHANNELS * 7


def test_outage_ends_although_a_message_to_probe_with_cannot_be_made(away):
    break_slack(away, "http_503")
    deliver(away, linger_s=0.5)
    for key in away.redis.scan_iter("newswatch:message:*"):
        if away.redis.hget(key, "state") == "queued":
            away.redis.hset(key, "created", "damaged")
    counts = deliver(away)
    assert counts.problems
    away.slack.clear_faults()
    away.pass_time(timedelta(minutes=1))
    away.until(lambda: deliver(away).queued == 0)
    assert states(away)["dead"] >= CHANNELS * 6 - 8


def test_refused_connection_begins_one_wave_and_no_second(away, webhook):
    hook, told = webhook
    away.slack.kill()
    for _ in range(4):
        assert deliver(away, hook, linger_s=0.5).problems
    away.slack.restart()
    assert len(begun(away)) <= 4
    assert len(told) == 1
    drain(away, hook)
    assert len(told) == 2


def test_one_poison_message_holds_up_nobody(newsroom):
    set_up(newsroom, 2)
    queue(newsroom, 2, 30)
    poison = newsroom.redis.zrange(f"newswatch:outbox:{channel(0)}", 0, 0)
    newsroom.redis.zadd(f"newswatch:outbox:{channel(0)}", {poison[0]: 1})
    newsroom.slack.fault("http_500", channel=channel(0), times=1)
    counts = deliver(newsroom, linger_s=0.0)
    assert (counts.sent, counts.queued, counts.problems) == (59, 1, ())
    (key,) = begun(newsroom)
    first_wait = float(newsroom.redis.hget(key, "due")) - float(newsroom.redis.hget(key, "sending_since"))
    newsroom.slack.fault("http_500", channel=channel(0), times=1)
    newsroom.pass_time(timedelta(seconds=3))
    deliver(newsroom, linger_s=0.0)
    later = float(newsroom.redis.hget(key, "due")) - float(newsroom.redis.hget(key, "sending_since"))
    assert later > first_wait * 1.5


def test_outage_is_red_everywhere_and_says_how_many_wait(away, webhook):
    hook, _ = webhook
    break_slack(away, "http_503")
    deliver(away, hook, linger_s=1.0)
    deliver(away, hook, linger_s=1.0)
    report = as_dict(away._do(read_status))
    (finding,) = [one for one in report["findings"] if one["cause"] == "slack-away"]
    assert not report["ok"]
    assert (finding["level"], "30 messages wait" in finding["what"]) == ("error", True)
    assert finding["since"] is not None
    status, out, _ = away.command("doctor", "--json")
    assert status == 1
    assert '"slack outage"' in out
    assert "30 messages wait" in out
    assert not away._do(after_cycle)


def test_outage_does_not_wake_the_stage_before_the_next_probe(away):
    break_slack(away, "http_503")
    deliver(away, linger_s=0.0)
    assert away._do(read_backlog).due_messages == 0


def test_messages_in_doubt_are_looked_up_in_one_reading(newsroom):
    set_up(newsroom, 2)
    queue(newsroom, 2, 40)
    for n in range(2):
        for name in newsroom.redis.zrange(f"newswatch:outbox:{channel(n)}", 0, -1):
            newsroom.redis.hset(
                f"newswatch:message:{name}",
                mapping={"state": "sending", "sending_since": int(newsroom.clock().timestamp() * 1000)},
            )
    counts = deliver(newsroom)
    assert (counts.sent, counts.queued) == (80, 0)
    assert reads(newsroom) <= 2 * 2  # one to make sure of the channel, one for all in doubt


def test_429_on_reading_pauses_reading_and_nothing_else(newsroom):
    set_up(newsroom, 2)
    queue(newsroom, 2, 1)
    deliver(newsroom)
    queue(newsroom, 2, 2, first=1)
    newsroom.slack.fault("reset", when="after", channel=channel(0), times=1)
    deliver(newsroom, linger_s=0.0)
    newsroom.slack.fault("ratelimited", method="conversations.history", retry_after=600, times=0)
    newsroom.pass_time(timedelta(seconds=3))
    before = reads(newsroom)
    for _ in range(3):
        deliver(newsroom, linger_s=0.5)
    assert reads(newsroom) == before + 1
    assert any("before histories are read" in m["text"] for m in newsroom.posts(OPS))


def test_long_wait_that_slack_asks_for_is_reported(newsroom):
    set_up(newsroom, 1)
    queue(newsroom, 1, 1)
    newsroom.slack.fault("ratelimited", channel=channel(0), retry_after=1800)
    deliver(newsroom, linger_s=0.0)
    deliver(newsroom, linger_s=0.0)
    assert ["wait 30 min" in m["text"] for m in newsroom.posts(OPS)] == [True]
    newsroom.pass_time(timedelta(minutes=31))
    newsroom.until(lambda: deliver(newsroom).queued == 0)
    assert len(newsroom.posts(OPS)) == 2


def test_channel_that_was_far_behind_gets_one_line_when_it_has_caught_up(newsroom):
    set_up(newsroom, 1)
    queue(newsroom, 1, 3)
    newsroom.pass_time(timedelta(minutes=15))
    newsroom.until(lambda: deliver(newsroom).queued == 0)
    deliver(newsroom)
    assert [m["text"] for m in newsroom.posts(channel(0)) if "behind in this channel" in m["text"]] != []
    assert len(newsroom.posts(channel(0))) == 4


def test_clock_that_differs_from_slacks_is_reported(newsroom):
    set_up(newsroom, 1)
    queue(newsroom, 1, 1)
    newsroom.slack.config(skew_s=120.0)
    deliver(newsroom)
    deliver(newsroom)
    assert any("120 s behind Slack" in m["text"] for m in newsroom.posts(OPS))
    newsroom.slack.config(skew_s=0.0)


def test_outage_across_commands_is_reported_once_and_over_once(newsroom, webhook, monkeypatch):
    """Each command is a process of its own, as far as delivery is concerned."""
    hook, told = webhook
    monkeypatch.setenv("NEWSWATCH_OPS_WEBHOOK", hook)
    set_up(newsroom, 3, grace="30s")
    queue(newsroom, 3, 4)
    newsroom.slack.kill()
    for _ in range(2):
        status, _, err = newsroom.command("deliver")
        assert status == 1
        assert "Slack has been away since" in err
    newsroom.slack.restart()
    assert len(told) == 1
    status, out, _ = newsroom.command("doctor", "--json")
    assert "12 messages wait" in out
    newsroom.until(lambda: deliver(newsroom, hook).queued == 0)
    assert len(told) == 2
