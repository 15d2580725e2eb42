from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml

from newswatch.models import DEFAULT_MODALITY, Event, Rule
from newswatch.rules.matcher import ItemText, compile_watchlist

ROOT = Path(__file__).resolve().parents[2]
STANCE = ROOT.parent / "shared" / "data" / "news" / "stance.jsonl"
LISTS = {
    "bank": ["central bank", "центробанк", "Zentralbank", "banque centrale", "banco central", "央行"],
    "against": ["oppose", "do not support", "выступать против", "ist gegen", "s'oppose", "se opone", "反对"],
}


def matches(
    text: str, lang: str = "en", query: str = "$bank NEAR/8 $against", negation: str = "exclude"
) -> bool:
    watchlist = compile_watchlist([Rule("r", query, negation=negation)], LISTS)
    return bool(watchlist.match(ItemText(title=text, lang=lang)))


NEGATED = [
    ("en", "The central bank does not oppose the plan"),
    ("en", "The central bank no longer opposes the plan"),
    ("en", "The central bank denies it opposes the plan"),
    ("en", "The central bank isn’t opposing the merger"),
    ("en", "The plan is not opposed by the central bank"),
    ("en", "It is not true that the central bank opposes the plan"),
    ("en", "The central bank stopped opposing the plan"),
    ("ru", "Центробанк не выступает против законопроекта"),
    ("ru", "Центробанк больше не выступает против законопроекта"),
    ("de", "Die Zentralbank ist nicht gegen den Plan, die Zentralbank ist keineswegs gegen ihn"),
    ("fr", "La banque centrale ne s'oppose pas au projet"),
    ("es", "El banco central no se opone al plan"),
    ("zh", "央行不反对"),
]


@pytest.mark.parametrize(("lang", "text"), NEGATED)
def test_negated_statement_is_dropped(lang, text):
    assert not matches(text, lang)


@pytest.mark.parametrize(
    ("lang", "text"), [(lang, text) for lang, text in NEGATED if lang != "de" and "isn" not in text]
)
def test_negated_statement_counts_where_the_rule_ignores_negation(lang, text):
    assert matches(text, lang, negation="ignore")


@pytest.mark.parametrize(
    ("lang", "text"),
    [
        ("en", "The central bank opposes the plan"),
        ("en", "The central bank does not support the plan"),
        ("en", "Not so fast: the central bank opposes the plan"),
        ("en", "It did not pass. The central bank opposed it"),
        ("en", "Ministers did not ask the central bank, which opposes the plan"),
        ("en", "No, the central bank opposes the plan"),
        ("en", "The central bank has not yet voted but opposes the plan"),
        ("ru", "Депутаты не ждали, а Центробанк выступил против"),
        ("de", "Die Zentralbank ist gegen den Plan"),
        ("zh", "央行反对"),
    ],
)
def test_statement_that_no_cue_governs_is_kept(lang, text):
    assert matches(text, lang)


def test_other_mention_of_the_same_item_keeps_the_match():
    text = "The central bank does not oppose cash. The central bank opposes the levy."
    assert matches(text)


def test_phrase_is_guarded_like_near():
    assert not matches("He denied the central bank opposes it", query="central bank opposes")
    assert matches("The central bank opposes it", query="central bank opposes")


@pytest.mark.parametrize(
    ("query", "text", "matched"),
    [
        ("impose ~4 sanctions", "The EU imposes no sanctions", False),
        ("impose ~4 sanctions", "The EU imposes wide sanctions", True),
        ("impose ~4 no ~0 sanctions", "The EU imposes no sanctions", True),
        ("EU ONEAR/3 impose ~4 sanctions", "The EU imposes no sanctions", False),
        ("EU ONEAR/3 impose ONEAR/4 sanctions", "The EU imposes no sanctions", False),
        ("EU ONEAR/3 impose ONEAR/4 sanctions", "The EU does not impose sanctions", False),
        ("EU ONEAR/3 impose ONEAR/4 sanctions", "The EU imposes wide sanctions", True),
        ("^(EU ONEAR/3 impose)", "EU does not impose it", False),
        ("^EU ONEAR/S sanctions", "EU imposes sanctions", True),
    ],
)
def test_negation_between_the_parts_of_a_hit_governs_the_later_part(query, text, matched):
    assert bool(matches(text, query=query)) is matched


def test_not_is_judged_on_negated_mentions_too():
    assert not matches("bill, which nobody does not oppose", query="bill AND NOT oppose")


# ── the watchlist that ships ────────────────────────────────────────────────────────────────────


@pytest.fixture(scope="module")
def starter():
    return yaml.safe_load((ROOT / "config" / "watchlist.yaml").read_text("utf-8"))


def watchlist_of(starter):
    return compile_watchlist([rule_of(one) for one in starter["rules"]], starter["lists"])


def rule_of(one):
    if "query" in one:
        return Rule(one["id"], one["query"], negation=one.get("negation", "ignore"))
    parts = {
        part: (texts,) if isinstance(texts, str) else tuple(texts) for part, texts in one["event"].items()
    }
    return Rule(one["id"], event=Event(**parts), modality=tuple(one.get("modality", DEFAULT_MODALITY)))


def test_starter_rules_pass_their_own_tests(starter):
    watchlist = watchlist_of(starter)
    for rule in starter["rules"]:
        assert rule["must_match"], rule["id"]
        assert rule["must_not_match"], rule["id"]
        for wanted, texts in ((True, rule["must_match"]), (False, rule["must_not_match"])):
            for text in texts:
                matched = rule["id"] in [match.rule_id for match in watchlist.match(ItemText(summary=text))]
                assert matched == wanted, (rule["id"], text)


@pytest.mark.shared
@pytest.mark.skipif(not STANCE.exists(), reason="the shared sentences are not here")
def test_starter_lists_tell_opposition_with_the_promised_precision_and_recall(starter):
    watchlist = watchlist_of(starter)
    stance = {rule["id"] for rule in starter["rules"] if rule["id"].startswith("central-bank")}
    right = wrong = missed = 0
    for line in STANCE.read_text("utf-8").splitlines():
        sentence = json.loads(line)
        hit = any(match.rule_id in stance for match in watchlist.match(ItemText(title=sentence["text"])))
        right += hit and sentence["label"]
        wrong += hit and not sentence["label"]
        missed += sentence["label"] and not hit
    assert right / (right + wrong) >= 0.95
    assert right / (right + missed) >= 0.85
