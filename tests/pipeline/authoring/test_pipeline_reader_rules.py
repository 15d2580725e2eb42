"""Rules that readers make: what they may wish for, and the file they are written into."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from newswatch.config.yaml_text import CannotEdit
from newswatch.errors import NoSuchRule
from newswatch.models import Event
from newswatch.pipeline.authoring.reader_rules import (
    MOST_RULES,
    Author,
    RefusedWish,
    Wish,
    author_of,
    problems_of,
    with_end,
    with_rule,
)

TODAY = date(2026, 11, 27)
LAST = TODAY + timedelta(days=30)
ANNA, BOB = Author("U0ANNA", "anna"), Author("U0BOB", "bob")
LISTS = {"banks": ("ECB", "Fed")}


def words(query, **more):
    return Wish(query, None, "medium", "policy", more.get("expires", LAST))


def event(does=("oppose",), who=(), what=()):
    return Wish("", Event(tuple(does), tuple(who), tuple(what)), "high", "policy", LAST)


@pytest.mark.parametrize(
    "query", ["oil levy", "oil AND NOT gas", '"oil levy" OR $banks', "oil ONEAR/3 levy", "title:oil"]
)
def test_words_and_lists_of_the_watchlist_are_allowed(query):
    assert problems_of(words(query), LISTS, TODAY) == {}


@pytest.mark.parametrize(
    "query",
    [
        "/oil/",
        "NOT /x/ AND oil",
        "title:(oil OR /levy/)",
        "$central_banks",
        "oil NEAR/3 ($regulators OR Fed)",
        "source:wire AND oil",
        "oil AND NOT tag:sample",
        "http://example.org",
        "ftp://example.org/x",
        "FILE:///etc/passwd",
        "",
        "oil " * 200,
    ],
)
def test_what_only_files_may_say_is_refused(query):
    assert list(problems_of(words(query), LISTS, TODAY)) == ["words"]


@pytest.mark.parametrize(
    "lists",
    [
        {"mine": ("$regulators",)},
        {"mine": ("a", "$yours"), "yours": ("b", "$regulators")},
        {"mine": ("$regulators",), "regulators": ("$regulators", "Oftel")},
    ],
)
def test_pack_in_a_list_is_refused(lists):
    assert "$mine contains the pack $regulators" in problems_of(words("oil AND $mine"), lists, TODAY)["words"]
    assert list(problems_of(event(who=["$mine"]), lists, TODAY)) == ["who"]


def test_list_of_ones_own_may_have_the_name_of_a_pack():
    assert problems_of(words("$central_banks"), {"central_banks": ("ECB",)}, TODAY) == {}


@pytest.mark.parametrize(
    ("wish", "parts"),
    [
        (event(who=["$banks"], what=["digital euro"]), []),
        (event(does=()), ["does"]),
        (event(does=["$opposes"]), ["does"]),
        (event(who=["ECB", "$regulators"]), ["who"]),
        (event(what=["oil AND gas"]), ["what"]),
        (event(what=["https://example.org"], who=["/x/"]), ["who", "what"]),
    ],
)
def test_each_part_of_an_event_says_what_is_wrong_with_it(wish, parts):
    assert list(problems_of(wish, LISTS, TODAY)) == parts


@pytest.mark.parametrize(("days", "right"), [(-1, False), (0, True), (366, True), (367, False)])
def test_last_day_is_within_a_year(days, right):
    wish = words("oil", expires=TODAY + timedelta(days=days))
    assert (problems_of(wish, {}, TODAY) == {}) == right


@given(
    st.text(st.characters(exclude_categories=("Cs", "Cc")), min_size=1, max_size=80)
    .map(str.strip)
    .filter(bool),
    st.text(st.characters(exclude_categories=("Cs", "Cc")), max_size=40).map(str.strip),
)
def test_any_text_is_written_as_one_value_or_refused(query, name):
    try:
        text, rule_id = with_rule("", words(query), Author("U0ANNA", name), [], TODAY)
    except CannotEdit:
        return
    (rule,) = yaml.load(text, Loader=yaml.CBaseLoader)["rules"]
    assert rule["query"] == query
    assert set(rule) == {"id", "query", "severity", "notify", "owner", "expires"}
    assert (rule["id"], rule["notify"], author_of(rule)) == (rule_id, ["policy"], "U0ANNA")


def test_id_is_free_in_all_files():
    first, one = with_rule("", words("Oil levy!"), ANNA, ["slack-oil-levy"], TODAY)
    _, two = with_rule(first, words("oil, levy"), ANNA, ["slack-oil-levy"], TODAY)
    assert (one, two) == ("slack-oil-levy-2", "slack-oil-levy-3")


def test_rule_that_is_there_already_changes_nothing():
    text, rule_id = with_rule("", words("oil"), ANNA, [], TODAY)
    assert with_rule(text, words("oil"), BOB, [rule_id], TODAY) == ("", rule_id)


def full(author, day=LAST):
    text = ""
    for number in range(MOST_RULES):
        text, _ = with_rule(text, words(f"oil {number}", expires=day), author, [], TODAY)
    return text


def test_most_rules_are_counted_for_each_author_and_without_those_that_ended():
    with pytest.raises(RefusedWish, match="You have 20 rules"):
        with_rule(full(ANNA), words("gas"), ANNA, [], TODAY)
    assert with_rule(full(ANNA), words("gas"), BOB, [], TODAY)[1] == "slack-gas"
    later = LAST + timedelta(days=1)
    text, _ = with_rule(full(ANNA), words("gas", expires=later), ANNA, [], later)
    assert [rule["id"] for rule in yaml.safe_load(text)["rules"]] == ["slack-gas"]


def test_name_that_looks_like_another_author_counts_for_the_one_who_has_it():
    text, _ = with_rule("", words("oil"), Author("U0BOB", "anna (U0ANNA)"), [], TODAY)
    assert author_of(yaml.safe_load(text)["rules"][0]) == "U0BOB"


def test_ended_rule_has_yesterday_as_its_last_day():
    text, rule_id = with_rule("", words("oil"), ANNA, [], TODAY)
    ended = with_end(text, rule_id, [], TODAY)
    assert yaml.load(ended, Loader=yaml.CBaseLoader)["rules"][0]["expires"] == "2026-11-26"
    with pytest.raises(NoSuchRule, match="or it has ended"):
        with_end(ended, rule_id, [], TODAY)


def test_file_that_holds_lists_is_left_alone():
    with pytest.raises(CannotEdit, match="move lists to another file"):
        with_rule("lists: {a: [b]}\nrules: []\n", words("oil"), ANNA, [], TODAY)


def test_broken_file_is_left_alone():
    with pytest.raises(CannotEdit):
        with_rule("rules: [", words("oil"), ANNA, [], TODAY)
