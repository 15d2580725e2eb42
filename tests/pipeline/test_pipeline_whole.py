"""From feed to Slack over real Redis, real HTTP and the simulator: what a desk gets to see."""

from __future__ import annotations

from datetime import timedelta

import pytest
from slack_sdk import WebClient

from feed_server import Document, story
from newsroom import OPS, POLICY, Newsroom
from newswatch.errors import RedisUnavailable

WORDS = "The central bank opposes the plan."


def test_words_in_the_standfirst_alone_bring_one_message_with_the_reason(newsroom):
    newsroom.site.serve("/wire", story(1, "Ministries want mining legalised", WORDS), story(2))
    polled, matched, delivered = newsroom.run()
    assert (polled.new, matched.alerts, delivered.sent) == (2, 1, 1)
    (message,) = newsroom.posts()
    assert "Ministries want mining legalised" in message["text"]
    assert "central bank opposes" in message["text"]
    assert "central-bank-opposes" in message["text"]
    assert "https://news.example/story/1" in str(message["blocks"])


def test_second_run_repeats_nothing(newsroom):
    newsroom.site.serve("/wire", story(1, summary=WORDS))
    newsroom.run()
    polled, matched, delivered = newsroom.run()
    assert (polled.new, matched.alerts, delivered.sent) == (0, 0, 0)
    assert len(newsroom.slack.messages()) == 1


def test_unchanged_feed_is_asked_with_its_etag_and_answers_304(newsroom):
    newsroom.site.serve("/wire", story(1, summary=WORDS), etag='W/"odd etag"')
    newsroom.run()
    polled, _, _ = newsroom.run()
    assert polled.not_modified == 1
    assert newsroom.site.requests[-1].headers["If-None-Match"] == 'W/"odd etag"'
    assert newsroom.site.requests[-1].status == 304


def test_changed_build_date_is_no_news(newsroom):
    for build in ("Mon, 23 Nov 2026 10:00:00 GMT", "Mon, 23 Nov 2026 10:05:00 GMT"):
        newsroom.site.serve("/wire", story(1, summary=WORDS), build=build)
        newsroom.run()
    assert len(newsroom.slack.messages()) == 1


def test_rewritten_guids_ping_nobody(newsroom):
    newsroom.site.serve("/wire", story(1, summary=WORDS), story(2))
    newsroom.run()
    newsroom.site.serve("/wire", story(1, summary=WORDS, guid="x"), story(2, guid="y"))
    polled, _, _ = newsroom.run()
    assert polled.new == 0
    assert len(newsroom.slack.messages()) == 1


def test_reused_title_on_another_day_alerts_again(newsroom):
    title = "Monetary policy decision: central bank opposes easing"
    newsroom.site.serve("/wire", story(1, title, age=timedelta(hours=20)))
    newsroom.run()
    newsroom.site.serve("/wire", story(2, title, age=timedelta(minutes=1)), story(1, title))
    newsroom.run()
    assert len(newsroom.posts()) == 2


def test_edit_of_an_item_that_alerted_does_not_alert_again(newsroom):
    newsroom.site.serve("/wire", story(1, summary=WORDS))
    newsroom.run()
    newsroom.site.serve("/wire", story(1, "Corrected headline", WORDS + " Updated."))
    polled, matched, _ = newsroom.run()
    assert (polled.new, matched.alerts) == (1, 0)
    assert len(newsroom.posts()) == 1
    (correction,) = newsroom.replies()
    assert "Headline changed" in correction["text"]
    assert broadcasts(newsroom) == []


def test_edit_that_first_brings_the_words_alerts_once_marked_updated(newsroom):
    newsroom.site.serve("/wire", story(1))
    newsroom.run()
    newsroom.site.serve("/wire", story(1, summary=WORDS))
    newsroom.run()
    newsroom.site.serve("/wire", story(1, summary=WORDS + " More."))
    newsroom.run()
    (message,) = newsroom.posts()
    assert "updated" in message["text"].lower()


def test_edit_of_an_item_older_than_48_hours_stays_quiet(newsroom):
    newsroom.site.serve("/wire", story(1, age=timedelta(hours=20)))
    newsroom.run()
    newsroom.pass_time(timedelta(hours=30))
    newsroom.site.serve("/wire", story(1, summary=WORDS, age=timedelta(hours=20)))
    newsroom.run()
    assert newsroom.slack.messages() == []


def test_new_feed_alerts_only_on_the_last_day(newsroom):
    old = [story(n, summary=WORDS, age=timedelta(hours=25 + n)) for n in range(2, 30)]
    newsroom.site.serve("/wire", story(1, summary=WORDS), *old)
    newsroom.run()
    assert len(newsroom.posts()) == 1


