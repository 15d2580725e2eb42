"""Each row of the answer table (docs/architecture.md): the message's state, its queue, ops, the run's colour."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest

from feed_server import story
from newsroom import OPS, POLICY

WORDS = "The central bank opposes the plan."


@pytest.fixture
def one_message(newsroom):
    """A message that waits in the queue; the first one went well."""
    newsroom.site.serve("/wire", story(1, "First of the day", WORDS))
    newsroom.run()
    newsroom.site.serve("/wire", story(1, "First of the day", WORDS), story(2, "Quite another matter", WORDS))
    newsroom.poll()
    newsroom.match()
    return newsroom


def the_message(room) -> dict[str, str]:
    """The record of the second message, wherever it is by now."""
    rows = [room.redis.hgetall(key) for key in room.redis.scan_iter("newswatch:message:*")]
    return max((row for row in rows if row["channel"] == POLICY), key=lambda row: float(row["created"]))


def queued(room) -> int:
    return room.redis.zcard(f"newswatch:outbox:{POLICY}")


def posts(room) -> list[dict]:
    return [post for post in room.posts() if "Quite another matter" in post["text"]]


def notices(room) -> list[str]:
    """What ops was or will be told: its channel is not the one that is broken."""
    room.deliver(linger_s=0.0)
    return [message["text"] for message in room.posts(OPS)]


def deliver(room, **options):
    return room.deliver(**{"linger_s": 0.0, **options})


def ends_well(room) -> None:
    """Once Slack is well again and the pauses are over, the message comes, and comes once."""
    room.slack.clear_faults()
    room.pass_time(timedelta(minutes=2))
    room.until(lambda: deliver(room) and queued(room) == 0)
    assert len(posts(room)) == 1
    assert the_message(room)["state"] == "sent"


def test_ok_records_the_ts_and_empties_the_queue(one_message):
    counts = deliver(one_message)
    record = the_message(one_message)
    assert (counts.sent, counts.queued, counts.problems) == (1, 0, ())
    assert (record["state"], record["ts"]) == ("sent", posts(one_message)[0]["ts"])
    assert notices(one_message) == []


def test_connection_refused_is_tried_again_with_backoff(one_message):
    one_message.slack.kill()
    counts = deliver(one_message)
    record = the_message(one_message)
    one_message.slack.restart()
    assert (counts.sent, counts.retrying, counts.queued) == (0, 1, 1)
    assert counts.problems
    assert (record["state"], record["attempts"]) == ("queued", "1")
    assert float(record["due"]) > float(record["sending_since"])
    ends_well(one_message)
    assert notices(one_message) == []  # Slack itself was away: the log and the webhook have it


@pytest.mark.parametrize(
    ("kind", "taken"),
    [
        *(("timeout", "after"), ("reset", "before"), ("reset", "after"), ("http_500", "before")),
        *(("http_503", "after"), ("html", "after"), ("internal_error", "before"), ("fatal_error", "after")),
    ],
)
def test_ambiguous_answer_stays_sending_until_history_tells(one_message, kind, taken):
    one_message.slack.fault(kind, when=taken)
    counts = deliver(one_message)
    assert (counts.sent, counts.retrying, counts.queued, counts.problems) == (0, 1, 1, ())
    assert the_message(one_message)["state"] == "sending"
    assert len(posts(one_message)) == (taken == "after")
    ends_well(one_message)
    assert notices(one_message) == []


def test_ratelimited_pauses_the_channel_and_counts_as_no_attempt(one_message):
    one_message.slack.fault("ratelimited", retry_after=1.5)
    before = one_message.clock().timestamp()
    counts = deliver(one_message)
    record = the_message(one_message)
    until = float(one_message.redis.hget(f"newswatch:channel:{POLICY}", "until")) / 1000
    assert (counts.sent, counts.queued, counts.problems) == (0, 1, ())
    assert (record["state"], record["attempts"]) == ("queued", "0")
    assert 1.4 < until - before < 10
    ends_well(one_message)
    assert notices(one_message) == []


def test_message_limit_pauses_the_workspace_and_folds_the_backlog(one_message):
    room = one_message
    stories = [story(n, title, WORDS) for n, title in enumerate(("Alpha", "Beta", "Gamma"), start=3)]
    shown = (story(1, "First of the day", WORDS), story(2, "Quite another matter", WORDS))
    room.site.serve("/wire", *shown, *stories)
    room.poll()
    room.match()
    room.slack.fault("message_limit_exceeded")
    counts = deliver(room)
    assert (counts.sent, counts.problems) == (0, ())
    assert float(room.redis.hget("newswatch:workspace", "until")) > room.clock().timestamp() * 1000 + 60_000
    assert deliver(room).sent == 0
    room.pass_time(timedelta(minutes=6))
    room.until(lambda: deliver(room).queued == 0)
    (digest,) = [post for post in room.posts() if "message limit" in post["text"]]
    assert "3 items" in digest["text"]
    assert len(room.posts()) == 3  # the first story, the one that was refused, the digest
    assert len(room.alert_ids()) == len(set(room.alert_ids())) == 5


@pytest.mark.parametrize(
    "kind", ["invalid_blocks", "msg_too_long", "msg_blocks_too_long", "metadata_too_large"]
)
def test_refused_payload_goes_as_plain_text_once(one_message, kind):
    one_message.slack.fault(kind)
    counts = one_message.deliver()
    assert (counts.sent, counts.dead, counts.queued, counts.problems) == (1, 0, 0, ())
    (post,) = posts(one_message)
    assert not post["blocks"]
    assert notices(one_message) == []


def test_payload_refused_twice_becomes_a_dead_letter_and_ops_hears_of_it(one_message):
    one_message.slack.fault("invalid_blocks", times=2)
    counts = one_message.deliver()
    assert (counts.sent, counts.dead) == (1, 1)  # sent: the notice
    assert the_message(one_message)["state"] == "dead"
    assert queued(one_message) == 0
    assert posts(one_message) == []
    (notice,) = notices(one_message)
    assert "dead letter" in notice


@pytest.mark.parametrize(
    "kind",
    [
        "channel_not_found",
        "not_in_channel",
        "is_archived",
        "restricted_action",
        "no_permission",
        "ekm_access_denied",
    ],
)
def test_refused_channel_keeps_its_queue_turns_the_run_red_and_tells_ops(one_message, kind):
    one_message.slack.fault(kind, channel=POLICY, times=0)
    counts = deliver(one_message)
    record = the_message(one_message)
    assert any(kind in problem for problem in counts.problems)
    assert (record["state"], record["attempts"], queued(one_message)) == ("queued", "0", 1)
    assert any(kind in notice for notice in notices(one_message))
    ends_well(one_message)
    assert any("again" in notice for notice in notices(one_message))


@pytest.mark.parametrize(
    "kind",
    ["invalid_auth", "token_revoked", "missing_scope", "account_inactive", "team_added_to_org", "is_bot"],
)
def test_refused_token_keeps_every_queue_and_fails_loudly(one_message, kind):
    one_message.slack.fault(kind, times=0)
    counts = deliver(one_message)
    record = the_message(one_message)
    assert any(kind in problem for problem in counts.problems)
    assert (counts.sent, counts.dead) == (0, 0)
    assert (record["state"], record["attempts"], queued(one_message)) == ("queued", "0", 1)
    status, _, err = one_message.command("deliver")
    assert status == 0 or kind in err  # while the pause lasts nothing is asked, so nothing is refused
    ends_well(one_message)


def test_code_that_nobody_knows_keeps_the_message_and_is_reported_once(one_message):
    one_message.slack.fault("unlisted:brand_new_code", channel=POLICY, times=0)
    for _ in range(3):
        counts = deliver(one_message)
        one_message.pass_time(timedelta(minutes=2))
    record = the_message(one_message)
    assert (counts.dead, queued(one_message), record["state"]) == (0, 1, "queued")
    assert ["brand_new_code" in notice for notice in notices(one_message)] == [True]
    one_message.slack.clear_faults()
    one_message.pass_time(timedelta(hours=1))
    one_message.until(lambda: deliver(one_message) and queued(one_message) == 0)
    assert len(posts(one_message)) == 1


def test_message_that_is_refused_for_an_unknown_reason_goes_behind_the_others(one_message):
    room = one_message
    stories = (story(1, "First of the day", WORDS), story(2, "Quite another matter", WORDS))
    room.site.serve("/wire", *stories, story(3, "Something else entirely", WORDS))
    room.poll()
    room.match()
    room.slack.fault("unlisted:brand_new_code", channel=POLICY)
    counts = deliver(room)
    assert (counts.sent, counts.queued) == (2, 1)  # the other one, and the notice
    assert "Something else entirely" in room.posts()[-1]["text"]


@pytest.mark.parametrize(
    "kind", ["cannot_reply_to_message", "restricted_action_thread_locked", "thread_not_found"]
)
def test_reply_that_slack_does_not_take_is_posted_on_its_own(newsroom, kind):
    newsroom.feeds("wire", "second")
    newsroom.site.serve("/wire", story(1, "Regulator fines a bank over its reserves", WORDS))
    newsroom.site.serve("/second")
    newsroom.run()
    newsroom.site.serve("/second", story(2, "Regulator fines a bank over its reserves", WORDS))
    newsroom.poll()
    newsroom.match()
    newsroom.slack.fault(kind)
    counts = newsroom.deliver()
    assert (counts.sent, counts.dead, counts.problems) == (1, 0, ())
    assert (len(newsroom.posts()), newsroom.replies()) == (2, [])
    assert newsroom.redis.hget(f"newswatch:channel:{POLICY}", "until") is None


@pytest.mark.parametrize("kind", ["cannot_reply_to_message", "restricted_action_thread_locked"])
def test_message_that_is_refused_as_a_reply_although_it_is_none_goes_behind_the_others(one_message, kind):
    room = one_message
    stories = (story(1, "First of the day", WORDS), story(2, "Quite another matter", WORDS))
    room.site.serve("/wire", *stories, story(3, "Something else entirely", WORDS))
    room.poll()
    room.match()
    room.slack.fault(kind, channel=POLICY, times=2)
    for _ in range(2):
        deliver(room)
    rows = [room.redis.hgetall(key) for key in room.redis.scan_iter("newswatch:message:*")]
    assert max(int(row["attempts"]) for row in rows) == 1
    ends_well(room)


def test_message_that_cannot_be_made_is_a_dead_letter_and_holds_up_nobody(one_message):
    (message_id,) = one_message.redis.zrange(f"newswatch:outbox:{POLICY}", 0, -1)
    (alert_id,) = json.loads(one_message.redis.hget(f"newswatch:message:{message_id}", "alerts"))
    one_message.redis.hset(f"newswatch:alert:{alert_id}", "json", "{")
    counts = deliver(one_message)
    assert counts.dead == 1
    assert one_message.redis.hget(f"newswatch:message:{message_id}", "state") == "dead"
    assert any("dead letter" in notice for notice in notices(one_message))


def damage_alerts_of(room, post: dict) -> None:
    """The records of a message's alerts can no longer be parsed."""
    for alert_id in post["metadata"]["event_payload"]["alert_ids"]:
        room.redis.hset(f"newswatch:alert:{alert_id}", "json", "{}")


