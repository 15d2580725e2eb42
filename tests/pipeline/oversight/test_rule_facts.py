"""One rule as its page shows it."""

from __future__ import annotations

import json
from datetime import datetime, timedelta, timezone

import pytest

from feed_server import story
from newswatch.models import Bundle, Event, FeedFilter, Rule, Threshold
from newswatch.pipeline.base.configuration import in_force
from newswatch.pipeline.oversight.rule_facts import (
    as_dict,
    by_hour,
    examples_of,
    meaning,
    quiet_text,
    read_facts,
    recorded_days,
)
from newswatch.store import keys

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=timezone.utc)


def facts(newsroom, number: int = 0):
    async def work(services):
        bundle = await in_force(services)
        return await read_facts(services, bundle, bundle.rules[number])

    return newsroom._do(work)


def test_facts_of_a_rule_with_an_alert(newsroom):
    newsroom.watchlist(
        "rules:\n"
        "  - {id: banks, query: central bank opposes, notify: [policy], must_match: [The central bank opposed it]}\n"
        "  - {id: quiet, query: parrot, notify: [policy]}\n"
    )
    newsroom.site.serve("/wire", story(1, "Bank opposes the plan", "The central bank opposes the plan."))
    newsroom.run()
    found = facts(newsroom)
    assert sum(count for _, count in found.days) == 1
    assert (len(found.days), len(found.line.days), sum(found.hours)) == (90, 28, 1)
    assert [one.id for one in found.receivers] == ["policy"]
    assert found.terms[0].hits == 1
    assert found.last_hits[0].alert.title == "Bank opposes the plan"
    assert [(one.kind, one.passes) for one in found.tests] == [("must_match", True)]
    plain = json.loads(json.dumps(as_dict(found)))
    assert (plain["state"], plain["quiet"]) == ("in force", "")
    quiet = as_dict(facts(newsroom, 1))
    assert quiet["quiet"] == "none yet"
    assert quiet["last_hits"] == []


def test_quiet_rule_is_said_to_be_quiet_only_for_the_days_that_are_known(newsroom):
    newsroom.adopt()
    for days, text in [(1, "none in 1 day"), (12, "none in 12 days"), (300, "none in 90 days")]:
        at_ms = int((datetime.now(timezone.utc) - timedelta(days=days, minutes=5)).timestamp() * 1000)
        newsroom.redis.delete(keys.ALERTS)
        newsroom.redis.zadd(keys.ALERTS, {"some": at_ms})
        assert as_dict(facts(newsroom))["quiet"] == text


@pytest.mark.parametrize(("days", "expected"), [(0, 0), (5, 5), (88, 88), (89, 90), (400, 90)])
def test_recorded_days(days, expected):
    assert recorded_days(NOW - timedelta(days=days), NOW) == expected
    assert recorded_days(None, NOW) == 0
    assert quiet_text(0) == "none yet"


def test_meaning_says_what_limits_the_rule():
    rule = Rule(
        "r",
        event=Event(who=("$regulators",), does=("$sues",)),
        feeds=FeedFilter(tags=("official",)),
        languages=("en",),
        threshold=Threshold(3, 2, 1800.0),
        expires="2027-01-01",
    )
    found = meaning(rule, {})
    assert found.event is not None
    assert "those tagged official" in found.limits[0]
    assert "3 stories of 2 publishers" in found.limits[2]
    assert found.query is None


def test_meaning_of_a_query_is_the_query_in_words():
    found = meaning(Rule("q", "bank AND $against", negation="exclude"), {"against": ("oppose", "reject")})
    assert found.event is None
    assert found.query is not None
    assert (
        found.query.meaning.text
        == "An item matches if it has `bank` and any of the 2 entries of the list `$against`."
    )
    assert "negates" in found.query.notes[-1]


def test_tests_say_which_of_them_fail():
    rule = Rule("r", "bank", must_match=("A bank", "A parrot"), must_not_match=("The banks",))
    found = examples_of(rule, Bundle(version=1, digest="d", rules=(), receivers=()))
    assert [one.passes for one in found] == [True, False, False]


def test_hours_are_counted_by_hour_of_the_day():
    hours = by_hour([NOW, NOW - timedelta(days=3), NOW + timedelta(hours=1)])
    assert (hours[12], hours[13], sum(hours)) == (2, 1, 3)
