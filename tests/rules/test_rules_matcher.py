from __future__ import annotations

import json
from pathlib import Path

import pytest

from newswatch.errors import QueryError
from newswatch.models import FeedFilter, Rule
from newswatch.rules.matcher import ItemText, Watchlist, compile_watchlist

NEWS = Path(__file__).resolve().parents[3] / "shared" / "data" / "news"
LISTS = {"bank": ["central bank", "Bank of Russia", "'ECB'"], "against": ["oppose", "do not support"]}


def hits(query: str, item: ItemText | str, **options) -> list[str] | None:
    """The pieces of text that show why the item matches, or None."""
    item = ItemText(summary=item) if isinstance(item, str) else item
    matches = compile_watchlist([Rule("r", query, **options)], LISTS).match(item)
    if not matches:
        return None
    return [getattr(item, span.field)[span.start : span.end] for span in matches[0].spans]


@pytest.mark.parametrize(
    ("query", "text", "expected"),
    [
        ("central bank opposes", "The Russian central bank opposes the measure.", ["central bank opposes"]),
        ("central bank opposes", "Central banks, opposed", ["Central banks, opposed"]),
        ("central bank opposes", "central\nbank opposes", ["central\nbank opposes"]),
        ("central bank opposes", "central bank\n\nopposes", None),
        ("do not support", "it does not support this", ["does not support"]),
        ('"central bank"', "Central banks", None),
        ('"central bank"', "CENTRAL BANK", ["CENTRAL BANK"]),
        ("'SEC'", "the sec, the Sec", None),
        ("'SEC'", "the SEC's fine, ＳＥＣ", ["SEC", "ＳＥＣ"]),
        ("'U.S.'", "in the US, us", ["US"]),
        ("oppos* bank", "opposition banks", ["opposition banks"]),
        ("bank oppos* bill", "bank opposition law, bank opposes bills", ["bank opposes bills"]),
        ("bank AND NOT bill", "bank bill", None),
        ("bank AND (bill OR law)", "law of the bank", ["law", "bank"]),
        ("$bank ONEAR/2 $against", "ECB does not support it", ["ECB", "does not support"]),
        ("$bank ONEAR/2 $against", "opposed by the ECB", None),
        ("$bank NEAR/2 $against", "opposed by the ECB", ["opposed", "ECB"]),
        ("$bank NEAR/1 $against", "opposed by the ECB", None),
        ("bank ONEAR/0 bank", "bank", None),
        ("warn ~3 against", "The ECB warns banks firmly against it", ["warns", "against"]),
        ("warn ~3 against", "It warns all banks of it against", None),
        ("warn ~3 against", "It warns\n\nagainst", None),
        ("hit ~3 with ~2 fine", "hits X with a big fine", ["hits", "with", "fine"]),
        ("a ~2 b ~1 c", "a b x b x c", ["a", "b", "c"]),
        ('"freezes" ~5 assets', "freezes his asset, frozen assets", ["freezes", "asset"]),
        ("'US' sanction", "US sanctions, us sanctions", ["US sanctions"]),
        ("bank NEAR/1 bill ONEAR/1 law", "bill of bank with law", ["bill", "bank", "law"]),
        ("bank NEAR/1 bill ONEAR/1 law", "law bill bank", None),
        ("^US sanctions", "“US sanctions” bite", ["US sanctions"]),
        ("^US sanctions", "New US sanctions", None),
        ("says Lagarde^", "It is so, says Lagarde.", ["says Lagarde"]),
        ("says Lagarde^", "says Lagarde again", None),
        ("^$bank", "\n\nECB acts", ["ECB"]),
        ("bank NEAR/S bill", "The bill failed. The bank won.", None),
        ("bank NEAR/S bill", "The bill failed in the U.S. after 20. June, the bank won.", ["bill", "bank"]),
        ("bank ONEAR/S bill", "a bill of the bank", None),
        ("反对 NEAR/S 央行", "央行的政策。反对", None),
        ("bank NEAR/3 bill", "bank\n\nbill", None),
        ("/re2 (pat|x)/", "a RE2 Pattern", ["RE2 Pat"]),
        ("/a\\/b/", "see a/b", ["a/b"]),
        ("中国 银行", "在中国银行", ["中国银行"]),
        ("банк россии", "о Банке России", ["Банке России"]),
    ],
)
def test_query_matches_and_shows_the_words(query, text, expected):
    assert hits(query, text) == expected


def test_phrase_never_spans_two_fields():
    assert hits("central bank", ItemText(title="central", summary="bank")) is None


def test_scope_confines_to_one_field():
    item = ItemText(title="bank", summary="bill", body="law", author="Ann Bank")
    assert hits("title:bank AND body:law", item) == ["bank", "law"]
    assert hits("title:bill", item) is None
    assert hits("bank", item) == ["bank"]
    assert hits("author:bank", item) == ["Bank"]


