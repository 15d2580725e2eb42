"""Which term keeps a rule from matching: always one exactly when the rule does not match."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rules_reference import Reference

from newswatch.models import FeedFilter, Rule
from newswatch.rules.matcher import ItemText, compile_watchlist
from newswatch.rules.nearest import Nearness, Reading
from queries_and_texts import LISTS, items, queries


@settings(max_examples=150)
@given(st.lists(queries, min_size=1, max_size=3), items)
def test_a_term_fails_exactly_when_the_reference_says_no_match(queries, item):
    reading, reference = Reading(item, LISTS), Reference(item, LISTS)
    for query in queries:
        nearness = reading.nearness(Rule("r", query))
        assert bool(nearness.failing) == (reference.spans(query) is None), (query, nearness)
        assert 0 <= nearness.share <= 1
        assert all(one.text and one.term for one in nearness.failing)
        assert nearness.failing or nearness.share == 1


@settings(max_examples=150)
@given(queries, items, st.sampled_from([(), ("de",), ("en", "ru")]), st.sampled_from([(), ("policy",)]))
def test_a_term_fails_exactly_when_the_matcher_says_no_match(query, item, languages, tags):
    rule = Rule("r", query, negation="exclude", languages=languages, feeds=FeedFilter(tags=tags))
    matched = bool(compile_watchlist([rule], LISTS, "de").match(item))
    assert bool(Reading(item, LISTS, "de").nearness(rule).failing) is not matched


def near(query: str, title: str = "", summary: str = "", **options) -> Nearness:
    text = ItemText(
        title=title, summary=summary, lang="en", feed_id="wire", feed_tags=("press",), tags=("Money",)
    )
    lists = {"banks": ["central bank", "ECB"], "against": ["oppose", "reject"]}
    return Reading(text, lists).nearness(Rule("r", query, **options))


TITLE = "The central bank opposes the plan"
CASES = [
    ("central bank opposes", "Bank rates", "absent", None),
    ("opposes", "The plan", "absent", "`opposes` is nowhere in the title, summary or body"),
    (
        "central bank opposes",
        "The central bank said it opposes it",
        "part",
        "the title has the words of `central bank opposes`, but other words between them",
    ),
    (
        "central bank opposes",
        "The central bank said it likes it",
        "part",
        "of `central bank opposes` the title has only `central bank`",
    ),
    (
        "central bank NEAR/2 opposes",
        "The central bank of the far away country opposes it",
        "apart",
        "`central bank` and `opposes` are 5 words apart in the title, and NEAR/2 allows 2",
    ),
    (
        "central bank ONEAR/6 opposes",
        "Opposed by the central bank",
        "order",
        "`opposes` comes before `central bank` in the title, and ONEAR/6 wants it after",
    ),
    ("central bank AND NOT plan", TITLE, "excluded", "`NOT plan` excludes it: `plan` is in the title"),
    ("'SEC'", "How to use a sec", "form", "the title has `sec`, and the rule wants `'SEC'` exactly"),
    ('"oppose"', TITLE, "form", 'the title has `opposes`, and the rule wants `"oppose"` exactly'),
    ("$banks", "Nothing", "absent", "no entry of `$banks` (2 in all) is in the title, summary or body"),
    (
        "summary:opposes",
        TITLE,
        "elsewhere",
        "`opposes` is in the title, and the rule looks only in the summary",
    ),
    ("/pla[x]/", TITLE, "absent", "`/pla[x]/` is nowhere in the title, summary or body"),
    ("tag:crypto AND plan", TITLE, "absent", "the tag of `tag:crypto`; they have only `money` and `press`"),
    ("source:ecb", TITLE, "absent", "the item is of the feed `wire`, and the rule wants `source:ecb`"),
    (
        "central ~1 opposes",
        "The central bank now opposes it",
        "apart",
        "has 2 words between `central` and `opposes`, and ~1 allows 1",
    ),
    ("central ~1 apples", TITLE, "part", "of `central ~1 apples` the title has only `central`"),
    (
        "^central bank",
        TITLE,
        "elsewhere",
        "`central bank` is in the title, and `^central bank` wants it at the start",
    ),
    (
        "bank NEAR/S plan",
        "The bank won. The plan failed.",
        "apart",
        "are in different sentences of the title",
    ),
    (
        "bank ONEAR/1 opposes ONEAR/0 plan",
        TITLE,
        "apart",
        "are 1 word apart in the title, and ONEAR/0 allows 0",
    ),
    ("apples OR pears", TITLE, "absent", "none of `apples` or `pears` is there"),
]


@pytest.mark.parametrize(("query", "title", "cause", "text"), CASES)
def test_failing_term_is_named_with_what_is_nearest(query, title, cause, text):
    (failing, *_) = near(query, title).failing
    if text is not None:
        assert (failing.cause, text in failing.text) == (cause, True), failing


def test_operand_of_near_that_is_found_is_told_apart_from_the_one_that_is_not():
    nearness = near("$banks NEAR/6 $against", "The central bank likes the plan")
    ((term, span),) = nearness.found
    assert (term, span.field, span.start, span.end) == ("$banks", "title", 4, 16)
    assert [one.term for one in nearness.failing] == ["$against"]


def test_words_in_two_fields_are_not_near():
    (failing,) = near("central bank NEAR/6 opposes", "The central bank", "It opposes the plan").failing
    assert failing.cause == "separate"
    assert "`central bank` is in the title and `opposes` in the summary" in failing.text


def test_negation_is_shown_with_its_words():
    (failing,) = near(
        "$banks NEAR/6 $against", "The central bank does not oppose it", negation="exclude"
    ).failing
    assert failing.cause == "negated"
    assert "“The central bank does not oppose it”" in failing.text


def test_limits_on_feeds_and_languages_are_named():
    nearness = near("plan", TITLE, feeds=FeedFilter(ids=("ecb",), tags=("official",)), languages=("de",))
    assert [one.cause for one in nearness.failing] == ["feed", "language"]
    assert "only at the feeds `ecb` and those tagged `official`, not at `wire`" in nearness.failing[0].text
    assert nearness.share == 1


def test_rule_with_more_of_its_terms_found_is_nearer():
    all_but_one = near("central bank AND opposes AND apples", TITLE)
    one = near("plan AND apples AND pears", TITLE)
    part = near("plan opposes central bank", TITLE)
    nothing = near("apples", TITLE)
    assert all_but_one.share > one.share > nothing.share == 0
    assert 0 < part.share < 1
