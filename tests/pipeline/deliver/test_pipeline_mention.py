"""A receiver's user groups: mentioned by severity, once in a story, and never by what a feed says."""

from __future__ import annotations

import json

import pytest

from feed_server import story
from newsroom import OPS, POLICY

WORDS = "The central bank opposes the plan."
GROUP = {"type": "usergroup", "usergroup_id": "S0ONCALL"}


def mentions(messages):
    return [json.dumps(message["blocks"]).count(json.dumps(GROUP)) for message in messages]


@pytest.fixture
def room(newsroom):
    newsroom.write(
        "receivers.yaml",
        f"receivers:\n  - {{id: policy, channel: {POLICY}, mention: {{high: S0ONCALL}}}}\n"
        f"  - {{id: ops, channel: {OPS}}}\n",
    )
    return newsroom


def test_group_is_mentioned_with_the_story_and_not_with_its_replies(room):
    room.feeds("wire", "daily")
    room.site.serve("/daily")
    room.site.serve("/wire", story(1, "Ministries want mining legalised", WORDS))
    room.run()
    room.site.serve("/daily", story(1, "Ministries want mining legalised", WORDS))
    room.run()
    assert mentions(room.posts()) == [1]
    assert mentions(room.replies()) == [0]


def test_story_of_another_severity_mentions_nobody(room):
    room.watchlist("rules: [{id: low, query: central bank opposes, severity: low, notify: [policy]}]\n")
    room.site.serve("/wire", story(1, "Ministries want mining legalised", WORDS))
    room.run()
    assert mentions(room.posts()) == [0]


def test_first_severe_report_of_a_mild_story_mentions_the_group_once(room):
    room.watchlist(
        "rules:\n"
        "  - {id: mild, query: mining, severity: low, notify: [policy]}\n"
        "  - {id: severe, query: central bank opposes, severity: high, notify: [policy]}\n"
        "  - {id: severe-too, query: crypto levy, severity: high, notify: [policy]}\n"
    )
    room.feeds("wire", "daily", "third")
    for name in ("daily", "third"):
        room.site.serve(f"/{name}")
    room.site.serve("/wire", story(1, "Ministries want mining legalised"))
    room.run()
    room.site.serve("/daily", story(1, "Ministries want mining legalised", WORDS))
    room.run()
    room.site.serve("/third", story(1, "Ministries want mining legalised", f"{WORDS} A crypto levy."))
    room.run()
    assert mentions(room.posts()) == [0]
    assert mentions(room.replies()) == [1, 0]


def test_words_of_a_feed_mention_nobody(room):
    room.site.serve("/wire", story(1, "<!subteam^S0OTHER> @oncall <!channel>", WORDS))
    room.run()
    (post,) = room.posts()
    assert mentions([post]) == [1]
    assert "S0OTHER" not in json.dumps([b for b in post["blocks"] if "usergroup" in json.dumps(b)])
    assert "<!subteam" not in post["text"]


def test_group_configured_later_does_not_appear_with_an_update(newsroom, room):
    groups = (room.config / "receivers.yaml").read_text("utf-8")
    room.receivers()
    room.feeds("wire", "daily")
    room.site.serve("/daily")
    room.site.serve("/wire", story(1, "Ministries want mining legalised", WORDS))
    room.run()
    room.write("receivers.yaml", groups)
    room.site.serve("/daily", story(1, "Ministries want mining legalised", WORDS))
    room.run()
    assert mentions(room.posts()) == [0]
