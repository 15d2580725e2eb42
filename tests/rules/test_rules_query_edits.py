"""Edits of a query's text mean what they say, whatever operators and brackets the query has."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newswatch.models import Rule
from newswatch.rules import ItemText, compile_watchlist, parse_query
from newswatch.rules.nodes import And, Not, Or, Phrase
from newswatch.rules.query_edits import (
    walk,
    with_alternative,
    with_exclusion,
    with_required,
    without_child,
)

WORDS = ("apple", "banana", "cherry", "damson")
EXTRA = "elder"

TERMS = st.recursive(
    st.sampled_from(WORDS),
    lambda inner: st.one_of(
        st.tuples(inner, inner).map(lambda pair: f"({pair[0]} OR {pair[1]})"),
        st.tuples(inner, inner).map(lambda pair: f"({pair[0]} AND {pair[1]})"),
        st.tuples(inner, st.sampled_from(WORDS)).map(lambda pair: f"({pair[0]} AND NOT {pair[1]})"),
        st.tuples(inner, inner, inner).map(lambda three: f"({' OR '.join(three)})"),
    ),
    max_leaves=5,
)
QUERIES = st.lists(TERMS, min_size=1, max_size=3).flatmap(
    lambda parts: st.sampled_from(
        [" OR ".join(parts), " AND ".join(parts), f"{' AND '.join(parts)} AND NOT damson"]
    )
)
TEXTS = st.sets(st.sampled_from((*WORDS, EXTRA)), min_size=1).map(lambda words: " ".join(sorted(words)))


def matches(query: str, text: str) -> bool:
    return bool(compile_watchlist([Rule("r", query)], {}).match(ItemText(title=text)))


@given(QUERIES, TEXTS)
def test_excluded_and_required_terms_count_for_the_whole_query(text, title):
    query = parse_query(text, {})
    before = matches(text, title)
    assert matches(with_exclusion(query, EXTRA), title) == (before and EXTRA not in title)
    assert matches(with_required(query, EXTRA), title) == (before and EXTRA in title)


@given(QUERIES, TEXTS)
def test_alternative_of_a_phrase_is_as_if_the_text_had_that_phrase(text, title):
    query = parse_query(text, {})
    for node, _ in walk(query.root):
        if isinstance(node, Phrase):
            word = node.words[0].text
            new = with_alternative(query, node, EXTRA)
            one = [other for other, _ in walk(query.root) if isinstance(other, Phrase)]
            if sum(other.words == node.words for other in one) == 1:
                shown = title.replace(EXTRA, f"{EXTRA} {word}")
                assert matches(new, title) == matches(text, shown)


@given(QUERIES)
def test_branch_that_is_dropped_leaves_the_others(text):
    query = parse_query(text, {})
    for node, negated in walk(query.root):
        if isinstance(node, Or) and not negated:
            for number in range(len(node.children)):
                rest = parse_query(without_child(query, node, number), {})
                assert len(leaves(rest.root)) == len(leaves(query.root)) - len(leaves(node.children[number]))


def leaves(root) -> list[Phrase]:
    return [node for node, _ in walk(root) if isinstance(node, Phrase)]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("a1 OR b1", "(a1 OR b1) AND NOT x1"),
        ("(a1 OR b1) AND c1", "(a1 OR b1) AND c1 AND NOT x1"),
        ("(a1 OR b1) ONEAR/3 c1 OR d1", "((a1 OR b1) ONEAR/3 c1 OR d1) AND NOT x1"),
        ("(a1 OR b1)", "(a1 OR b1) AND NOT x1"),
        ("a1 AND NOT b1", "a1 AND NOT (b1 OR x1)"),
        ("a1 AND NOT (b1 OR c1)", "a1 AND NOT (b1 OR c1 OR x1)"),
    ],
)
def test_exclusion_joins_the_one_that_is_there(query, expected):
    assert with_exclusion(parse_query(query, {}), "x1") == expected


def test_exclusion_of_one_word_is_dropped_with_its_and():
    query = parse_query("a1 AND b1 AND NOT c1", {})
    assert isinstance(query.root, And)
    assert isinstance(query.root.children[-1], Not)
    assert without_child(query, query.root, 2) == "a1 AND b1"
