"""After hours without Slack: one message that catches up, the rest in its thread, what is new and severe first."""

from __future__ import annotations

from datetime import timedelta

from feed_server import story
from newsroom import POLICY
from newswatch.store import keys

WORDS = "The central bank opposes the plan."
RULES = """\
rules:
  - {id: opposes, query: central bank opposes, severity: medium, notify: [policy]}
  - {id: urgent, query: emergency, severity: high, notify: [policy]}
"""
OFTEN = {"NEWSWATCH_RULE_CAP": "100000"}
THEMES = ("mining", "lending", "custody", "stablecoins", "taxes", "reserves", "payments", "exchanges")


def title(number: int) -> str:
    """Headlines that no one takes for one story."""
    return f"{THEMES[number % 8]}{number} {THEMES[number // 8 % 8]}{number * 7} {number * 7919}"


def queue(newsroom, numbers, *, high=(), **more) -> None:
    """Queue a story for each number, of severity high for some."""
    from newswatch.pipeline.match.run import run_match  # noqa: PLC0415

    newsroom.watchlist(RULES)
    now = newsroom.clock()
    rows = [
        story(n, title(n) + (" emergency" if n in high else ""), "" if n in high else WORDS, now=now, **more)
        for n in numbers
    ]
    newsroom.site.serve("/wire", *rows)
    newsroom.poll()
    newsroom._do(run_match, env=OFTEN)


def deliver(newsroom):
    return newsroom.until(lambda: (counts := newsroom.deliver()).queued == 0 and counts)


def posts(newsroom) -> list[dict]:
    """The channel's own messages that have alerts."""
    return [one for one in newsroom.posts() if one["metadata"]["event_payload"]["alert_ids"]]


def links(messages) -> list[str]:
    """The numbers of the stories whose links are in these messages, in order."""
    found = []
    for message in messages:
        rest = str(message["blocks"])
        while (at := rest.find("news.example/story/")) >= 0:
            rest = rest[at + len("news.example/story/") :]
            number = rest[: rest.index("'")]
            if not found or found[-1] != number:
                found.append(number)
    return found


def test_catch_up_needs_no_line_that_the_channel_has_caught_up(newsroom):
    queue(newsroom, range(1, 21), high=(1, 2))
    newsroom.pass_time(timedelta(hours=3))
    deliver(newsroom)
    deliver(newsroom)
    assert [m["text"] for m in newsroom.posts() if "behind in this channel" in m["text"]] == []


def test_backlog_of_hours_is_one_message_and_a_thread(newsroom):
    queue(newsroom, range(1, 71))
    newsroom.pass_time(timedelta(hours=3))
    counts = deliver(newsroom)
    assert counts.dead == 0
    (message,) = posts(newsroom)
    assert "Catching up: 70 alerts of 70 stories" in message["text"]
    assert "opposes 70" in message["text"]
    assert len(set(links([message]))) == 10
    assert len(newsroom.replies()) == 3  # 60 more, 20 a message
    assert sorted(links([message, *newsroom.replies()]), key=int) == [str(n) for n in range(1, 71)]
    assert len(set(newsroom.alert_ids())) == len(newsroom.alert_ids()) == 70


def test_alerts_that_waited_less_come_one_by_one(newsroom):
    queue(newsroom, range(1, 6))
    newsroom.pass_time(timedelta(minutes=119))
    deliver(newsroom)
    assert len(posts(newsroom)) == 5


def test_receiver_says_when_alerts_are_stale(newsroom):
    newsroom.write(
        "receivers.yaml",
        "defaults: {per_channel_interval: 0.02s}\n"
        f"receivers:\n  - {{id: policy, channel: {POLICY}, stale_after: 10m}}\n",
    )
    queue(newsroom, range(1, 6))
    newsroom.pass_time(timedelta(minutes=11))
    deliver(newsroom)
    (message,) = posts(newsroom)
    assert "Catching up: 5 alerts" in message["text"]
    assert newsroom.replies() == []


def test_single_stale_alert_is_a_message_like_any_other(newsroom):
    queue(newsroom, [1])
    newsroom.pass_time(timedelta(hours=3))
    deliver(newsroom)
    (message,) = posts(newsroom)
    assert "Catching up" not in message["text"]


