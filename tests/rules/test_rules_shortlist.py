"""Which of many rules an item comes nearest to: estimated without explaining each, and never too low."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from newswatch.models import Event, Rule
from newswatch.rules.matcher import ItemText, compile_watchlist
from newswatch.rules.nearest import Reading
from newswatch.rules.shortlist import Shortlist
from queries_and_texts import LISTS, items, queries


def shortlist(rules: list[Rule], item: ItemText, without=()) -> list[tuple[str, float]]:
    return list(Shortlist(compile_watchlist(rules, LISTS, "en")).nearest(item, without))


@settings(max_examples=100)
@given(st.lists(queries, min_size=1, max_size=4), items)
def test_no_rule_is_nearer_than_its_estimate(queries, item):
    rules = [Rule(f"r{number}", query) for number, query in enumerate(queries)]
    reading = Reading(item, LISTS, "en")
    found = shortlist(rules, item)
    assert sorted(name for name, _ in found) == [rule.id for rule in rules]
    assert [share for _, share in found] == sorted((share for _, share in found), reverse=True)
    for name, share in found:
        exact = reading.nearness(next(rule for rule in rules if rule.id == name))
        assert exact.share <= share + 1e-9, (name, queries, exact)


RULES = [
    Rule("nothing", "snow AND rain"),
    Rule("half", "bank AND snow"),
    Rule("one", "snow"),
    Rule("all", "bank AND central"),
    Rule("list", "$banks AND snow AND rain"),
    Rule("prefix", "oppos* AND snow"),
    Rule("author", "author:bank AND snow AND ice"),
    Rule("event", event=Event(who=("bank",), does=("oppose",), what=("snow",))),
]


def test_the_nearest_come_first_and_of_equals_those_with_fewer_terms_missing():
    item = ItemText(title="The central bank", summary="opposes it", lang="en")
    names = [name for name, _ in shortlist(RULES, item, without={"half"})]
    # "author" has only a third, and then those of which nothing is there
    assert names == ["all", "prefix", "event", "list", "author", "one", "nothing"]


def test_an_item_that_has_no_word_of_any_rule_still_gets_an_order():
    names = [name for name, share in shortlist(RULES, ItemText(title="Weather", lang="de")) if not share]
    assert names[0] == "one"
    assert len(names) == len(RULES)


def test_a_word_of_the_author_counts_for_a_rule_that_looks_there():
    item = ItemText(title="Weather", author="Bank", lang="en")
    assert dict(shortlist(RULES, item))["author"] > 0
