"""The form of a rule: it reads what the file has, and changes nothing else in it."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newswatch.config.rule_text import Target, value_of
from newswatch.config.yaml_text import CannotEdit
from newswatch.pipeline.authoring.rule_form import (
    RuleForm,
    copied_rule,
    edited_rule,
    form_of,
    joined,
    new_rule,
    separated,
)

FILE = "watchlist.yaml"
TEXT = """\
# What the desk looks for.
lists:
  opposes: [oppose, reject]   # verbs
rules:
  # the first
  - id: central-bank-opposes
    query: central bank opposes   # as the desk says it
    severity: high
    notify: [policy]

  - {id: rates, query: interest rates, notify: [policy], threshold: {stories: 3, sources: 2, within: 30m}}
  - id: suits
    event:
      who: $regulators   # not courts
      does: $sues
    notify:
      - policy
    must_match:
      - The SEC sues a crypto exchange, again   # from the archive
# the end
"""
NEW = RuleForm(
    id="sec-sues",
    kind="event",
    who="$regulators, $courts",
    does="$sues",
    what="$crypto",
    severity="high",
    notify=("policy",),
    tags="official",
    must_match="The SEC sues a crypto exchange\nA court sues: Bitcoin",
)


def value(text, name):
    return value_of(FILE, text, Target("rule", name))


def form(name):
    return form_of(value(TEXT, name))


def test_form_of_each_rule_changes_nothing_when_it_comes_back():
    for name in ("central-bank-opposes", "rates", "suits"):
        assert edited_rule(FILE, TEXT, name, form(name)) == TEXT


def test_new_rule_is_written_after_the_last_one_and_before_the_comment_at_the_end():
    after = new_rule(FILE, TEXT, NEW)
    head, end = TEXT.removesuffix("# the end\n"), "# the end\n"
    assert after.startswith(head)
    assert after.endswith(end)
    assert after.removeprefix(head).removesuffix(end) == (
        "  - id: sec-sues\n"
        "    event:\n"
        "      who: [$regulators, $courts]\n"
        "      does: $sues\n"
        "      what: $crypto\n"
        "    severity: high\n"
        "    notify: [policy]\n"
        "    feeds: {tags: [official]}\n"
        "    must_match: [The SEC sues a crypto exchange, 'A court sues: Bitcoin']\n"
    )
    assert form_of(value(after, "sec-sues")) == NEW


@pytest.mark.parametrize("text", ["", "# nothing yet\n", "rules:\n", "lists: {a: [b]}\n", "lists: {a: [b]}"])
def test_first_rule_of_a_file_is_written_below_rules(text):
    after = new_rule(FILE, text, replace(NEW, kind="query", query="SEC sues"))
    assert after.startswith(text.rstrip("\n"))
    assert value(after, "sec-sues")["query"] == "SEC sues"


@pytest.mark.parametrize("text", ["rules: [{id: a, query: b}]\n", "[]\n", "rules: {\n", "{rules: }\n"])
def test_file_of_an_unusual_form_is_not_changed(text):
    with pytest.raises(CannotEdit):
        new_rule(FILE, text, NEW)


def test_edit_changes_its_key_alone():
    changed = replace(form("central-bank-opposes"), query="central bank rejects", severity="low")
    after = edited_rule(FILE, TEXT, "central-bank-opposes", changed)
    assert after == TEXT.replace("central bank opposes   #", "central bank rejects   #").replace(
        "severity: high", "severity: low"
    )


def test_edit_of_a_part_of_the_event_keeps_the_comments_beside_it():
    after = edited_rule(FILE, TEXT, "suits", replace(form("suits"), does="$sues, $bans", what="$crypto"))
    assert "who: $regulators   # not courts" in after
    assert value(after, "suits")["event"] == {
        "who": "$regulators",
        "does": ["$sues", "$bans"],
        "what": "$crypto",
    }


def test_query_becomes_an_event_and_keeps_what_the_form_does_not_have():
    after = edited_rule(FILE, TEXT, "rates", replace(form("rates"), kind="event", does="$raises", id="hikes"))
    assert value(after, "rates") is None
    assert value(after, "hikes") == {
        "id": "hikes",
        "event": {"does": "$raises"},
        "notify": ["policy"],
        "threshold": {"stories": "3", "sources": "2", "within": "30m"},
    }


def test_emptied_fields_are_removed():
    changed = replace(form("suits"), must_match="", who="")
    after = value(edited_rule(FILE, TEXT, "suits", changed), "suits")
    assert after == {"id": "suits", "event": {"does": "$sues"}, "notify": ["policy"]}


def test_copy_has_the_keys_that_the_form_does_not_have():
    rule = value(TEXT, "rates")
    after = copied_rule(FILE, TEXT, rule, replace(form("rates"), id="rates-2"))
    assert after.startswith(TEXT.removesuffix("# the end\n"))
    assert value(after, "rates-2")["threshold"] == {"stories": "3", "sources": "2", "within": "30m"}


@given(st.lists(st.text(st.characters(exclude_categories=["C", "Z"]), min_size=1)))
def test_field_gives_again_the_texts_that_it_shows(texts):
    assert separated(joined(texts)) == texts
