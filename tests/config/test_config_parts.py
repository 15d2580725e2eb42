"""A bundle in parts, each of which can be read without the others."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newswatch.config.codec import SCHEMA_VERSION, NewerBundle, UnreadableBundle
from newswatch.config.parts import (
    BUCKETS,
    RECEIVERS,
    RULES,
    WINDOWS,
    bucket_of,
    feeds_from,
    parts_of,
    receivers_from,
    rules_since,
    ruleset_from,
    windows_from,
)
from newswatch.models import Bundle, Feed, Receiver, Rule, Window

WINDOW = Window(1_800_000_000, expect="r")
BUNDLE = Bundle(
    version=7,
    digest="abc",
    rules=(Rule("r", "central bank", notify=("policy",)), Rule("s", "$l")),
    receivers=(Receiver("policy", "C1"), Receiver("ops", "C2")),
    lists={"l": ("one", "two")},
    default_lang="de",
    rule_since={"r": 2, "s": 7},
    feeds=tuple(
        Feed(f"feed-{n}", f"https://host-{n % 50}.example/{n}", windows=(WINDOW,) if n == 60 else ())
        for n in range(120)
    ),
)


def test_parts_together_are_the_bundle():
    parts = parts_of(BUNDLE)
    receivers = receivers_from(parts.named[RECEIVERS])
    rules = ruleset_from(parts.named[RULES], 7, "abc", receivers)
    values = {name: getattr(rules, name) for name in rules.__dataclass_fields__}
    assert Bundle(**values, feeds=feeds_from(parts.buckets.values())) == BUNDLE
    assert windows_from(parts.named[WINDOWS]) == (("feed-60", WINDOW),)
    assert rules_since(parts.named[RULES]) == BUNDLE.rule_since


def test_feeds_of_a_host_are_in_one_bucket_and_are_found_by_their_ids():
    parts = parts_of(BUNDLE)
    for feed in BUNDLE.feeds:
        assert feed in feeds_from([parts.buckets[parts.places[feed.id]]])
    assert parts.places["feed-3"] == parts.places["feed-53"] == parts.places["feed-103"]


@given(st.from_regex(r"[a-z0-9]{1,20}(\.[a-z]{2,5})?", fullmatch=True))
def test_bucket_depends_on_the_host_alone(host):
    forms = (
        f"https://{host}/a",
        f"http://{host.upper()}:8080/b?c=d",
        f"https://user:word@{host}/",
        f"https://{host}",
    )
    (bucket,) = {bucket_of(url) for url in forms}
    assert 0 <= bucket < BUCKETS


@pytest.mark.parametrize("read", [receivers_from, windows_from, lambda text: feeds_from([text])])
def test_part_of_another_schema_is_refused_with_the_way_out(read):
    for schema, error, words in (
        (SCHEMA_VERSION + 1, NewerBundle, "newer release"),
        (SCHEMA_VERSION - 1, UnreadableBundle, "makes it again"),
    ):
        with pytest.raises(error, match=words):
            read(json.dumps({"schema": schema, "is": []}))


def test_age_of_rules_is_found_in_rules_of_another_schema_too():
    plain = json.loads(parts_of(BUNDLE).named[RULES])
    assert rules_since(json.dumps({**plain, "schema": 99})) == BUNDLE.rule_since
    assert rules_since("") == rules_since("[]") == rules_since('{"is": 3}') == {}
