"""The index over the stored items: what it finds is never less than what the matcher accepts."""

from __future__ import annotations

import tempfile
from datetime import datetime, timezone
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from newswatch.errors import QueryError
from newswatch.models import Event, Feed, Item, Rule
from newswatch.pipeline.authoring import item_index
from newswatch.pipeline.authoring.item_index import ItemIndex
from newswatch.pipeline.base.item_text import item_text
from newswatch.rules import ItemText, compile_watchlist
from newswatch.rules.narrowing import ANYTHING, AllOf, HasPiece, HasWord, literal_pieces, need_of
from newswatch.store.items import StreamEntry
from queries_and_texts import LISTS, items, queries, texts

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=timezone.utc)
FEEDS = (Feed("ecb", "https://a.example/f", tags=("Policy ",)), Feed("other", "https://b.example/f"))


def stored(number: int, text: ItemText) -> StreamEntry:
    item = Item(
        id=f"{text.feed_id}:{number:016x}",
        feed_id=text.feed_id,
        revision=0,
        guid=str(number),
        link="",
        canonical_link="",
        title=text.title,
        summary=text.summary,
        body=text.body,
        author=text.author,
        tags=text.tags,
        lang=text.lang,
        published=NOW,
        first_seen=NOW,
        config_version=1,
    )
    return StreamEntry(f"{1_000 + number}-0", item)


def index_of(folder: Path, entries: list[StreamEntry], default_lang: str = "en") -> ItemIndex:
    index = ItemIndex(folder / "items.sqlite", default_lang)
    for start in range(0, len(entries), 2):
        index.add(entries[start : start + 2])
    return index


def lost(
    rules: list[Rule], texts: list[ItemText], lists=LISTS, default_lang: str = "en"
) -> set[tuple[str, int]]:
    """What the matcher accepts and the index does not find, by rule and place."""
    feeds = {feed.id: feed for feed in FEEDS}
    entries = [stored(number, text) for number, text in enumerate(texts, 1)]
    missing = set()
    with tempfile.TemporaryDirectory() as folder:
        index = index_of(Path(folder), entries, default_lang)
        watchlist = compile_watchlist(rules, lists, default_lang)
        found = {
            rule.id: set(index.candidates([need_of(rule, lists)], FEEDS, "0-0").numbers) for rule in rules
        }
        for number, entry in enumerate(entries, 1):
            for match in watchlist.match(item_text(entry.item, feeds.get(entry.item.feed_id))):
                if number not in found[match.rule_id]:
                    missing.add((match.rule_id, number))
    return missing


@pytest.fixture
def thorough(monkeypatch):
    """Every word is looked up, however few candidates are left."""
    monkeypatch.setattr(item_index, "_FEW", -1)
    monkeypatch.setattr(item_index, "_COMMON_SHARE", 1.0)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=80)
@given(
    st.lists(queries, min_size=1, max_size=4),
    st.lists(items, min_size=1, max_size=4),
    st.sampled_from(["en", "de", "ru"]),
)
def test_index_finds_all_that_queries_match(thorough, queries, items, default_lang):
    rules = [Rule(f"r{number}", query) for number, query in enumerate(queries)]
    assert not lost(rules, items, default_lang=default_lang)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40)
@given(st.lists(st.tuples(texts(), texts()), min_size=1, max_size=4))
def test_index_finds_all_that_a_negated_rule_and_an_event_match(thorough, pairs):
    event = Event(who=("$banks",), does=("$stance", "fine"), what=("bank", "'US'"))
    rules = [Rule("e", event=event), Rule("n", "$banks NEAR/4 oppose", negation="exclude")]
    rules.append(Rule("nobody", event=Event(does=("$stance",))))
    words = [
        ItemText(f"{one} central bank oppose US", f"SEC fines {two}", feed_id="ecb") for one, two in pairs
    ]
    assert not lost(rules, words)


