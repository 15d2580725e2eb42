from __future__ import annotations

import pytest

from newswatch.rules.stems import stem, stemming_key


@pytest.mark.parametrize(
    ("lang", "forms"),
    [
        ("en", "oppose opposes opposed opposing"),
        ("en", "do does did done"),
        ("en", "come came coming comes"),
        ("en", "don't doesn't didn't"),
        ("en", "legalise legalize legalised legalising legalisation"),
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
