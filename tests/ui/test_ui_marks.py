"""What readers said with the buttons, as editors and operators see it."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import pytest

from feed_server import story
from newsroom import OPS, POLICY
from newswatch.listener.clicks import take_click
from newswatch.slack.buttons import ACTIONS
from newswatch.slack.clicks import Click
from newswatch.store import keys

WORDS = "The central bank opposes the plan."
WRITE = {"X-Newswatch": "1", "Accept": "application/json", "Sec-Fetch-Site": "same-origin"}


@pytest.fixture
def ada(visit, newsroom):
    newsroom.site.serve("/wire", story(1, "Ministries want mining legalised", WORDS))
    newsroom.run()
    return visit("ada")


def click(newsroom, action):
    """As the listener takes it."""
    (message,) = newsroom.posts()
    name = message["metadata"]["event_payload"]["message_id"]
    at = datetime.now(timezone.utc)
    one = Click(ACTIONS[action], name, message["channel"], "U0ANNA", "anna", at)
    assert newsroom._do(lambda services: take_click(services, one)).effect == "taken"


def page(client, path):
    answer = client.get(f"/newswatch/{path}")
    assert answer.status_code == 200, answer.text[:1000]
    return answer.text


def test_acknowledged_alert_says_so_and_by_whom(ada, newsroom):
    click(newsroom, "newswatch_ack")
    assert "state-acknowledged" in page(ada, "alerts?state=acknowledged")
    assert "Ministries" not in page(ada, "alerts?state=sent")
    (row,) = newsroom.json("alerts")
    life = page(ada, f"alerts/{row['id']}")
    assert "by anna" in life
    assert "Acknowledged" in life


def test_acknowledged_item_is_counted_for_its_rule_until_its_alert_is_past_its_retention(ada, newsroom):
    click(newsroom, "newswatch_ack")
    found = "rule=central-bank-opposes&amp;state=acknowledged"
    assert f'{found}">1 acknowledged</a>' in page(ada, "watchlist")
    assert "Ministries" in page(ada, f"alerts?{found.replace('&amp;', '&')}")
    name = keys.acknowledged("central-bank-opposes")
    (item,) = newsroom.redis.hkeys(name)
    newsroom.redis.hset(name, item, 1_000)
    assert newsroom.json("housekeeping")["acknowledged"] == 1
    assert "acknowledged</a>" not in page(ada, "watchlist")


def test_acknowledged_digest_counts_for_none_of_its_items(visit, newsroom):
    newsroom.write(
        "receivers.yaml",
        f"receivers:\n  - {{id: policy, channel: {POLICY}, mode: digest, digest: {{at: '08:00', timezone: UTC}}}}\n"
        f"  - {{id: ops, channel: {OPS}}}\n",
    )
    newsroom.site.serve("/wire", story(1, "Ministries want mining legalised", WORDS))
    newsroom.run()
    newsroom.pass_time(timedelta(days=1))
    newsroom.run()
    click(newsroom, "newswatch_ack")
    assert "acknowledged</a>" not in page(visit("ada"), "watchlist")


def test_muted_rule_is_listed_with_who_muted_it_in_slack(ada, newsroom):
    click(newsroom, "newswatch_mute")
    text = page(ada, "watchlist")
    assert 'for <span title="C0123456789">policy</span>, ends' in text
    assert "by anna" in text


def test_what_is_not_relevant_is_counted_listed_and_held_against_an_edit(ada, newsroom):
    click(newsroom, "newswatch_irrelevant")
    assert 'rules/central-bank-opposes#irrelevant">1 not relevant</a>' in page(ada, "watchlist")
    listed = page(ada, "watchlist/rules/central-bank-opposes")
    assert "Ministries want mining legalised" in listed
    assert "still caught" in listed
    draft = (newsroom.config / "watchlist.yaml").read_text()
    body = {"name": "watchlist.yaml", "text": draft, "rule": "central-bank-opposes"}
    found = ada.post("/newswatch/api/rules/live", json=body, headers=WRITE)
    assert "Of 1 item that readers marked as not relevant, it would still catch 1." in found.text
    body["text"] = draft.replace("central bank opposes", "central bank opposes AND NOT mining", 1)
    found = ada.post("/newswatch/api/rules/live", json=body, headers=WRITE)
    assert "marked as not relevant, it would still catch 0." in found.text


def test_rule_nobody_complained_of_has_no_such_list(ada):
    assert "Marked as not relevant" not in page(ada, "watchlist/rules/central-bank-opposes")


def test_further_sources_of_the_story_stand_with_the_alert(ada, newsroom):
    newsroom.feeds("wire", "daily")
    newsroom.site.serve("/daily", story(1, "Mining to be legalised, say ministries", WORDS, guid="d1"))
    newsroom.run()
    first = newsroom.json("alerts")[-1]
    life = page(ada, f"alerts/{first['id']}")
    assert "Further alerts of this story" in life
    assert "Mining to be legalised" in life
