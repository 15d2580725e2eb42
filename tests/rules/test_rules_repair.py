"""Repairs: the rule matches afterwards, and keeps its examples."""

from __future__ import annotations

import pytest

from newswatch.models import Event, FeedFilter, Rule
from newswatch.rules import ItemText, compile_watchlist
from newswatch.rules.repair import failing_examples, repairs

LISTS = {"against": ("oppose", "reject")}


def offered(rule: Rule, text: ItemText | str, lists=LISTS):
    given = ItemText(text) if isinstance(text, str) else text
    found = repairs(rule, lists, given)
    for one in found:
        assert compile_watchlist([one.rule], one.lists).match(given), one
        assert failing_examples(one.rule, one.lists, "en") <= failing_examples(rule, lists, "en")
    return found


@pytest.mark.parametrize(
    ("query", "text", "about", "edited"),
    [
        (
            "bank NEAR/2 opposes",
            "The bank has long and loudly opposed it",
            "allow 4 words between",
            "bank NEAR/4 opposes",
        ),
        ("bank ~2 opposes", "The bank has said that it opposes", "allow 4 words between", "bank ~4 opposes"),
        (
            "central bank opposes",
            "The central bank strongly opposes it",
            "allow 1 word between `bank` and `opposes`",
            "central bank ~1 opposes",
        ),
        (
            "bank NEAR/S opposes",
            "The bank met. It opposes that",
            "allow 2 words between",
            "bank NEAR/2 opposes",
        ),
        ("opposes ONEAR/3 bank", "The bank opposes it", "allow either order", "opposes NEAR/3 bank"),
        ("'SEC' AND crypto", "the sec and crypto", "find 'SEC' in any case", '"SEC" AND crypto'),
        ('"opposes" AND bank', "bank opposed", "find `opposes` in any form", "opposes AND bank"),
        ("^opposes", "The bank opposes it", "find `opposes` anywhere in the field", "opposes"),
        (
            "oppose AND bank",
            "The opponent of the bank",
            "add `opponent` beside `oppose`",
            "(oppose OR opponent) AND bank",
        ),
        (
            "bank NEAR/2 opposes",
            "The banking lobby has long opposed it",
            "add `banking` beside `bank`, and allow 3 words between",
            "(bank OR banking) NEAR/3 opposes",
        ),
    ],
)
def test_obvious_repair_of_a_query_is_offered_first(query, text, about, edited):
    first = offered(Rule("r", query), text)[0]
    assert (first.about, first.rule.query) == (about, edited)


def test_field_scope_is_widened_where_the_words_are_in_another_field():
    text = ItemText("Nothing", "The bank opposes it")
    assert offered(Rule("r", "title:(bank AND opposes)"), text)[0].rule.query == "(bank AND opposes)"


@pytest.mark.parametrize(
    ("query", "text", "about", "edited"),
    [
        (
            "$against AND bank",
            "Rejection of the bank",
            "add `rejection` beside `$against` in this rule",
            "($against OR rejection) AND bank",
        ),
        (
            "bank ONEAR/3 $against",
            "The bank in rejection of it",
            "add `rejection` beside `$against` in this rule",
            "bank ONEAR/3 ($against OR rejection)",
        ),
        (
            "title:$against",
            "Rejection of the bank",
            "add `rejection` beside `$against` in this rule",
            "title:($against OR rejection)",
        ),
        (
            "($against OR deny) AND bank",
            "Rejection of the bank",
            "add `rejection` beside `($against OR deny)`",
            "($against OR deny OR rejection) AND bank",
        ),
        (
            "bank NEAR/2 $against",
            "The bank has today and in public voiced its rejection",
            "add `rejection` beside `$against` in this rule, and allow 7 words between",
            "bank NEAR/7 ($against OR rejection)",
        ),
    ],
)
def test_form_that_a_list_lacks_is_added_beside_it(query, text, about, edited):
    first = offered(Rule("r", query), text)[0]
    assert (first.about, first.rule.query, first.list_name) == (about, edited, "")


def test_form_that_a_list_lacks_is_added_to_the_list_if_all_its_rules_want_it():
    _, second = offered(Rule("r", "$against AND bank"), "Rejection of the bank")
    assert (second.about, second.list_name, second.entry) == (
        "add `rejection` to the list against, for each rule with it",
        "against",
        "rejection",
    )


def test_event_that_is_asked_or_lacks_a_form_is_repaired():
    rule = Rule("r", event=Event(who=("central bank",), does=("$opposes",)))
    assert offered(rule, "Does the central bank oppose the plan?")[0].rule.modality[-1] == "question"
    rule = Rule("r", event=Event(who=("regulator",), does=("prohibit",)))
    assert "regulatory" in str([one.about for one in offered(rule, "Regulatory prohibits it")])


def test_repair_that_breaks_an_example_is_not_offered():
    rule = Rule("r", "bank NEAR/2 opposes", must_not_match=("The bank has long and loudly opposed it",))
    assert offered(rule, "The bank has long and loudly opposed it") == []


def test_far_words_unrelated_texts_and_matching_texts_have_no_repair():
    rule = Rule("r", "bank NEAR/2 opposes")
    assert offered(rule, f"The bank {'x ' * 20} opposes it") == []
    assert offered(rule, "A parrot sings") == []
    assert repairs(rule, {}, ItemText("The bank opposes it")) == []


def test_repairs_that_come_to_the_same_rule_are_offered_once():
    found = offered(Rule("r", "central bank opposes"), "The central bank of Brazil firmly opposes it")
    assert [one.about for one in found] == ["allow 3 words between `bank` and `opposes`"]


def test_limits_of_the_rule_stay_as_they_are():
    rule = Rule("r", "bank NEAR/2 opposes", feeds=FeedFilter(ids=("wire",)), languages=("de",))
    (one, *_) = repairs(rule, {}, ItemText("The bank has long and loudly opposed it"))
    assert (one.rule.feeds, one.rule.languages) == (rule.feeds, rule.languages)