def test_newest_high_alerts_stay_single_and_go_first_and_live_ones_come_before_the_thread(newsroom):
    high = set(range(1, 26))
    queue(newsroom, range(1, 66), high=high)
    newsroom.pass_time(timedelta(hours=3))
    queue(newsroom, range(101, 104))
    deliver(newsroom)
    channel = newsroom.slack.messages(POLICY)
    kinds = [
        "listed"
        if "Catching up" in one["text"]
        else "single"
        if one["ts"] == one.get("thread_ts", one["ts"])
        else "?"
        for one in channel
    ]
    assert kinds[:20] == ["single"] * 20
    assert {int(n) for n in links(channel[:20])} <= high
    catch_up = kinds.index("listed")
    assert "urgent 5" in channel[catch_up]["text"]
    assert set(links(channel[catch_up : catch_up + 1])[:5]) == {str(n) for n in high} - set(
        links(channel[:20])
    )
    live = [number for number, one in enumerate(channel) if {"101", "102", "103"} & set(links([one]))]
    in_thread = [
        number for number, one in enumerate(channel) if one.get("thread_ts") not in (None, one["ts"])
    ]
    assert max(live) < min(in_thread)
    assert len(set(newsroom.alert_ids())) == len(newsroom.alert_ids()) == 68


def test_new_high_alert_goes_before_everything_that_waits(newsroom):
    queue(newsroom, range(1, 30))
    queue(newsroom, [31], high={31})
    newsroom.receivers(interval="0.02s")
    deliver(newsroom)
    assert links(newsroom.slack.messages(POLICY))[0] == "31"


def test_story_that_gets_a_high_alert_while_it_waits_goes_before_the_others(newsroom):
    newsroom.feeds("wire", "daily")
    newsroom.site.serve("/daily", title="Daily")
    queue(newsroom, range(1, 10))
    again = story(5, "emergency", link="https://news.example/story/5?utm_source=daily", now=newsroom.clock())
    newsroom.site.serve("/daily", again, title="Daily")
    newsroom.poll()
    newsroom.match()
    deliver(newsroom)
    assert links(newsroom.slack.messages(POLICY))[0].startswith("5")


def test_catch_up_that_was_not_sent_yet_takes_in_what_became_stale_since(newsroom):
    queue(newsroom, range(1, 16))
    newsroom.pass_time(timedelta(hours=3))
    newsroom.slack.fault("not_in_channel", channel=POLICY)
    newsroom.deliver(linger_s=0.0)
    queue(newsroom, range(16, 31))
    newsroom.pass_time(timedelta(hours=3))
    deliver(newsroom)
    (message,) = posts(newsroom)
    assert len(newsroom.replies()) >= 1
    assert sorted(links([message, *newsroom.replies()]), key=int) == [str(n) for n in range(1, 31)]
    assert len(set(newsroom.alert_ids())) == len(newsroom.alert_ids()) == 30


def test_muted_rule_is_not_counted_in_the_catch_up(newsroom):
    queue(newsroom, range(1, 11), high={1, 2, 3, 4})
    newsroom.command("mute", "opposes")
    newsroom.pass_time(timedelta(hours=3))
    deliver(newsroom)
    assert len(posts(newsroom)) == 4
    assert newsroom.redis.zcard(keys.alerts_of("state", "withdrawn")) == 6


def test_later_report_of_a_caught_up_story_is_a_message_of_its_own(newsroom):
    newsroom.feeds("wire", "daily")
    newsroom.site.serve("/daily", title="Daily")
    queue(newsroom, range(1, 6))
    newsroom.pass_time(timedelta(hours=3))
    deliver(newsroom)
    again = story(
        2, title(2), WORDS, link="https://news.example/story/2?utm_source=daily", now=newsroom.clock()
    )
    newsroom.site.serve("/daily", again, title="Daily")
    newsroom.run()
    assert ["Catching up" in one["text"] for one in posts(newsroom)] == [True, False]


def test_later_reports_of_a_story_are_listed_beside_it(newsroom):
    newsroom.feeds("wire", "daily")
    newsroom.site.serve("/daily", title="Daily")
    queue(newsroom, range(1, 21))
    for name in newsroom.redis.zrange(keys.outbox(POLICY), 0, -1):
        newsroom.redis.hset(keys.message(name), "size", 100_000)  # full, so that another report is a reply
    again = story(
        7, title(7), WORDS, link="https://news.example/story/7?utm_source=daily", now=newsroom.clock()
    )
    newsroom.site.serve("/daily", again, title="Daily")
    newsroom.poll()
    newsroom.match()
    newsroom.pass_time(timedelta(hours=3))
    deliver(newsroom)
    (message,) = posts(newsroom)
    assert "21 alerts of 20 stories" in message["text"]
    assert len(set(newsroom.alert_ids())) == len(newsroom.alert_ids()) == 21


def test_no_lane_is_left_behind(newsroom):
    queue(newsroom, range(1, 40), high={1, 2, 3})
    newsroom.pass_time(timedelta(hours=3))
    deliver(newsroom)
    assert list(newsroom.redis.scan_iter("newswatch:lane:*")) == []