PACKED = [
    Event(who=("$central_banks",), does=("$opposes", "$bans"), what=("$crypto",)),
    Event(who=("$regulators", "$courts"), does=("$fines",), what=("$exchanges", "$companies")),
    Event(who=("$governments",), does=("$sanctions",)),
    Event(does=("$bans",), what=("$crypto",)),
]
HEADLINES = [
    ("en", "SEC fines Binance over crypto lending"),
    ("en", "Bank of Russia came out against cryptocurrencies, and India's RBI bans crypto payments"),
    ("en", "U.S. imposes sanctions on Iranian oil firms; court fines Coinbase $5m"),
    ("fr", "L'UE interdit l'usage du bitcoin; la Banque de France s'oppose à l'ether"),
    ("ru", "Банк России выступил против криптовалют; ЦБ запретил биткоин"),
    ("de", "Die EZB lehnt Bitcoin ab, BaFin verhängt Strafe gegen Binance"),
    ("es", "El Banco de España se opone a las criptomonedas"),
]  # fmt: skip


def test_index_finds_all_that_events_with_packs_match(thorough):
    rules = [
        Rule(f"e{n}", event=event, modality=("stated", "possible", "denied", "question"))
        for n, event in enumerate(PACKED)
    ]
    rules += [Rule("q1", "$central_banks ONEAR/6 $opposes"), Rule("q2", "title:($crypto NEAR/S $bans)")]
    texts = [ItemText(text, feed_id="ecb", lang=lang) for lang, text in HEADLINES]
    assert sum(len(compile_watchlist(rules, {}).match(text)) for text in texts) >= 6
    assert not lost(rules, texts, lists={})


def test_index_leaves_out_what_lacks_a_word(tmp_path, thorough):
    entries = [stored(1, ItemText("The central bank opposes it")), stored(2, ItemText("The bank waits"))]
    index = index_of(tmp_path, entries)
    found = index.candidates([need_of(Rule("r", "bank opposing"), {})], (), "0-0")
    assert (list(found.numbers), found.entries) == ([1], 2)
    assert index.stream_ids(found.numbers) == ["1001-0"]


def test_index_answers_newest_first_and_only_since(tmp_path):
    index = index_of(tmp_path, [stored(n, ItemText("The bank waits")) for n in range(1, 8)])
    found = index.candidates([HasWord("bank")], (), "1003-0")
    assert (list(found.numbers), found.entries) == ([7, 6, 5, 4, 3], 5)
    assert list(index.candidates([HasWord("bank")], (), "2000-0").numbers) == []


def test_index_of_many_entries_crosses_the_parts_of_its_numbers(tmp_path, monkeypatch):
    monkeypatch.setattr(item_index, "_PART", 4)
    index = index_of(tmp_path, [stored(n, ItemText("bank" if n % 3 else "ferry")) for n in range(1, 12)])
    assert list(index.candidates([HasWord("ferry")], (), "0-0").numbers) == [9, 6, 3]


@pytest.mark.parametrize(
    ("regex", "pieces"),
    [
        ("crypto.{0,20}bans", ("crypt", "ban")),
        ("crypto.*bans", ("crypt", "ban")),
        (r"\bETF\w*approval", ("approva",)),
        ("colou?r", ("col",)),
        ("bitcoin|ether", ()),
        ("(bitcoin)?ether", ("ethe",)),
        ("b[iy]tcoin", ("tcoi",)),
        ("[[:alpha:]xyz]bank", ()),
        (r"\x41bcdef", ()),
        (r"\QA.B\Ebank", ()),
        (r"bank\.ru", ("ban",)),
        ("banks+ru", ("bank",)),
        ("a.b", ()),
    ],
)
def test_literals_of_a_pattern_are_taken_only_where_they_must_be_there(regex, pieces):
    assert literal_pieces(regex) == pieces


def test_pattern_without_literal_needs_nothing():
    assert need_of(Rule("r", "/b.n/"), {}) == ANYTHING
    assert need_of(Rule("r", "/bitcoin/ AND ban"), {}) == AllOf((HasPiece("bitcoi"), HasWord("ban")))


@given(st.text(st.sampled_from("abcſkK.\\|()[]?*+{}^$1, é\u0301"), max_size=14), texts(), st.data())
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=150)
def test_index_finds_all_that_patterns_match(thorough, regex, text, data):
    rule = Rule("r", "/" + regex.replace("/", "") + "/")
    try:
        need_of(rule, {})
    except QueryError:
        return
    near = data.draw(st.text(st.sampled_from("abcABCſkK.,| é\u0301\u00ad1"), max_size=12))
    assert not lost([rule], [ItemText(f"{near} {text}"), ItemText(regex.replace(".", "b"))], lists={})
