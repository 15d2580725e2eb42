"""Texts that take long to match hold up no other item, and the stage keeps its lease."""

from __future__ import annotations

import time

import pytest

from feed_server import story
from hostile_texts import hostile
from newsroom import OPS
from newswatch.pipeline.match.watch import Watch
from newswatch.rules import budget

RULES = """\
rules:
  - {id: bank, event: {who: $central_banks, does: $opposes}, severity: high, notify: [policy]}
  - {id: fines, event: {who: $regulators, does: [$fines, $sues], what: $crypto}, notify: [policy]}
  - {id: near, query: central NEAR/1000 crypto NEAR/1000 mining, notify: [policy]}
"""


@pytest.fixture
def room(newsroom):
    newsroom.watchlist(RULES)
    newsroom.receivers(grace="4s")  # the stage's lease is two seconds then
    return newsroom


def nothing_waits(room):
    return room.redis.xpending("newswatch:items", "match")["pending"] == 0


def test_items_that_take_longer_together_than_the_lease_are_all_matched(room, monkeypatch):
    take_longer(monkeypatch, 0.15)
    items = [story(n, f"Number {n}", "The central bank opposes it.") for n in range(20)]
    room.site.serve("/wire", *items)
    room.poll()
    assert room.match().alerts == 20
    assert nothing_waits(room)


def test_item_that_alone_takes_longer_than_the_lease_is_matched(room, monkeypatch):
    take_longer(monkeypatch, 3.0)
    room.site.serve("/wire", story(1, "Long", hostile(1, 2_800)))
    room.poll()
    assert room.match().items == 1
    assert nothing_waits(room)


def test_feed_full_of_the_words_of_rules_keeps_no_story_from_its_alert(room):
    items = [story(n, f"Number {n}", hostile(n, 2_800)) for n in range(40)]
    last = story(99, "Ministries want mining legalised", "The central bank opposes it.")
    room.site.serve("/wire", *items, last)
    room.poll()
    room.until(lambda: room.match() and nothing_waits(room))
    alerts = [row for name in room.redis.scan_iter("newswatch:alert:*") for row in room.redis.hvals(name)]
    assert any("Ministries want mining legalised" in row for row in alerts)


def test_item_that_takes_too_long_is_set_aside_and_the_others_alert(room, monkeypatch):
    monkeypatch.setattr(budget, "MOST_S", 0.0)
    short = story(2, "Short", "The central bank opposes it.")
    room.site.serve("/wire", story(1, "Long", hostile(1, 2_800)), short)
    room.poll()
    assert room.match().alerts == 1
    room.deliver()
    (notice,) = [message["text"] for message in room.posts(OPS)]
    assert "could not be matched and was set aside: TooCostly" in notice
    assert room.redis.hlen("newswatch:dead:items") == 1


def take_longer(monkeypatch, span_s):
    """Every item takes so long."""
    candidates = Watch.candidates

    def slowly(*given):
        time.sleep(span_s)
        return candidates(*given)

    monkeypatch.setattr(Watch, "candidates", slowly)
