"""What the editor completes, and errors that name what there is."""

from __future__ import annotations

import json

from newswatch.models import Bundle, Feed, Receiver, Rule
from newswatch.packs import pack_names
from newswatch.pipeline.authoring.completions import as_dict, completions

BUNDLE = Bundle(
    version=1,
    digest="d",
    feeds=(Feed("ecb", "https://a.example/f", tags=("official",)), Feed("wire", "https://b.example/f")),
    rules=(Rule("rates", "key rates", owner="markets"),),
    receivers=(Receiver("policy", "C0123456789"),),
    lists={"who": ("central bank", "ECB", "Fed", "BoE", "RBI", "SNB", "$courts")},
)


def test_everything_that_may_be_written_is_there_with_a_line_about_it():
    found = json.loads(json.dumps(as_dict(completions(BUNDLE))))
    assert {one["text"] for one in found["packs"]} == {f"${name}" for name in pack_names()}
    assert [one["text"] for one in found["lists"]] == ["$who"]
    assert found["lists"][0]["about"].startswith("central bank, ECB, Fed, BoE, RBI and ")
    assert found["receivers"] == [{"text": "policy", "about": "each, channel C0123456789"}]
    assert found["tags"] == [{"text": "official", "about": "1 feed"}]
    assert found["owners"] == [{"text": "markets", "about": "1 rule"}]
    assert {"rules", "lists"} <= {one["text"] for one in found["keys"]["file"]}
    assert {"query", "event", "notify", "must_match"} <= {one["text"] for one in found["keys"]["rule"]}
    assert all(
        one["about"]
        for group in (*found["keys"].values(), *(v for k, v in found.items() if k != "keys"))
        for one in group
    )


def test_errors_name_the_receivers_feeds_tags_and_lists_that_there_are(newsroom):
    newsroom.watchlist(
        "lists: {banks: [central bank]}\n"
        "rules:\n"
        "  - {id: a, query: bank, notify: ['#policy-alerts']}\n"
        "  - {id: b, query: bank, notify: [polcy]}\n"
        "  - {id: c, query: bank, notify: [policy], feeds: {ids: ['nothing like it'], tags: [x y]}}\n"
        "  - {id: d, query: $nobody AND opposes, notify: [policy], severity: urgent}\n"
        "  - {id: e, event: {does: $bns}, notify: [policy], modality: [sure], languages: [klingon!]}\n"
    )
    status, out, err = newsroom.command("check")
    said = out + err
    assert status == 1
    assert "no receiver '#policy-alerts'; did you mean 'policy'? The receivers are ops, policy" in said
    assert "no receiver 'polcy'; did you mean 'policy'? The receivers are ops, policy" in said
    assert "no feed 'nothing like it'; the feeds are wire" in said
    assert "no feed has the tag 'x y'; there are no tags yet" in said
    assert "The lists are $banks, and the packs are $allows, $bans" in said
    assert "'urgent' is not one of low, medium, high" in said
    assert "'sure' is not one of stated, possible, denied, question" in said
    assert "write en, ru, zh" in said


def test_failing_must_match_says_why_and_what_would_do(newsroom):
    newsroom.watchlist(
        "rules:\n  - id: a\n    query: bank NEAR/2 opposes\n    notify: [policy]\n"
        "    must_match: [The bank has long and loudly opposed it]\n"
    )
    status, out, err = newsroom.command("check")
    assert status == 1
    assert "`bank` and `opposes` are 4 words apart" in out + err
    assert "To match it, allow 4 words between" in out + err
