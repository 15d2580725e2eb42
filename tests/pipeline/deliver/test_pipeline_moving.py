"""A receiver that gets another channel takes its queue along; operators can move, fold and drop queues."""

from __future__ import annotations

from datetime import timedelta

from feed_server import story
from newsroom import OPS, POLICY
from newswatch.pipeline.oversight.heartbeat import after_cycle
from newswatch.store import keys

DESK = "C0DESK00001"
WORDS = "The central bank opposes the plan."


def queue(newsroom, count: int = 5) -> None:
    newsroom.site.serve(
        "/wire", *(story(n, f"Number {n} differs {n * 7919}", WORDS) for n in range(1, count + 1))
    )
    newsroom.poll()
    newsroom.match()


def receivers(newsroom, policy: str = POLICY, ops: str = OPS, more: str = "") -> None:
    newsroom.write(
        "receivers.yaml",
        "defaults: {per_channel_interval: 0.02s, grace: 30s}\n"
        f"receivers:\n  - {{id: policy, channel: {policy}}}\n  - {{id: ops, channel: {ops}}}\n{more}",
    )
    newsroom.adopt()


def once(ids: list[str], count: int) -> bool:
    return len(ids) == len(set(ids)) == count


def test_receiver_takes_its_queue_to_its_new_channel(newsroom):
    queue(newsroom)
    receivers(newsroom, policy=DESK)
    newsroom.deliver()
    assert newsroom.posts(POLICY) == []
    assert once(newsroom.alert_ids(DESK), 5)
    assert {(row["state"], row["channel"]) for row in newsroom.json("alerts")} == {("sent", DESK)}
    assert newsroom.json("queue") == []


def test_queue_of_a_refused_channel_follows_the_advice_of_the_notice(newsroom):
    newsroom.slack.fault("channel_not_found", channel=POLICY, times=0)
    queue(newsroom)
    newsroom.deliver()
    receivers(newsroom, policy=DESK)
    newsroom.deliver()
    assert once(newsroom.alert_ids(DESK), 5)


def test_item_that_is_edited_after_the_move_does_not_alert_again(newsroom):
    queue(newsroom, 1)
    receivers(newsroom, policy=DESK)
    newsroom.deliver()
    newsroom.site.serve("/wire", story(1, "Another headline", WORDS + " More."))
    newsroom.run()
    assert len(newsroom.posts(DESK)) == 1


def test_thread_moves_with_its_story(newsroom):
    newsroom.feeds("wire", "daily")
    newsroom.site.serve("/daily", title="Daily")
    queue(newsroom, 1)
    (root,) = newsroom.redis.zrange(keys.outbox(POLICY), 0, -1)
    newsroom.redis.hset(keys.message(root), "size", 100_000)  # full, so that another report is a reply
    again = story(1, "Told again", WORDS, link="https://news.example/story/1?utm_source=daily")
    newsroom.site.serve("/daily", again, title="Daily")
    newsroom.poll()
    newsroom.match()
    receivers(newsroom, policy=DESK)
    newsroom.deliver()
    (message,), (reply,) = newsroom.posts(DESK), newsroom.replies(DESK)
    assert reply["thread_ts"] == message["ts"]


def test_receiver_that_shared_its_channel_takes_only_its_own_alerts(newsroom):
    newsroom.watchlist(
        "rules:\n"
        "  - {id: one, query: central bank opposes, notify: [policy]}\n"
        "  - {id: two, query: central bank opposes, notify: [desk]}\n"
    )
    receivers(newsroom, more=f"  - {{id: desk, channel: {POLICY}}}\n")
    queue(newsroom, 2)
    receivers(newsroom, more=f"  - {{id: desk, channel: {DESK}}}\n")
    newsroom.deliver()
    for channel in (POLICY, DESK):
        assert once(newsroom.alert_ids(channel), 2)


def test_alert_that_its_new_channel_has_already_is_not_posted_there_twice(newsroom):
    newsroom.watchlist("rules:\n  - {id: one, query: central bank opposes, notify: [policy, desk]}\n")
    receivers(newsroom, more=f"  - {{id: desk, channel: {DESK}}}\n")
    queue(newsroom, 2)
    receivers(newsroom, policy=DESK, more=f"  - {{id: desk, channel: {DESK}}}\n")
    newsroom.deliver()
    assert newsroom.posts(POLICY) == []
    assert len(newsroom.posts(DESK)) == 2


def test_notices_follow_ops_to_its_new_channel(newsroom):
    newsroom.adopt()
    newsroom.watchlist("rules: [")
    newsroom.adopt()
    newsroom.watchlist("rules:\n  - {id: one, query: central bank opposes, notify: [policy]}\n")
    receivers(newsroom, ops=DESK)
    newsroom.deliver()
    assert newsroom.posts(OPS) == []
    assert len(newsroom.posts(DESK)) == 2