def test_new_rule_does_not_alert_on_items_claimed_before_it(newsroom):
    newsroom.watchlist("rules:\n  - {id: other, query: nothing here, notify: [policy]}\n")
    newsroom.site.serve("/wire", story(1, summary=WORDS))
    newsroom.poll()
    newsroom.watchlist("rules:\n  - {id: late, query: central bank opposes, notify: [policy]}\n")
    newsroom.adopt()
    newsroom.match()
    newsroom.site.serve("/wire", story(1, summary=WORDS + " Edited."))
    newsroom.run()
    assert newsroom.slack.messages() == []


def test_only_the_second_feeds_copy_says_the_words_and_it_alerts(newsroom):
    newsroom.feeds("wire", "daily")
    newsroom.site.serve("/wire", story(1, "Ministries want mining legalised"))
    newsroom.site.serve("/daily", story(1, "Ministries want mining legalised", WORDS, guid="d1"))
    newsroom.run()
    assert len(newsroom.posts()) == 1


def test_story_told_by_three_feeds_is_one_message_and_a_thread(newsroom):
    newsroom.feeds("wire", "daily", "metro")
    for name in ("daily", "metro"):
        newsroom.site.serve(f"/{name}", title=name.title())
    newsroom.site.serve("/wire", story(1, "First", WORDS))
    newsroom.run()
    link = "https://news.example/story/1?utm_source={}"
    newsroom.site.serve("/daily", story(1, "Second", WORDS, link=link.format("daily")), title="Daily")
    newsroom.run()
    newsroom.site.serve("/metro", story(1, "Third", WORDS, link=link.format("metro")), title="Metro")
    newsroom.run()
    (message,) = newsroom.posts()
    assert len(newsroom.replies()) == 2
    assert all(reply["thread_ts"] == message["ts"] for reply in newsroom.replies())
    assert "+2 publishers" in message["text"]
    assert ["2 publishers · Daily, +1" in reply["text"] for reply in newsroom.replies()] == [True, False]
    assert ["3 publishers · Metro, +2" in reply["text"] for reply in newsroom.replies()] == [False, True]
    assert len(newsroom.alert_ids()) == len(set(newsroom.alert_ids())) == 3


def test_item_without_a_link_still_alerts(newsroom):
    newsroom.site.serve("/wire", story(1, "Linkless", WORDS, link=""))
    newsroom.run()
    assert len(newsroom.posts()) == 1


def test_one_broken_feed_does_not_hold_up_the_others(newsroom):
    newsroom.feeds("wire", "broken", "missing")
    newsroom.site.serve("/wire", story(1, summary=WORDS))
    newsroom.site.documents["/broken"] = Document(b"<html>not a feed</html>")
    polled, _, _ = newsroom.run()
    assert (polled.feeds, polled.failed) == (3, 2)
    assert len(newsroom.posts()) == 1


def test_slack_that_is_away_loses_nothing_and_gets_all_on_its_return(newsroom):
    newsroom.site.serve("/wire", *(story(n, f"News {n}", WORDS) for n in range(5)))
    newsroom.slack.kill()
    counts = newsroom.run()[2]
    assert counts.sent == 0
    assert counts.problems
    newsroom.slack.restart()
    newsroom.until(lambda: newsroom.deliver() and len(newsroom.posts()) == 5)
    assert len(newsroom.alert_ids()) == len(set(newsroom.alert_ids())) == 5


def test_redis_that_restarts_keeps_everything(newsroom, tmp_path, own_redis, simulator):
    room = Newsroom(tmp_path / "restart", own_redis.url, simulator)
    room.site.serve("/wire", story(1, summary=WORDS))
    room.poll()
    own_redis.kill()
    own_redis.start()
    room.match()
    own_redis.kill()
    own_redis.start()
    room.deliver()
    own_redis.kill()
    own_redis.start()
    room.run()
    room.close()
    assert len(newsroom.slack.messages(POLICY)) == 1


def test_validators_are_not_saved_when_the_claim_fails(newsroom, tmp_path, own_redis, simulator):
    room = Newsroom(tmp_path / "claim", own_redis.url, simulator)
    room.adopt()
    room.site.serve("/wire", story(1, summary=WORDS), etag='"v1"')
    room.site.documents["/wire"].before_answer = own_redis.kill
    with pytest.raises(RedisUnavailable):
        room.poll()
    room.site.documents["/wire"].before_answer = None
    own_redis.start()
    polled, _, _ = room.run()
    room.close()
    assert room.site.requests[-1].status == 200
    assert polled.new == 1
    assert len(newsroom.slack.messages(POLICY)) == 1


def test_broken_edit_keeps_the_last_good_rules_at_work_and_tells_ops_once(newsroom):
    newsroom.adopt()
    newsroom.watchlist("rules:\n  - id: central-bank-opposes\n    qurey: central bank opposes\n")
    newsroom.site.serve("/wire", story(1, summary=WORDS))
    newsroom.run()
    newsroom.run()
    assert len(newsroom.posts()) == 1
    (notice,) = newsroom.posts(OPS)
    assert "watchlist.yaml:3:5" in notice["text"]


