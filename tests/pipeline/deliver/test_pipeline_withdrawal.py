"""What became untrue while it waited is not posted, is not lost either, and is counted."""

from __future__ import annotations

from datetime import timedelta

import pytest

from feed_server import story
from newsroom import OPS, POLICY
from newswatch.store import keys

DESK = "C0DESK00001"
WORDS = "The central bank opposes the plan."
BOTH = """\
rules:
  - {id: opposes, query: central bank opposes, severity: medium, notify: [policy]}
  - {id: bank, query: central bank, severity: low, notify: [policy]}
"""
ONE = """\
rules:
  - {id: opposes, query: central bank opposes, severity: medium, notify: [policy]}
"""
OTHER = """\
rules:
  - {id: bank, query: central bank, severity: low, notify: [policy]}
"""


def serve(newsroom, count: int, rules: str = ONE, first: int = 1) -> None:
    """Queue this many stories."""
    newsroom.watchlist(rules)
    rows = (
        story(n, f"Number {n} differs in its headline {n * 7919}", WORDS) for n in range(first, first + count)
    )
    newsroom.site.serve("/wire", *rows)
    newsroom.poll()
    newsroom.match()


def rules(newsroom, text: str) -> None:
    newsroom.watchlist(text)
    newsroom.adopt()


def states(newsroom) -> list[str]:
    return [row["state"] for row in newsroom.json("alerts")]


def why(newsroom, number: int) -> dict:
    return newsroom.json("why", f"https://news.example/story/{number}")


def test_rule_that_was_muted_while_its_alerts_waited_posts_none_of_them(newsroom):
    serve(newsroom, 40)
    newsroom.command("mute", "opposes", "--for", "1h")
    counts = newsroom.deliver()
    assert newsroom.posts() == []
    assert (counts.sent, counts.queued) == (1, 0)  # what is sent is the notice to ops
    assert states(newsroom) == ["withdrawn"] * 40
    answer = why(newsroom, 1)
    assert answer["state"] == "withdrawn"
    assert any("opposes is muted" in reason for reason in answer["reasons"])


def test_mute_counts_what_it_withdrew(newsroom):
    serve(newsroom, 3)
    newsroom.command("mute", "opposes", "--for", "1h")
    newsroom.deliver()
    (mute,) = newsroom.json("mute")
    assert mute["muted"] == 3


def test_rule_that_was_removed_posts_nothing_and_its_alerts_return_with_it(newsroom):
    serve(newsroom, 5)
    rules(newsroom, OTHER)
    newsroom.deliver()
    assert newsroom.posts() == []
    assert states(newsroom) == ["withdrawn"] * 5
    assert "removed" in " ".join(why(newsroom, 1)["reasons"])
    rules(newsroom, ONE)
    newsroom.deliver()
    assert len(newsroom.posts()) == 5
    assert len(set(newsroom.alert_ids())) == len(newsroom.alert_ids()) == 5
    assert states(newsroom) == ["sent"] * 5
    newsroom.deliver()
    assert len(newsroom.posts()) == 5


def test_withdrawn_alerts_stay_withdrawn_after_a_day(newsroom):
    serve(newsroom, 2)
    rules(newsroom, OTHER)
    newsroom.deliver()
    newsroom.pass_time(timedelta(hours=25))
    rules(newsroom, ONE)
    newsroom.deliver()
    assert newsroom.posts() == []
    assert states(newsroom) == ["withdrawn"] * 2


def test_rule_that_goes_elsewhere_now_posts_nothing_in_the_old_channel(newsroom):
    serve(newsroom, 2)
    rules(newsroom, ONE.replace("[policy]", "[ops]"))
    newsroom.deliver()
    assert newsroom.posts() == []
    assert "no longer notifies" in " ".join(why(newsroom, 1)["reasons"])
    rules(newsroom, ONE)
    newsroom.deliver()
    assert len(newsroom.posts()) == 2


def test_message_that_is_true_in_part_goes_out_with_that_part(newsroom):
    serve(newsroom, 1, BOTH)
    rules(newsroom, ONE)
    newsroom.deliver()
    (message,) = newsroom.posts()
    assert "bank" not in message["text"].rpartition("Why")[2].replace("central bank", "")
    assert len(newsroom.alert_ids()) == 1
    assert sorted(states(newsroom)) == ["sent", "withdrawn"]
    rules(newsroom, BOTH)
    newsroom.deliver()
    assert len(newsroom.posts()) == 1
    assert len(newsroom.replies()) == 1
    assert len(set(newsroom.alert_ids())) == len(newsroom.alert_ids()) == 2


def test_reply_whose_story_was_withdrawn_is_posted_on_its_own(newsroom):
    newsroom.feeds("wire", "daily")
    newsroom.site.serve("/daily", title="Daily")
    two = ONE.replace("notify: [policy]}", "notify: [policy], feeds: {ids: [wire]}}")
    daily = "  - {id: daily, query: central bank opposes, severity: high, notify: [policy], feeds: {ids: [daily]}}\n"
    serve(newsroom, 1, two + daily)
    (root,) = newsroom.redis.zrange(keys.outbox(POLICY), 0, -1)
    newsroom.redis.hset(keys.message(root), "frozen", 1)
    again = story(1, "Told again", WORDS, link="https://news.example/story/1?utm_source=daily")
    newsroom.site.serve("/daily", again, title="Daily")
    newsroom.poll()
    newsroom.match()
    rules(newsroom, "rules:\n" + daily)
    newsroom.deliver()
    (message,) = newsroom.posts()
    assert "Told again" in message["text"]


