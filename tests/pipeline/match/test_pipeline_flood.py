"""A rule that brings too much: after its share of messages the rest comes together, and says so."""

from __future__ import annotations

from datetime import timedelta

import pytest

from feed_server import story
from newsroom import POLICY, Newsroom
from newswatch.errors import SettingsRefused
from newswatch.pipeline.match.run import MOST_ALERTS

WORDS = "The central bank opposes the plan."
CAP = {"NEWSWATCH_RULE_CAP": "3"}
NAMES = (
    "Alpha",
    "Beta",
    "Gamma",
    "Delta",
    "Epsilon",
    "Zeta",
    "Eta",
    "Theta",
    "Iota",
    "Kappa",
    "Lambda",
    "My",
)


def match(room: Newsroom):
    from newswatch.pipeline.match.run import run_match  # noqa: PLC0415

    return room._do(run_match, env=CAP)


def test_messages_beyond_the_cap_come_as_a_digest_that_says_so(newsroom):
    newsroom.site.serve("/wire", *(story(n, name, WORDS) for n, name in enumerate(NAMES)))
    newsroom.poll()
    match(newsroom)
    assert newsroom.deliver(linger_s=0.0).sent == 3
    newsroom.pass_time(timedelta(minutes=5))
    newsroom.deliver()
    *single, digest = newsroom.posts()
    assert len(single) == 3
    assert (
        "More than 3 messages this hour: 9 items from 1 publisher, rule central-bank-opposes"
        in digest["text"]
    )
    assert len(newsroom.alert_ids()) == len(set(newsroom.alert_ids())) == 12


def test_next_hour_begins_with_messages_again(newsroom):
    newsroom.site.serve("/wire", *(story(n, name, WORDS) for n, name in enumerate(NAMES[:5])))
    newsroom.poll()
    match(newsroom)
    newsroom.pass_time(timedelta(hours=1))
    newsroom.site.serve("/wire", story(9, "A matter of another hour", WORDS))
    newsroom.poll()
    match(newsroom)
    newsroom.deliver()
    assert len(newsroom.posts()) == 3 + 1 + 1


def test_sources_that_join_a_waiting_message_do_not_count(newsroom):
    newsroom.feeds("wire", "daily")
    for name in ("wire", "daily"):
        newsroom.site.serve(f"/{name}", *(story(n, name, WORDS) for n, name in enumerate(NAMES[:3])))
    newsroom.poll()
    match(newsroom)
    newsroom.deliver()
    assert len(newsroom.posts(POLICY)) == 3
    assert len(newsroom.alert_ids()) == 6


def test_cap_that_is_no_number_is_named(newsroom):
    with pytest.raises(SettingsRefused, match="NEWSWATCH_RULE_CAP"):
        newsroom.services(env={"NEWSWATCH_RULE_CAP": "many"})


def test_items_with_very_many_alerts_are_handed_over_in_parts(newsroom):
    """One step for all of them would block Redis for long."""
    rule = "  - {{id: r{}, query: central bank, notify: [policy]}}\n"
    newsroom.watchlist("rules:\n" + "".join(rule.format(n) for n in range(MOST_ALERTS // 4)))
    newsroom.site.serve("/wire", *(story(n, name, WORDS) for n, name in enumerate(NAMES)))
    newsroom.poll()
    newsroom.redis.config_resetstat()
    counts = newsroom.match()
    assert (counts.items, counts.alerts) == (12, 3 * MOST_ALERTS)
    assert newsroom.redis.info("commandstats")["cmdstat_xack"]["calls"] == 3