def test_reply_is_recorded_as_sent_although_its_story_cannot_be_parsed(newsroom):
    newsroom.feeds("wire", "second")
    newsroom.site.serve("/wire", story(1, "Regulator fines a bank over its reserves", WORDS))
    newsroom.site.serve("/second")
    newsroom.run()
    damage_alerts_of(newsroom, newsroom.posts()[0])
    newsroom.site.serve("/second", story(2, "Regulator fines a bank over its reserves", WORDS))
    newsroom.poll()
    newsroom.match()
    counts = newsroom.deliver()
    assert (counts.sent, counts.dead, len(newsroom.replies())) == (1, 0, 1)


def test_message_in_doubt_is_found_although_its_alerts_cannot_be_parsed(one_message):
    one_message.slack.fault("reset", when="after")
    deliver(one_message)
    damage_alerts_of(one_message, posts(one_message)[0])
    one_message.pass_time(timedelta(minutes=1))
    assert deliver(one_message).dead == 0
    assert the_message(one_message)["state"] == "sent"
    assert len(posts(one_message)) == 1


def test_message_in_doubt_is_found_behind_any_number_of_others(one_message):
    room = one_message
    (message_id,) = room.redis.zrange(f"newswatch:outbox:{POLICY}", 0, -1)
    room.slack.fault("reset", when="after")
    deliver(room)
    assert the_message(room)["state"] == "sending"
    room.redis.hset(f"newswatch:message:{message_id}", "lane", "first")
    row = room.redis.hgetall(f"newswatch:message:{message_id}")
    now_ms = int(room.clock().timestamp() * 1000)
    room.redis.zadd(f"newswatch:lane:first:{POLICY}", {message_id: now_ms})
    pipe = room.redis.pipeline()
    for number in range(2_001):
        pipe.hset(f"newswatch:message:m{number}", mapping=row | {"state": "queued", "alerts": "[]"})
        pipe.zadd(f"newswatch:outbox:{POLICY}", {f"m{number}": now_ms - 60_000})
    pipe.execute()
    room.pass_time(timedelta(minutes=2))
    deliver(room, deadline_s=5.0)
    assert room.redis.hget(f"newswatch:message:{message_id}", "state") == "sent"