def test_mended_configuration_is_told_to_ops(newsroom):
    newsroom.adopt()
    good = (newsroom.config / "watchlist.yaml").read_text()
    newsroom.watchlist("rules: [")
    newsroom.adopt()
    newsroom.watchlist(good)
    newsroom.adopt()
    newsroom.deliver()
    assert [("valid again" in m["text"]) for m in newsroom.posts(OPS)] == [False, True]


def test_first_start_with_a_broken_configuration_says_why_and_does_nothing(newsroom):
    newsroom.watchlist("rules: [")
    adoption = newsroom.adopt()
    assert adoption.bundle is None
    assert any(problem.file.endswith("watchlist.yaml") for problem in adoption.errors)
    assert newsroom.redis.xlen("newswatch:items") == 0


def test_channel_that_is_gone_keeps_its_queue_and_does_not_stop_the_others(newsroom):
    newsroom.watchlist(
        "rules:\n"
        "  - {id: one, query: central bank opposes, notify: [policy]}\n"
        "  - {id: two, query: central bank opposes, notify: [ops]}\n"
    )
    newsroom.slack.fault("not_in_channel", channel=POLICY, times=1000)
    newsroom.site.serve("/wire", story(1, summary=WORDS))
    counts = newsroom.run()[2]
    assert any("not_in_channel" in problem for problem in counts.problems)
    assert newsroom.posts(POLICY) == []
    assert len(newsroom.posts(OPS)) >= 1
    newsroom.slack.clear_faults()
    newsroom.pass_time(timedelta(minutes=1))
    newsroom.deliver()
    assert len(newsroom.posts(POLICY)) == 1


def test_refused_message_becomes_a_dead_letter_that_can_be_retried(newsroom):
    newsroom.slack.fault("invalid_blocks", times=2)
    newsroom.site.serve("/wire", story(1, summary=WORDS))
    counts = newsroom.run()[2]
    assert counts.dead == 1
    assert newsroom.posts() == []
    (letter,) = newsroom.json("dead")
    assert letter["rules"] == ["central-bank-opposes"]
    assert newsroom.json("dead", "retry")["retried"] == 1
    newsroom.json("deliver")
    assert len(newsroom.posts()) == 1
    assert newsroom.json("dead") == []


def test_dropped_reply_is_found_in_history_and_not_sent_twice(newsroom):
    newsroom.slack.fault("reset", when="after", times=1)
    newsroom.site.serve("/wire", story(1, summary=WORDS))
    counts = newsroom.run()[2]
    assert counts.sent + counts.retrying == 1
    newsroom.pass_time(timedelta(minutes=1))
    newsroom.until(lambda: newsroom.deliver().queued == 0)
    assert len(newsroom.slack.messages(POLICY)) == 1


def test_same_story_under_another_link_goes_to_the_thread(newsroom):
    newsroom.feeds("wire", "daily")
    newsroom.site.serve("/wire", story(1, "Ministries want crypto mining legalised by spring", WORDS))
    newsroom.site.serve("/daily", title="Daily")
    newsroom.run()
    title = "Ministries want crypto mining to be legalised by spring"
    newsroom.site.serve("/daily", story(2, title, WORDS), title="Daily")
    newsroom.run()
    assert len(newsroom.posts()) == 1
    assert len(newsroom.replies()) == 1


def broadcasts(newsroom) -> list[str]:
    """The replies that the channel itself shows, as Slack's history says."""
    client = WebClient(newsroom.slack.token, base_url=newsroom.slack.base_url)
    shown = client.conversations_history(channel=POLICY)["messages"]
    return [message["ts"] for message in shown if message.get("subtype") == "thread_broadcast"]


def test_doubtful_attachment_of_a_high_alert_is_broadcast_with_its_own_headline(newsroom):
    newsroom.feeds("wire", "daily", "metro")
    for name in ("daily", "metro"):
        newsroom.site.serve(f"/{name}", title=name.title())
    newsroom.site.serve("/wire", story(1, "Ministries want crypto mining legalised by spring", WORDS))
    newsroom.run()
    title = "Crypto mining: ministries want it banned by spring, sources in the ministry say"
    newsroom.site.serve("/daily", story(2, title, WORDS), title="Daily")
    newsroom.run()
    copy = "Ministries want crypto mining legalised by the spring"
    newsroom.site.serve("/metro", story(3, copy, WORDS), title="Metro")
    newsroom.run()
    newsroom.until(lambda: newsroom.deliver().queued == 0)
    (message,) = newsroom.posts()
    doubtful, certain = newsroom.replies()
    assert doubtful["thread_ts"] == certain["thread_ts"] == message["ts"]
    assert title in doubtful["text"]
    assert "may belong to “Ministries want crypto mining legalised by spring”" in doubtful["text"]
    assert "may belong to" not in certain["text"]
    assert broadcasts(newsroom) == [doubtful["ts"]]


