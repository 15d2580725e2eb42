"""The story newswatch was made for, from the feed and the page as they were found."""

from __future__ import annotations

import json
from datetime import datetime, timezone

import pytest

from feed_server import Document

pytestmark = pytest.mark.shared
EVENING = datetime(2021, 11, 12, 20, 0, tzinfo=timezone.utc)


@pytest.fixture
def seed(shared_data):
    return shared_data / "seed"


def test_seed_feed_gives_exactly_one_alert_for_its_standfirst(newsroom, seed):
    newsroom.clock = lambda: EVENING
    newsroom.receivers(interval="0s")
    newsroom.site.documents["/wire"] = Document((seed / "feed.xml").read_bytes())
    newsroom.run()
    (message,) = newsroom.posts()
    assert "Legalize Crypto Mining" in message["text"]
    assert "central bank opposes" in message["text"]
    assert newsroom.run()[1].alerts == 0


def test_seed_feed_years_later_is_only_remembered(newsroom, seed):
    newsroom.site.documents["/wire"] = Document((seed / "feed.xml").read_bytes())
    newsroom.run()
    assert newsroom.slack.messages() == []


def test_seed_page_matches_by_its_standfirst_and_its_teasers_do_not(newsroom, seed):
    newsroom.watchlist(
        "rules:\n"
        "  - {id: central-bank-opposes, query: central bank opposes, notify: [policy]}\n"
        "  - {id: goplus, query: GoPlus, notify: [policy]}\n"
        "  - {id: securities, query: securities, notify: [policy]}\n"
        "  - {id: citadel, query: Citadel, notify: [policy]}\n"
    )
    newsroom.site.documents["/story.html"] = Document(
        (seed / "story.html").read_bytes(), headers={"Content-Type": "text/html; charset=utf-8"}
    )
    status, out, err = newsroom.command("match", "--url", f"{newsroom.site.url}/story.html", "--json")
    assert status == 0, err
    (match,) = json.loads(out)["matches"]
    assert match["rule"] == "central-bank-opposes"
    assert [span["field"] for span in match["spans"]] == ["summary"]
    assert match["spans"][0]["text"] == "central bank opposes"