def test_message_in_doubt_is_found_although_another_cannot_be_parsed(one_message):
    room = one_message
    (message_id,) = room.redis.zrange(f"newswatch:outbox:{POLICY}", 0, -1)
    room.slack.fault("reset", when="after")
    deliver(room)
    row = room.redis.hgetall(f"newswatch:message:{message_id}")
    room.redis.hset("newswatch:message:zz", mapping=row | {"created": "damaged"})
    room.redis.zadd(f"newswatch:outbox:{POLICY}", {"zz": float(row["due"])})
    room.pass_time(timedelta(minutes=2))
    room.until(lambda: deliver(room) and queued(room) == 0)
    assert room.redis.hget(f"newswatch:message:{message_id}", "state") == "sent"
    assert room.redis.hget("newswatch:message:zz", "state") == "dead"
    assert len(posts(room)) == 1


def test_replies_to_a_dead_letter_stay_one_thread(newsroom):
    names = ("wire", "second", "third")
    newsroom.feeds(*names)
    for name in names:
        newsroom.site.serve(f"/{name}")
    newsroom.poll()
    for number, name in enumerate(names):
        newsroom.site.serve(f"/{name}", story(number, "Regulator fines a bank over its reserves", WORDS))
        newsroom.poll()
        newsroom.match()
        for message_id in newsroom.redis.zrange(f"newswatch:outbox:{POLICY}", 0, -1):
            newsroom.redis.hset(f"newswatch:message:{message_id}", "frozen", 1)
    newsroom.slack.fault("invalid_blocks", times=2)
    newsroom.until(lambda: newsroom.deliver().queued == 0)
    (post,), (reply,) = newsroom.posts(), newsroom.replies()
    assert reply["thread_ts"] == post["ts"]