def test_daily_line_goes_to_its_receiver(newsroom):
    at = f"{newsroom.clock() + timedelta(hours=2):%H:%M}"
    line = f"{{at: '{at}', timezone: UTC}}"
    newsroom.site.serve("/wire", story(1))
    for channel in (POLICY, DESK):
        newsroom.write(
            "receivers.yaml",
            f"receivers:\n  - {{id: policy, channel: {channel}, alive: {line}}}\n  - {{id: ops, channel: {OPS}}}\n",
        )
        newsroom.run()
        newsroom._do(after_cycle)
        newsroom.pass_time(timedelta(hours=3))
        newsroom.poll()
        newsroom._do(after_cycle)
        newsroom.pass_time(timedelta(hours=21))
    newsroom.deliver()
    assert [len(newsroom.posts(channel)) for channel in (POLICY, DESK)] == [0, 2]


def test_channel_that_changed_twice_is_followed(newsroom):
    queue(newsroom)
    receivers(newsroom, policy="C0DESK00002")
    newsroom.slack.fault("channel_not_found", channel="C0DESK00002", times=0)
    newsroom.deliver()
    receivers(newsroom, policy=DESK)
    newsroom.deliver()
    assert once(newsroom.alert_ids(DESK), 5)


# ── by hand ───────────────────────────────────────────────────────────────────────────────────


def test_queue_lists_channels_with_what_waits(newsroom):
    queue(newsroom, 3)
    newsroom.slack.fault("not_in_channel", channel=POLICY)
    newsroom.deliver(linger_s=0.0)
    rows = {row["channel"]: row for row in newsroom.json("queue")}
    row = rows[POLICY]
    assert (row["queued"], row["receiver"]) == (3, "policy")
    assert row["oldest_s"] >= 0
    assert row["paused_until"].startswith("20")


def test_queue_without_a_receiver_is_named_by_doctor(newsroom):
    queue(newsroom, 3)
    newsroom.watchlist("rules: []\n")
    newsroom.write("receivers.yaml", f"receivers:\n  - {{id: ops, channel: {OPS}}}\n")
    newsroom.adopt()
    (row,) = newsroom.json("queue")
    assert (row["channel"], row["receiver"], row["queued"]) == (POLICY, None, 3)
    _, out, _ = newsroom.command("doctor")
    assert f"newswatch queue move {POLICY}" in out


def test_operator_moves_a_queue_to_any_channel(newsroom):
    queue(newsroom, 3)
    assert newsroom.json("queue", "move", POLICY, DESK) == {"moved": 3, "left": 0}
    newsroom.deliver()
    assert newsroom.posts(POLICY) == []
    assert once(newsroom.alert_ids(DESK), 3)


def test_stale_queue_that_an_operator_moved_is_caught_up_there(newsroom):
    newsroom.watchlist("rules:\n  - {id: one, query: central bank opposes, notify: [policy]}\n")
    queue(newsroom, 12)
    newsroom.command("queue", "move", POLICY, DESK)
    newsroom.pass_time(timedelta(hours=3))
    newsroom.deliver()
    (message,) = newsroom.posts(DESK)
    assert "12 alerts" in message["text"]
    assert once(newsroom.alert_ids(DESK), 12)


def test_message_in_doubt_stays_when_its_queue_is_moved(newsroom):
    queue(newsroom, 2)
    newsroom.slack.fault("reset", when="after")
    newsroom.deliver(linger_s=0.0)
    waiting = newsroom.redis.zcard(keys.outbox(POLICY))
    assert newsroom.json("queue", "move", POLICY, DESK)["left"] == 1 == waiting


def test_operator_folds_a_queue(newsroom):
    queue(newsroom, 30)
    assert newsroom.json("queue", "fold", POLICY) == {"folded": 30}
    newsroom.deliver()
    (message,) = newsroom.posts()
    assert "30 alerts of 30 stories" in message["text"]
    assert once(newsroom.alert_ids(), 30)


def test_operator_drops_a_queue_and_says_why(newsroom):
    queue(newsroom, 3)
    status, _, err = newsroom.command("queue", "drop", POLICY)
    assert status == 2
    assert "--reason" in err
    assert newsroom.json("queue", "drop", POLICY, "--reason", "a test of ours") == {"dropped": 3, "left": 0}
    newsroom.deliver()
    assert newsroom.slack.messages() == []
    rows = newsroom.json("alerts")
    assert {row["state"] for row in rows} == {"withdrawn"}
    assert all("a test of ours" in row["error"] for row in rows)


def test_command_for_a_channel_without_a_queue_says_so(newsroom):
    newsroom.adopt()
    for words in (("move", DESK, POLICY), ("fold", DESK), ("drop", DESK, "--reason", "x")):
        status, _, err = newsroom.command("queue", *words)
        assert status == 1
        assert f"nothing waits for {DESK}" in err


def test_queue_is_not_moved_to_a_name(newsroom):
    queue(newsroom, 1)
    status, _, err = newsroom.command("queue", "move", POLICY, "#desk")
    assert status == 1
    assert "#desk" in err