def test_tag_and_source_compare_whole_ids_of_feed_and_item():
    item = ItemText(
        title="Rates", feed_id="ecb-press", feed_tags=("central-bank",), tags=("Monetary Policy",)
    )
    assert hits("tag:central-bank AND rates", item) == ["Rates"]
    assert hits('tag:"monetary policy" AND rates', item) == ["Rates"]
    assert hits("tag:central AND rates", item) is None
    assert hits("rates AND NOT source:ecb-press", item) is None
    assert hits("source:ecb-press", item) == ["Rates"]


def test_rule_is_confined_to_its_feeds_and_languages():
    item = ItemText(title="bank", feed_id="ecb", feed_tags=("official",), lang="en-GB")
    assert hits("bank", item, feeds=FeedFilter(tags=("official",)))
    assert hits("bank", item, feeds=FeedFilter(ids=("fed",))) is None
    assert hits("bank", item, languages=("en",))
    assert hits("bank", item, languages=("de",)) is None


def test_alternative_is_the_branch_that_hit():
    watchlist = compile_watchlist([Rule("r", "apple pie OR (bank AND bill) OR law")], {})
    assert watchlist.match(ItemText("law"))[0].alternative == "law"
    assert watchlist.match(ItemText("bill bank"))[0].alternative == "(bank AND bill)"


def test_matches_come_in_the_order_of_the_rules():
    watchlist = compile_watchlist([Rule("z", "bank"), Rule("a", "bill"), Rule("m", "/ban/")], {})
    assert [match.rule_id for match in watchlist.match(ItemText("bill, bank"))] == ["z", "a", "m"]


def test_same_rules_stem_each_item_in_its_language():
    watchlist = compile_watchlist([Rule("r", "gehen")], {})
    assert watchlist.match(ItemText("er ist gegangen", lang="de"))
    assert not watchlist.match(ItemText("er ist gegangen", lang="en"))


def test_text_with_control_and_broken_characters_is_matched():
    assert hits("bank /ill/".replace(" ", " AND "), "\x00bank\x01 \ud800 bill") == ["bank", "ill"]


def test_error_of_a_query_names_the_rule():
    with pytest.raises(QueryError, match="rule broken: ") as caught:
        compile_watchlist([Rule("fine", "bank"), Rule("broken", "bank AND")], {})
    assert caught.value.offset == 5


@pytest.mark.parametrize("data", [b"", b"{}", b"[1]", b'{"format": 0}', b"\xff"])
def test_spoilt_cache_is_a_value_error(data):
    with pytest.raises(ValueError):
        Watchlist.loads(data)


def test_more_cached_words_than_allowed_do_not_change_matches(monkeypatch):
    monkeypatch.setattr("newswatch.rules.index.MAX_CACHED_TOKENS", 3)
    watchlist = compile_watchlist([Rule("p", "oppos*"), Rule("w", "bank")], {})
    for text in ("one two three opposed bank", "four five opposition banks", "opposed bank"):
        assert len(watchlist.match(ItemText(text))) == 2


@pytest.mark.heavy
@pytest.mark.shared
@pytest.mark.skipif(not NEWS.exists(), reason="the shared news data is not here")
def test_exact_rules_over_real_news_miss_nothing_and_add_nothing():
    data = json.loads((NEWS / "rules.json").read_text("utf-8"))
    watchlist = compile_watchlist([Rule(rule["id"], exact_query(rule)) for rule in data["rules"]], {})
    found = {}
    for line in (NEWS / "items.jsonl").read_text("utf-8").splitlines():
        item = json.loads(line)
        matches = watchlist.match(ItemText(item["title"], item["summary"], lang=item["lang"]))
        if matches:
            found[item["id"]] = [match.rule_id for match in matches]
    assert {key: sorted(rules) for key, rules in found.items()} == {
        key: sorted(rules) for key, rules in data["truth"].items() if rules
    }


def exact_query(rule: dict) -> str:
    parts = [f'"{phrase}"' for phrase in rule.get("all", ())]
    if "any" in rule:
        parts.append("(" + " OR ".join(f'"{phrase}"' for phrase in rule["any"]) + ")")
    parts += [f'NOT "{phrase}"' for phrase in rule.get("none", ())]
    return " AND ".join(parts)


def test_abbreviation_glued_to_a_word_before_its_own_place_is_not_taken_for_it():
    watchlist = compile_watchlist([Rule("us", "U.S.")], {})
    item = ItemText(
        title="", summary="", body="bankU.S. U.S. ", author="", lang="en", feed_id="", feed_tags=(), tags=()
    )
    (match,) = watchlist.match(item)
    assert [(span.start, span.end) for span in match.spans] == [(9, 12)]
