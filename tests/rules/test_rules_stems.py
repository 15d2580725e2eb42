from __future__ import annotations

import json
from pathlib import Path

import pytest

from newswatch.rules.forms import Forms, forms_of
from newswatch.rules.stems import stem, stemming_key


@pytest.mark.parametrize(
    ("lang", "forms"),
    [
        ("en", "oppose opposes opposed opposing"),
        ("en", "do does did done"),
        ("en", "come came coming comes"),
        ("en", "don't doesn't didn't"),
        ("en", "legalise legalize legalised legalising"),
        ("en", "analyse analyze analysed"),
        ("en", "promise promised promises"),
        ("ru", "банк банка банку банком"),
        ("ru", "выступает выступил выступили выступит"),
        ("ru", "поддерживает поддержал поддержит"),
        ("de", "widersprechen widerspricht widersprach"),
        ("fr", "interdire interdit interdisent"),
        ("es", "oponer opone opuso"),
    ],
)
def test_forms_of_a_word_share_a_stem(lang, forms):
    assert len({stem(form, lang) for form in forms.split()}) == 1


@pytest.mark.parametrize(
    ("one", "other"),
    [("oppose", "opponent"), ("bank", "bench"), ("fine", "final"), ("do", "doe"), ("ban", "bane")],
)
def test_different_words_keep_different_stems(one, other):
    assert stem(one, "en") != stem(other, "en")


def test_stemmer_follows_script_before_language():
    assert stem("банка", "en") == stem("банк", "ru")
    assert stem("opposes", "ru") == stem("oppose", "en")


def test_latin_words_of_an_item_without_language_take_the_default():
    assert stem("gegangen", "", "de") == stem("gehen", "de")
    assert stem("gegangen", "zh", "de") == stem("gehen", "de")


def test_region_of_a_language_does_not_matter():
    assert stemming_key("en-US") == stemming_key("EN_gb") == stemming_key("en")


@pytest.mark.parametrize("token", ["行", "3.5", "at&t", "x" * 5000, "", "'", "ก", "\u0301"])
def test_tokens_without_inflection_stay_as_they_are(token):
    assert stem(token, "en") == token


PAIRS = json.loads((Path(__file__).parent / "data/forms.json").read_text("utf-8"))
MOST_WRONG = {"en": 0, "ru": 1, "de": 6, "fr": 2, "es": 0}
"""How many pairs of each language may be judged wrongly: as many as were when the tables were made."""


@pytest.mark.parametrize("lang", PAIRS)
def test_forms_are_one_word_and_relatives_are_not(lang):
    wrong = [
        pair
        for kind, pairs in PAIRS[lang].items()
        for pair in pairs.casefold().split(", ")
        if (len({stem(word, lang) for word in pair.split()}) == 1) != (kind == "same")
    ]
    assert len(wrong) <= MOST_WRONG[lang], wrong


@pytest.mark.parametrize(
    ("form", "lemma"),
    [("aa", "a"), ("bb", "bb"), ("zz", "y"), ("ab", None), ("a", None), ("zzz", None), ("", None)],
)
def test_form_is_found_wherever_it_is_in_the_table(form, lemma):
    assert Forms(b"aa b\nbb a\nzz cy\n").lemma(form) == lemma


@pytest.mark.parametrize("lang", ["en", "ru", "de", "fr", "es"])
def test_every_form_of_a_table_is_found(lang):
    name = {"en": "english", "ru": "russian", "de": "german", "fr": "french", "es": "spanish"}[lang]
    forms = forms_of(name)
    assert forms is not None
    lines = forms.table.decode().splitlines()
    assert lines == sorted(lines, key=lambda line: line.split(" ")[0].encode())
    for line in lines[:: max(1, len(lines) // 200)]:
        assert forms.lemma(line.split(" ")[0]) is not None
