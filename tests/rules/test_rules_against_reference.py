"""The matcher against a slow, obviously right one, over generated queries and texts."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st
from rules_reference import Reference

from newswatch.models import Rule
from newswatch.rules.matcher import ItemText, Watchlist, compile_watchlist
from queries_and_texts import LISTS, items, queries


def spans_by_rule(watchlist: Watchlist, item: ItemText):
    return {match.rule_id: set(match.spans) for match in watchlist.match(item)}


@settings(max_examples=150, deadline=None)
@given(st.lists(queries, min_size=1, max_size=4), st.lists(items, min_size=1, max_size=3))
def test_matcher_agrees_with_reference_on_rules_and_spans(queries, items):
    rules = [Rule(f"r{number}", query) for number, query in enumerate(queries)]
    watchlist = compile_watchlist(rules, LISTS)
    for item in items:
        reference = Reference(item, LISTS)
        expected = {rule.id: spans for rule in rules if (spans := reference.spans(rule.query)) is not None}
        assert spans_by_rule(watchlist, item) == expected


@settings(max_examples=100, deadline=None)
@given(st.lists(queries, min_size=1, max_size=4), items)
def test_watchlist_matches_the_same_after_a_round_trip_through_the_cache(queries, item):
    watchlist = compile_watchlist([Rule(f"r{n}", query) for n, query in enumerate(queries)], LISTS, "de")
    assert Watchlist.loads(watchlist.dumps()).match(item) == watchlist.match(item)


@settings(max_examples=150, deadline=None)
@given(st.lists(queries, min_size=2, max_size=6), items)
def test_rules_do_not_influence_each_other(queries, item):
    rules = [Rule(f"r{number}", query) for number, query in enumerate(queries)]
    together = compile_watchlist(rules, LISTS).match(item)
    alone = [match for rule in rules for match in compile_watchlist([rule], LISTS).match(item)]
    assert together == alone