def test_later_report_of_a_withdrawn_story_is_a_message_of_its_own(newsroom):
    serve(newsroom, 1, BOTH)
    rules(newsroom, "rules:\n  - {id: third, query: plan, notify: [policy]}\n")
    newsroom.deliver()
    newsroom.feeds("wire", "daily")
    newsroom.site.serve("/daily", title="Daily")
    newsroom.poll()
    again = story(1, "Told again", WORDS, link="https://news.example/story/1?utm_source=daily")
    newsroom.site.serve("/daily", again, title="Daily")
    newsroom.run()
    (message,) = newsroom.posts()
    assert "Told again" in message["text"]


def test_change_that_withdraws_many_alerts_is_reported_once_with_their_number(newsroom):
    serve(newsroom, 21)
    rules(newsroom, OTHER)
    newsroom.deliver()
    newsroom.deliver()
    (notice,) = newsroom.posts(OPS)
    assert "21 queued alerts" in notice["text"]
    assert "opposes" in notice["text"]


def test_change_that_withdraws_few_alerts_is_not_reported(newsroom):
    serve(newsroom, 20)
    rules(newsroom, OTHER)
    newsroom.deliver()
    assert newsroom.posts(OPS) == []


def test_record_that_cannot_be_parsed_holds_up_no_change(newsroom):
    serve(newsroom, 1)
    newsroom.deliver()
    serve(newsroom, 3, first=2)
    name = newsroom.redis.zrange(keys.outbox(POLICY), 0, 0)[0]
    newsroom.redis.hset(keys.message(name), "size", "x")
    newsroom.redis.zadd(keys.outbox(POLICY), {name: 9e12})
    rules(newsroom, OTHER)
    newsroom.deliver()
    assert newsroom.redis.zcard(keys.alerts_of("state", "withdrawn")) == 2
    assert len(newsroom.posts()) == 1
    assert newsroom.command("queue")[0] == 0


def test_withdrawn_message_is_kept_for_the_retention(newsroom):
    serve(newsroom, 1)
    rules(newsroom, OTHER)
    newsroom.deliver()
    (name,) = newsroom.redis.scan_iter(keys.message("*"))
    assert newsroom.redis.hget(name, "state") == "withdrawn"
    assert 89 * 86_400 < newsroom.redis.ttl(name) <= 90 * 86_400
    assert newsroom.redis.scard(keys.CHANNELS) == 0


# ── quiet hours ───────────────────────────────────────────────────────────────────────────────


def quiet_from_now(newsroom, *, excepts: str = "") -> timedelta:
    """Quiet hours that began a minute ago. Returns the time until they are over."""
    now = newsroom.clock()
    begin, end = now - timedelta(minutes=1), now + timedelta(minutes=30)
    newsroom.write(
        "receivers.yaml",
        "defaults: {per_channel_interval: 0.02s, grace: 30s}\n"
        f"receivers:\n  - id: policy\n    channel: {POLICY}\n"
        f"    quiet: {{from: '{begin:%H:%M}', to: '{end:%H:%M}', timezone: UTC{excepts}}}\n"
        f"  - {{id: ops, channel: {OPS}}}\n",
    )
    newsroom.adopt()
    return timedelta(minutes=31)


def test_alerts_queued_before_the_night_wait_for_its_end(newsroom):
    serve(newsroom, 25)
    over = quiet_from_now(newsroom)
    newsroom.deliver()
    assert newsroom.posts() == []
    assert set(states(newsroom)) == {"queued"}
    newsroom.pass_time(over)
    newsroom.deliver()
    assert ["While it was quiet" in one["text"] for one in newsroom.posts()] == [True, True]
    assert len(set(newsroom.alert_ids())) == len(newsroom.alert_ids()) == 25


def test_severity_that_quiet_hours_except_is_sent_in_them(newsroom):
    serve(newsroom, 1, ONE.replace("medium", "high"))
    quiet_from_now(newsroom, excepts=", except: high")
    newsroom.deliver()
    assert len(newsroom.posts()) == 1


def test_message_that_was_tried_before_the_night_waits_for_its_end_too(newsroom):
    serve(newsroom, 1)
    newsroom.slack.fault("ratelimited", retry_after=60.0)
    newsroom.deliver(linger_s=0.0)
    over = quiet_from_now(newsroom)
    newsroom.pass_time(timedelta(minutes=2))
    newsroom.deliver(linger_s=0.0)
    assert newsroom.posts() == []
    newsroom.pass_time(over)
    newsroom.deliver()
    assert len(newsroom.posts()) == 1


@pytest.mark.parametrize("rule", ["opposes", "bank"])
def test_page_of_alerts_finds_the_withdrawn_ones(newsroom, rule):
    from newswatch.pipeline.oversight.alert_search import AlertFilter, list_alerts  # noqa: PLC0415

    serve(newsroom, 1, BOTH)
    rules(newsroom, OTHER if rule == "opposes" else ONE)
    newsroom.deliver()

    async def search(services):
        return await list_alerts(services, AlertFilter(state="withdrawn"), before=None, limit=10)

    (line,) = newsroom._do(search).lines
    assert (line.alert.rule_id, line.state) == (rule, "withdrawn")
