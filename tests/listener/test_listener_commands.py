"""The other commands and the shortcuts: help, mute, why, missed, status, and where their advice leads."""

from __future__ import annotations

import pytest
from listener_room import EDITOR, WORDS, Desk, inputs, with_editors

from feed_server import story
from newsroom import POLICY

pytestmark = pytest.mark.heavy


def test_help_names_every_command(newsroom, desk):
    answer = desk.command("help")
    assert all(
        f"/newswatch {verb}" in answer
        for verb in ("watch", "unwatch", "mute", "unmute", "why", "missed", "status")
    )
    assert desk.command("") == answer


def test_unknown_command_is_shown_literally_with_the_help(newsroom, desk):
    answer = desk.command("<!channel> now")
    assert "/newswatch <!channel> is not a command." in answer
    assert "watch TEXT" in answer


def test_mute_is_for_this_channel_and_ends_with_unmute(newsroom, desk):
    assert "central-bank-opposes is muted in this channel until" in desk.command(
        "mute central-bank-opposes for 2h"
    )
    (mute,) = newsroom.json("mute")
    assert (mute["rule_id"], mute["channel"], mute["by"]) == ("central-bank-opposes", POLICY, "editor")
    assert "central-bank-opposes: here until" in desk.command("mute")
    newsroom.site.serve("/wire", story(1, "Ministries want mining legalised", WORDS))
    newsroom.run()
    assert newsroom.posts() == []
    assert "is no longer muted here. 1 alert was suppressed." in desk.command("unmute central-bank-opposes")
    assert newsroom.json("mute") == []


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("mute nothing", "no rule in force has the id nothing"),
        ("mute central-bank-opposes soon", "Write for example /newswatch mute central-bank-opposes 2h"),
        ("mute central-bank-opposes 0s", "A mute must be longer than zero."),
        ("mute a b c d", "Write /newswatch mute RULE"),
        ("unmute central-bank-opposes", "central-bank-opposes is not muted"),
        ("unmute", "Write /newswatch unmute RULE"),
    ],
)
def test_wrong_mute_says_what_to_write(newsroom, desk, text, reason):
    assert reason in desk.command(text)
    assert newsroom.json("mute") == []


def test_why_explains_an_item_literally(newsroom, desk):
    newsroom.site.serve("/wire", story(1, "Ministries &lt;!channel&gt; want mining", WORDS))
    newsroom.run()
    link = newsroom.json("alerts")[0]["link"]
    answer = desk.command(f"why {link}")
    assert "Ministries <!channel> want mining" in answer
    assert "central-bank-opposes" in answer
    assert "is not in any document read since" in desk.command("why https://example.org/never")
    assert "Write /newswatch why" in desk.command("why")


def test_status_says_whether_all_is_right(newsroom, desk):
    newsroom.run()
    assert "In the last 24 hours: 0 items, 0 alerts; 0 messages queued." in desk.command("status")


def test_why_here_names_the_rule_and_its_words(newsroom, desk):
    newsroom.site.serve("/wire", story(1, "Ministries want mining legalised", WORDS))
    newsroom.run()
    (post,) = newsroom.posts()
    answer = desk.shortcut(post["ts"], "newswatch_why")
    assert "central-bank-opposes (high) matched “central bank opposes” in: Ministries want mining" in answer


def test_why_here_of_somebody_elses_message_looks_for_its_link(newsroom, desk):
    newsroom.site.serve("/wire", story(1, "Quite another matter"))
    newsroom.run()
    ts = newsroom.slack.post(POLICY, "see <https://example.org/never?a=1&amp;b=2|this>")["ts"]
    assert "is not in any document" in desk.shortcut(ts, "newswatch_why")


def test_missed_headline_is_recorded_for_the_rule_that_is_chosen(newsroom, desk):
    view = desk.opened("missed Central bank fights the plan")
    assert inputs(view)["text"]["initial_value"] == "Central bank fights the plan"
    answer = desk.sent(view, rule="central-bank-opposes")
    assert "Recorded for central-bank-opposes" in answer
    assert newsroom.redis.hlen("newswatch:missed:central-bank-opposes") == 1


def test_missed_shortcut_begins_with_the_message(newsroom, desk):
    ts = newsroom.slack.post(POLICY, "Central bank &lt;fights&gt; the plan")["ts"]
    newsroom.slack.shortcut(POLICY, ts, "newswatch_missed", EDITOR)
    view = desk.filled()
    assert inputs(view)["text"]["initial_value"] == "Central bank <fights> the plan"
    answer = desk.sent(view)
    assert "Nothing was recorded: choose a rule." in answer


def test_missed_page_on_a_private_address_is_not_read(newsroom, desk):
    newsroom.site.serve("/wire", story(1, "Secret plan", WORDS))
    view = desk.opened(f"missed {newsroom.site.url}/wire")
    answer = desk.sent(view, rule="central-bank-opposes")
    assert "private" in answer or "loopback" in answer
    assert newsroom.redis.hlen("newswatch:missed:central-bank-opposes") == 0


def test_command_delivered_again_is_answered_once(newsroom, desk):
    newsroom.slack.command(POLICY, "help", EDITOR, repeat=3)
    desk.command("status")
    assert len(newsroom.slack.whispers()) == 2


def links_in(newsroom):
    """The links in the newest answer that one person sees."""
    blocks = newsroom.slack.whispers()[-1]["blocks"]
    parts = [part for block in blocks for one in block["elements"] for part in one["elements"]]
    return [part["url"] for part in parts if part["type"] == "link"]


@pytest.mark.parametrize("pages", ["https://desk.example/newswatch", ""])
def test_advice_is_a_link_to_a_page_or_the_pages_name(newsroom, listen, pages):
    more = {"NEWSWATCH_PAGES": pages} if pages else {}
    listen(SLACK_APP_TOKEN=newsroom.slack.app_token, **more)
    with_editors(newsroom, EDITOR["id"])
    newsroom.site.serve("/wire", story(1, "Ministries want mining legalised", WORDS))
    newsroom.run()
    notice = {"text": "The queue of ops is behind.", "since": 1}
    newsroom.redis.hset("newswatch:notice:behind:x", mapping=notice)
    newsroom.redis.sadd("newswatch:notices", "behind:x")
    desk = Desk(newsroom)
    answers = [desk.command("status")]
    assert "The queue of ops is behind." in answers[0]
    assert "is on the page Status" in answers[0]
    assert links_in(newsroom) == ([f"{pages}/"] if pages else [])
    answers.append(desk.command(f"why {newsroom.json('alerts')[0]['link']}"))
    assert [url.partition("=")[0] for url in links_in(newsroom)] == ([f"{pages}/why?item"] if pages else [])
    answers.append(desk.command("why https://example.org/never"))
    assert "are searched on the page Items" in answers[-1]
    answers.append(desk.sent(desk.opened("missed Central bank fights it"), rule="central-bank-opposes"))
    assert "proposed on the page of central-bank-opposes" in answers[-1]
    answers += [desk.command(text) for text in ("unmute central-bank-opposes", "unwatch x", "mute x", "x")]
    assert not any("`newswatch" in text for text in answers)


def test_status_counts_one_of_a_thing_as_one(newsroom, desk):
    newsroom.site.serve("/wire", story(1, "Ministries want mining legalised", WORDS))
    newsroom.run()
    assert "In the last 24 hours: 1 item, 1 alert; 0 messages queued." in desk.command("status")
