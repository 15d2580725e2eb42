"""`newswatch missed`: what a rule should have caught is recorded, with the term that it lacks."""

from __future__ import annotations

import json

import pytest

from article_pages import page
from feed_server import story
from newswatch.store import keys

WATCHLIST = """\
rules:
  - id: bank-against
    event: {who: central bank, does: opposes}
    feeds: {tags: [official]}
    notify: [policy]
  - id: fines
    query: regulator ONEAR/3 fines
    notify: [policy]
"""
MISSED = "Central bank balks at digital currency plan"


@pytest.fixture
def room(newsroom):
    newsroom.feeds("wire")
    newsroom.write(
        "feeds.yaml",
        f"feeds:\n  - {{id: wire, url: '{newsroom.site.url}/wire', tags: [official], allow_private: true}}\n",
    )
    newsroom.watchlist(WATCHLIST)
    return newsroom


def test_missed_headline_is_recorded_for_its_rule_with_the_term_that_it_lacks(room):
    status, out, err = room.command("missed", MISSED, "--rule", "bank-against")
    assert (status, err) == (0, "")
    assert out.splitlines()[0] == f"Recorded for bank-against: {MISSED}"
    assert "bank-against: nothing of `does: opposes` is in the title" in out.splitlines()[1]
    (row,) = room.redis.hvals(keys.missed("bank-against"))
    assert json.loads(json.loads(row)["item"])["title"] == MISSED
    room.command("missed", MISSED, "--rule", "bank-against")
    assert room.redis.hlen(keys.missed("bank-against")) == 1


def test_nearest_rules_are_named_and_nothing_is_recorded_without_a_rule(room):
    answer = room.json("missed", MISSED)
    assert (answer["recorded"], answer["rule"]) == (False, None)
    assert [one["rule_id"] for one in answer["nearest"]] == ["bank-against", "fines"]
    assert answer["nearest"][0]["failing"][0]["term"] == "does: opposes"
    assert not room.redis.keys(keys.missed("*"))


def test_rule_that_matches_already_is_named_and_nothing_is_recorded(room):
    status, out, _ = room.command("missed", "Central bank opposes the plan", "--rule", "bank-against")
    assert status == 1
    assert out.startswith("bank-against already matches it.\nNothing was recorded.")
    assert not room.redis.keys(keys.missed("*"))


def test_other_rule_that_matches_is_named_and_the_miss_is_recorded(room):
    answer = room.json("missed", "Regulator fines central bank", "--rule", "bank-against")
    assert (answer["recorded"], answer["matching"]) == (True, ["fines"])


def test_web_page_is_read_and_a_feed_is_refused(room):
    room.site.documents["/page"] = page("Nothing else.", title="Central bank balks at plan")
    answer = room.json("missed", f"{room.site.url}/page", "--rule", "bank-against")
    assert (answer["title"], answer["link"]) == ("Central bank balks at plan", f"{room.site.url}/page")
    room.site.serve("/wire", story(1), story(2))
    status, _, err = room.command("missed", f"{room.site.url}/wire", "--rule", "bank-against")
    assert status == 1
    assert "is a feed with 2 entries" in err


def test_unknown_rule_is_named(room):
    status, _, err = room.command("missed", MISSED, "--rule", "fine")
    assert status == 1
    assert "did you mean fines?" in err
