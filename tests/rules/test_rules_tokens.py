from __future__ import annotations

import importlib.util
import json
import sys
import unicodedata
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from newswatch.rules.fold import MAX_MARK_RUN, _begins_cluster, fold, marks, visible
from newswatch.rules.tokens import tokenize

NEWS = Path(__file__).resolve().parents[3] / "shared" / "data" / "news"
shared = pytest.mark.skipif(not NEWS.exists(), reason="the shared news data is not here")

ALPHABET = (
    "abzßSs.&',’ʼ-_ 0159½…ﬁＡｂ１か\u3099\u309aカﾊﾟ漢\u0301\u0323\u0308İıŉﷺ가ᄀ\u1161\u11a8Ωйи\u0306नमस्ते٣ªº²€"
    "\u00a0\x00\x01\n😀👩‍🚀\ufe0f\U000e0100㎏™\u200d\u00ad\u200b\u2060\ufeff"
)
strange = st.one_of(st.text(ALPHABET, max_size=12), st.text(max_size=8))


def words(text: str) -> list[str]:
    return [token.text for token in tokenize(text)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("The central bank's view", ["the", "central", "bank", "view"]),
        ("U.S. and U.N.", ["us", "and", "un"]),
        ("3.5% of 775,000", ["3.5", "of", "775,000"]),
        ("AT&T don’t co-chief", ["at&t", "don't", "co", "chief"]),
        ("中国人民银行", ["中", "国", "人", "民", "银", "行"]),
        ("STRASSE straße ﬁne ＳＥＣ", ["strasse", "strasse", "fine", "sec"]),
        ("e\u0301te\u0301 ÉTÉ", ["été", "été"]),
        ("end.Start a.b.c 1.a", ["end", "start", "abc", "1", "a"]),
        ("op\u00adpo\u00adses op\u200bposes \ufeffop\u200dposes\u2060", ["opposes"] * 3),
        ("e\u00ad\u0301te\u200c\u0301", ["été"]),
        ("central\x0bbank\x0copposes", ["central", "bank", "opposes"]),
        ("می\u200cخواهم", ["میخواهم"]),
        ("😀 — !", []),
        ("", []),
    ],
)
def test_tokens_of_text_are_as_documented(text, expected):
    assert words(text) == expected


@pytest.mark.parametrize(
    ("text", "word", "piece"),
    [
        ("Die Übung", "übung", "Übung"),
        ("Die U\u0308bung", "übung", "U\u0308bung"),
        ("ofﬁcial ﬁne", "fine", "ﬁne"),
        ("die ＳＥＣ says", "sec", "ＳＥＣ"),
        ("👩‍🚀 bank’s", "bank", "bank"),
        ("big U.S. bank", "us", "U.S"),
        ("が行", "が", "が"),
        ("か\u3099行", "が", "か\u3099"),
        ("price…rose 5㎏", "5kg", "5㎏"),
        ("It op\u00adposes\u200b the plan", "opposes", "op\u00adposes"),
        ("It\u200b \u200bopposes it", "opposes", "opposes"),
        ("\ufeffbank ﬁne", "bank", "bank"),
        ("e\u00ad\u0301te\u0301", "été", "e\u00ad\u0301te\u0301"),
    ],
)
def test_span_of_token_is_exact_in_original(text, word, piece):
    found = next(token for token in tokenize(text) if token.text == word)
    assert text[found.start : found.end] == piece


def plain(text: str) -> str:
    return "".join(char for char in text if char not in ".'’ʼ")


@settings(max_examples=200)
@given(strange)
def test_spans_are_ordered_within_text_and_fold_to_their_token(text):
    previous = 0
    for token in tokenize(text):
        assert 0 <= previous <= token.start < token.end <= len(text)
        assert plain(token.text) in plain(fold(text[token.start : token.end]))
        previous = token.start


@given(st.text(ALPHABET, max_size=20))
def test_fast_and_slow_paths_agree(text):
    # A trailing ligature forces the slow path; it is a token of its own after a space.
    assert words(text + " ﬁn")[:-1] == words(text)


def test_long_run_of_marks_is_cut_in_reasonable_time():
    text = "bank " + "a" + "\u0315\u0300" * 50_000 + " opposes"
    tokens = tokenize(text)
    assert (tokens[0].text, tokens[-1].text) == ("bank", "opposes")
    assert max(len(token.text) for token in tokens) <= MAX_MARK_RUN + 1
    assert text[tokens[-1].start : tokens[-1].end] == "opposes"


def test_long_run_of_marks_and_invisible_characters_is_cut_in_reasonable_time():
    text = "bank " + "a" + "\u0315\u200b\u0300\u00ad" * 50_000 + " opposes" + "\u200b" * 50_000
    tokens = tokenize(text)
    assert (tokens[0].text, tokens[-1].text) == ("bank", "opposes")
    assert text[tokens[-1].start : tokens[-1].end] == "opposes"


def test_marks_and_cluster_borders_hold_for_all_of_unicode():
    everything = [chr(code) for code in range(sys.maxunicode + 1)]
    assert {char for char in everything if unicodedata.category(char)[0] == "M"} == marks()
    for char in everything:
        parts = unicodedata.decomposition(char).split()
        if len(parts) == 2 and not parts[0].startswith("<"):
            assert not _begins_cluster(chr(int(parts[1], 16))), char


@pytest.fixture(scope="module")
def reference():
    spec = importlib.util.spec_from_file_location("reference_tokens", NEWS / "reference_tokens.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.toks


@pytest.mark.heavy
@shared
@pytest.mark.shared
def test_tokens_equal_the_reference_over_real_news(reference):
    for line in (NEWS / "items.jsonl").read_text("utf-8").splitlines():
        item = json.loads(line)
        for text in (item["title"], item["summary"]):
            assert words(text) == reference(text)


@shared
@pytest.mark.shared
def test_tokens_equal_the_reference_over_strange_text(reference):
    @settings(max_examples=200, deadline=None)
    @given(strange)
    def check(text):
        # The reference does not know that invisible characters vanish.
        assert words(text) == reference(visible(text))

    check()
