import json
import time
from dataclasses import fields, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newswatch.config.codec import (
    SCHEMA_VERSION,
    NewerBundle,
    UnreadableBundle,
    bundle_from_json,
    bundle_to_json,
)
from newswatch.config.draft import Draft
from newswatch.errors import PermanentError
from newswatch.models import (
    Bundle,
    Digest,
    Event,
    Feed,
    FeedFilter,
    Mention,
    QuietHours,
    Receiver,
    Rule,
    Threshold,
)
from newswatch.selector import Selector

FULL = Bundle(
    version=7,
    digest="ab" * 16,
    feeds=(
        Feed(
            "a",
            "https://a.example",
            ("t",),
            "ru",
            1.5,
            6.0,
            0.0,
            article=True,
            auth="x",
            allow_private=True,
            publisher="A",
            kind="page",
            selector=Selector("li", title="a"),
            list_number=2,
        ),
    ),
    rules=(
        Rule(
            "r",
            'центробанк "x" 🏦\n',
            "high",
            ("policy",),
            FeedFilter(("a",), ("t",)),
            ("en",),
            "exclude",
            "me",
            "2027-01-01",
            Threshold(3, 2, 1800.0),
            ("yes",),
            ("no", ""),
        ),
        Rule("s", "bank"),
        Rule(
            "e",
            event=Event(("$opposes",), ("ECB",), ("levy",), ("cricket",)),
            modality=("denied", "question"),
        ),
    ),
    receivers=(
        Receiver(
            "policy",
            "C0000000001",
            "digest",
            Digest("08:00", "UTC"),
            QuietHours("22:00", "07:00", "UTC", "high"),
            0.05,
            2.0,
            mention=Mention(high="S0123"),
        ),
    ),
    lists={"l": ("a", "b")},
    default_lang="de",
    rule_since={"r": 3, "s": 7},
    editors=("U0ANNA",),
)


def draft(*rules, **changes):
    return Draft(feeds=(), rules=rules, receivers=(), **changes)


def test_bundle_has_all_of_the_draft_that_it_has_a_field_for():
    made = Draft(FULL.feeds, FULL.rules, FULL.receivers, FULL.lists, "de", "0123456789ab", FULL.editors)
    bundle = made.to_bundle(None)
    shared = {one.name for one in fields(Draft)} & {one.name for one in fields(Bundle)}
    assert shared == {"feeds", "rules", "receivers", "lists", "default_lang", "editors"}
    assert {name: getattr(bundle, name) for name in shared} == {name: getattr(made, name) for name in shared}


def test_bundle_survives_json_with_every_field_set():
    assert bundle_from_json(bundle_to_json(FULL)) == FULL


@given(st.text(), st.text(), st.lists(st.text(), max_size=3))
def test_bundle_survives_json_with_any_text(query, owner, entries):
    bundle = replace(FULL, rules=(Rule("r", query, owner=owner),), lists={"l": tuple(entries)})
    assert bundle_from_json(bundle_to_json(bundle)) == bundle


@pytest.mark.parametrize(
    ("schema", "error", "words"),
    [
        (SCHEMA_VERSION + 1, NewerBundle, "newer release"),
        (SCHEMA_VERSION - 1, UnreadableBundle, "makes it again"),
    ],
)
def test_bundle_of_another_schema_is_refused_with_the_way_out(schema, error, words):
    text = json.dumps({**json.loads(bundle_to_json(FULL)), "schema": schema})
    with pytest.raises(error, match=words):
        bundle_from_json(text)


@pytest.mark.parametrize(
    "text", ["", "nonsense", "[]", "{}", "null", '{"schema": 1}', '{"schema": 1, "version": []}']
)
def test_text_that_is_no_bundle_is_refused(text):
    with pytest.raises(PermanentError, match="cannot be read"):
        bundle_from_json(text)


def test_bundle_with_an_unknown_field_is_refused():
    plain = json.loads(bundle_to_json(FULL))
    plain["rules"][0]["feeds"] = 3
    with pytest.raises(PermanentError, match="cannot be read"):
        bundle_from_json(json.dumps(plain))


def test_first_bundle_has_version_one_and_all_rules_since_then():
    bundle = draft(Rule("r", "x")).to_bundle(None)
    assert (bundle.version, dict(bundle.rule_since)) == (1, {"r": 1})


def test_same_content_keeps_the_bundle_itself():
    first = draft(Rule("r", "x")).to_bundle(None)
    assert draft(Rule("r", "x")).to_bundle(first) is first


def test_edited_rule_keeps_its_version_and_a_new_one_gets_the_next():
    first = draft(Rule("r", "x")).to_bundle(None)
    second = draft(Rule("r", "y"), Rule("s", "z")).to_bundle(first)
    assert (second.version, dict(second.rule_since)) == (2, {"r": 1, "s": 2})


def test_rule_that_comes_back_is_new_again():
    first = draft(Rule("r", "x")).to_bundle(None)
    second = draft(Rule("s", "x")).to_bundle(first)
    third = draft(Rule("r", "x"), Rule("s", "x")).to_bundle(second)
    assert dict(third.rule_since) == {"r": 3, "s": 2}


def test_digest_sees_every_part_of_the_content():
    digests = {
        draft().digest,
        draft(Rule("r", "x")).digest,
        draft(Rule("r", "x"), lists={"a": ("b",)}).digest,
        draft(Rule("r", "x"), default_lang="ru").digest,
        draft(Rule("r", "x"), packs="0123456789ab").digest,
        draft(Rule("r", event=Event(("x",)))).digest,
        draft(Rule("r", event=Event(("x",)), modality=("denied",))).digest,
        replace(draft(Rule("r", "x")), feeds=(Feed("a", "https://a.example"),)).digest,
    }
    assert len(digests) == 8


def test_ten_thousand_rules_pass_through_json_within_a_second_of_cpu():
    rules = tuple(Rule(f"rule-{n}", f"central bank {n}", notify=("policy",)) for n in range(10_000))
    before = time.process_time()
    bundle = draft(*rules).to_bundle(None)
    assert bundle_from_json(bundle_to_json(bundle)) == bundle
    assert time.process_time() - before < 1
