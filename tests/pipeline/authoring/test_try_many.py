"""Many texts at once: verdicts, reasons, and repairs that work in the file."""

from __future__ import annotations

import json

import pytest

from newswatch.config.draft import Draft
from newswatch.errors import NoSuchRule
from newswatch.models import FeedFilter, Rule
from newswatch.pipeline.authoring.try_many import (
    MOST_TEXTS,
    as_dict,
    headlines,
    repaired_texts,
    try_many,
    try_rule,
)

NEAR = Rule("near", "bank NEAR/2 opposes", feeds=FeedFilter(ids=("wire",)))
LISTED = Rule("listed", "$against AND bank")
DRAFT = Draft((), (NEAR, LISTED), (), {"against": ("oppose", "reject")})
TEXT = """\
# the desk's rules
lists:
  against: [oppose, reject]   # verbs
rules:
  # first
  - id: near
    query: bank NEAR/2 opposes   # near
    feeds: {ids: [wire]}
  - id: listed
    query: $against AND bank
"""


def test_each_headline_has_its_verdict_and_reason():
    given = headlines(
        "The bank opposes it\n\n  The bank has long and loudly opposed it  \nA parrot sings\n", "en"
    )
    hit, near, nothing = try_many(DRAFT, given, "2026-11-22", "near")
    assert [match.rule_id for match in hit.matches] == ["near", "listed"]
    assert (hit.near, hit.repairs) == ((), ())
    (reason,) = near.near
    assert "4 words apart" in reason.text
    assert [one.rule.query for one in near.repairs] == ["bank NEAR/4 opposes"]
    assert nothing.repairs == ()
    plain = json.loads(json.dumps([as_dict(one) for one in (hit, near, nothing)]))
    assert plain[0]["matches"][0]["spans"][0]["text"] == "bank"
    assert plain[1]["near"][0]["failing"][0]["spans"][1]["text"] == "opposed"
    assert plain[1]["repairs"][0]["about"] == "allow 4 words between"


def test_without_a_rule_the_nearest_rules_are_named():
    (one,) = try_many(DRAFT, headlines("The bank has long and loudly agreed", "en"), "2026-11-22")
    assert [near.rule_id for near in one.near] == ["listed", "near"] or len(one.near) == 2


def test_unknown_rule_and_too_many_lines():
    with pytest.raises(NoSuchRule):
        try_many(DRAFT, [], "2026-11-22", "nothing")
    assert len(headlines("x\n" * (MOST_TEXTS + 5), "en")) == MOST_TEXTS


def test_repair_of_a_query_changes_only_that_query_in_the_file():
    (one,) = try_rule(NEAR, DRAFT, headlines("The bank has long and loudly opposed it", "en"))
    changed = repaired_texts({"watchlist.yaml": TEXT}, NEAR, one.repairs[0])
    assert changed == {"watchlist.yaml": TEXT.replace("NEAR/2", "NEAR/4")}


def test_word_that_a_list_lacks_is_added_to_the_rule_or_to_the_list_in_the_file():
    (one,) = try_rule(LISTED, DRAFT, headlines("Rejection of the bank", "en"))
    texts = {"a.yaml": "rules: []\n", "watchlist.yaml": TEXT}
    beside, listed = (repaired_texts(texts, LISTED, repair) for repair in one.repairs)
    assert beside == {"watchlist.yaml": TEXT.replace("$against AND", "($against OR rejection) AND")}
    assert listed == {"watchlist.yaml": TEXT.replace("[oppose, reject]", "[oppose, reject, rejection]")}


def test_command_says_why_and_what_would_do(newsroom):
    words = (
        "--title",
        "The bank has long and loudly opposed it",
        "--query",
        "bank NEAR/2 opposes",
        "--why",
        "query",
    )
    status, out, _ = newsroom.command("match", *words)
    assert status == 0
    assert "Rule query does not match: `bank` and `opposes` are 4 words apart" in out
    assert "To match it, allow 4 words between: bank NEAR/4 opposes" in out
    found = newsroom.json("match", *words)
    assert found["repairs"][0]["query"] == "bank NEAR/4 opposes"
    status, out, _ = newsroom.command(
        "match", "--title", "The central bank opposes it", "--why", "central-bank-opposes"
    )
    assert (status, "central-bank-opposes" in out, "does not match" in out) == (0, True, False)