def test_doubtful_high_alert_does_not_hide_in_the_message_that_still_collects(newsroom):
    newsroom.feeds("wire", "daily")
    title = "Crypto mining: ministries want it banned by spring, sources in the ministry say"
    newsroom.site.serve("/wire", story(1, "Ministries want crypto mining legalised by spring", WORDS))
    newsroom.site.serve("/daily", story(2, title, WORDS), title="Daily")
    newsroom.run()
    newsroom.until(lambda: newsroom.deliver().queued == 0)
    (message,) = newsroom.posts()
    (reply,) = newsroom.replies()
    assert reply["thread_ts"] == message["ts"]
    assert broadcasts(newsroom) == [reply["ts"]]


def test_threshold_alerts_once_on_the_surge_and_lists_it(newsroom):
    newsroom.feeds("wire", "daily")
    newsroom.watchlist(
        "rules:\n  - id: surge\n    query: central bank opposes\n    notify: [policy]\n"
        "    threshold: {stories: 3, sources: 2, within: 30m}\n"
    )
    newsroom.site.serve("/wire", story(1, "One", WORDS), story(2, "Two", WORDS), story(3, "Three", WORDS))
    newsroom.site.serve("/daily", title="Daily")
    newsroom.run()
    assert newsroom.slack.messages(POLICY) == []
    newsroom.site.serve("/daily", story(4, "Four", WORDS), title="Daily")
    newsroom.run()
    (message,) = newsroom.posts()
    assert "Surge: 4 stories from 2 publishers" in message["text"]
    assert all(f"story/{n}" in str(message["blocks"]) for n in (1, 2, 3, 4))
    newsroom.site.serve("/daily", story(5, "Five", WORDS), title="Daily")
    newsroom.run()
    assert len(newsroom.posts()) == 1
    assert len(newsroom.replies()) == 1
    assert len(newsroom.alert_ids()) == len(set(newsroom.alert_ids())) == 5


def test_stories_outside_the_window_are_no_surge(newsroom):
    newsroom.watchlist(
        "rules:\n  - id: surge\n    query: central bank opposes\n    notify: [policy]\n"
        "    threshold: {stories: 2, sources: 1, within: 10m}\n"
    )
    newsroom.site.serve("/wire", story(1, "One", WORDS))
    newsroom.run()
    newsroom.pass_time(timedelta(minutes=11))
    newsroom.site.serve("/wire", story(1, "One", WORDS), story(2, "Two", WORDS))
    newsroom.run()
    assert newsroom.slack.messages() == []


def test_quiet_hours_hold_alerts_and_end_in_a_digest(newsroom):
    quiet = (newsroom.clock() - timedelta(hours=1)).strftime("%H:%M")
    until = newsroom.clock() + timedelta(hours=1)
    newsroom.write(
        "receivers.yaml",
        "defaults: {per_channel_interval: 0.02s}\n"
        f"receivers:\n  - id: policy\n    channel: {POLICY}\n"
        f"    quiet: {{from: '{quiet}', to: '{until:%H:%M}', timezone: UTC}}\n  - {{id: ops, channel: {OPS}}}\n",
    )
    newsroom.site.serve("/wire", *(story(n, f"Number {n} of many", WORDS) for n in range(25)))
    newsroom.run()
    assert newsroom.slack.messages() == []
    newsroom.pass_time(timedelta(hours=1, minutes=1))
    newsroom.deliver()
    first, second = newsroom.posts()
    assert "While it was quiet: 20 items" in first["text"]
    assert "While it was quiet: 5 items" in second["text"]
    assert len(newsroom.alert_ids()) == len(set(newsroom.alert_ids())) == 25


def test_digest_goes_out_at_its_time_and_not_before(newsroom):
    at = newsroom.clock() + timedelta(hours=2)
    newsroom.write(
        "receivers.yaml",
        "defaults: {per_channel_interval: 0.02s}\n"
        f"receivers:\n  - id: policy\n    channel: {POLICY}\n    mode: digest\n"
        f"    digest: {{at: '{at:%H:%M}', timezone: UTC}}\n  - {{id: ops, channel: {OPS}}}\n",
    )
    newsroom.site.serve("/wire", story(1, "One", WORDS), story(2, "Two", WORDS))
    newsroom.run()
    assert newsroom.slack.messages() == []
    newsroom.pass_time(timedelta(hours=2, minutes=1))
    newsroom.deliver()
    (message,) = newsroom.posts()
    assert "Digest: 2 items from 1 publisher" in message["text"]
