"""Inflection: which word forms count as one word.

Two tokens are forms of one word when their stems are equal. A stem is the lemma where Snowball would
join two words (criminal, criminalise) or separate the forms of one, and Snowball's stem for all other
words, names among them (see `forms`). `data/inflection.json` corrects both: irregular forms, words that
are not forms of their lemma (securities), groups of forms of one verb (Russian aspects). British spelling
is read as American. The stemmer is chosen by the token's script, then by the item's, the feed's or the default language.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from functools import cache, lru_cache
from importlib import resources
from typing import Any

import Stemmer

from newswatch.rules.forms import forms_of

MAX_STEMMED_LENGTH = 60
"""A longer token is not a word of any language and is not stemmed."""

KEPT_STEMS = 16_384
"""Stems remembered for each language: lists of thousands of words are compiled again with every change of a rule."""

_LATIN = {
    "ca": "catalan", "cs": "czech", "da": "danish", "de": "german", "en": "english", "eo": "esperanto",
    "es": "spanish", "et": "estonian", "eu": "basque", "fi": "finnish", "fr": "french", "ga": "irish",
    "hu": "hungarian", "id": "indonesian", "it": "italian", "lt": "lithuanian", "nb": "norwegian",
    "nl": "dutch", "nn": "norwegian", "no": "norwegian", "pl": "polish", "pt": "portuguese",
    "ro": "romanian", "st": "sesotho", "sv": "swedish", "tr": "turkish",
}  # fmt: skip
_BY_SCRIPT: dict[str, tuple[dict[str, str], str]] = {
    "cyrillic": ({"ru": "russian", "sr": "serbian"}, "russian"),
    "greek": ({"el": "greek"}, "greek"),
    "armenian": ({"hy": "armenian"}, "armenian"),
    "arabic": ({"ar": "arabic", "fa": "persian"}, "arabic"),
    "devanagari": ({"hi": "hindi", "ne": "nepali"}, "hindi"),
    "tamil": ({"ta": "tamil"}, "tamil"),
    "hebrew": ({"yi": "yiddish"}, ""),
}
_SCRIPT_RANGES = (
    (0x0041, 0x0250, "latin"), (0x0250, 0x0370, ""), (0x0370, 0x0400, "greek"), (0x0400, 0x0530, "cyrillic"),
    (0x0531, 0x0590, "armenian"), (0x0590, 0x0600, "hebrew"), (0x0600, 0x0780, "arabic"),
    (0x0900, 0x0980, "devanagari"), (0x0B80, 0x0C00, "tamil"), (0x1E00, 0x1F00, "latin"),
    (0x1F00, 0x2000, "greek"),
)  # fmt: skip

Stem = Callable[[str], str]

LEMMA = "="
"""Begins a stem that is a lemma, so that no stem of Snowball's equals one by accident."""


def primary_language(lang: str) -> str:
    """`en` of `en-US`, `EN_gb` or `en`."""
    return lang.replace("_", "-").split("-", 1)[0].strip().lower()


def stem(token: str, lang: str = "en", default_lang: str = "en") -> str:
    """The stem of a folded token in an item of language `lang` ("" means unknown)."""
    return stemmer_for(lang, default_lang)(token)


def stemmer_for(lang: str, default_lang: str = "en") -> Stem:
    """The stemming function for items of one language. Languages with the same stemmers share one."""
    return _stemmer(_choices(primary_language(lang), primary_language(default_lang)))


def latin_language(lang: str, default_lang: str = "en") -> str:
    """The language by which words in Latin letters are read in an item of language `lang`."""
    known = (primary_language(name) for name in (lang, default_lang))
    return next((name for name in known if name in _LATIN), "en")


def stemming_key(lang: str, default_lang: str = "en") -> str:
    """A name for `stemmer_for(lang, default_lang)`: equal keys mean the same stemmer."""
    return "+".join(name for _, name in _choices(primary_language(lang), primary_language(default_lang)))


def script_of(token: str) -> str:
    """The script of the token's first letter that has a stemmer, or ""."""
    if token.isascii():
        return "latin"
    for char in token:
        code = ord(char)
        for start, end, script in _SCRIPT_RANGES:
            if start <= code < end and char.isalpha():
                return script
    return ""


@cache
def _choices(lang: str, default: str) -> tuple[tuple[str, str], ...]:
    latin = _LATIN.get(lang) or _LATIN.get(default) or "english"
    others = [(script, names.get(lang, fallback)) for script, (names, fallback) in _BY_SCRIPT.items()]
    return (("latin", latin), *others)


@cache
def _stemmer(choices: tuple[tuple[str, str], ...]) -> Stem:
    by_script = {script: _language(name) for script, name in choices if name}

    @lru_cache(KEPT_STEMS)
    def stem_token(token: str) -> str:
        if len(token) > MAX_STEMMED_LENGTH or len(token) == 1:
            return token
        in_language = by_script.get(script_of(token))
        return in_language(token) if in_language else token

    return stem_token


@cache
def _tables() -> dict[str, Any]:
    text = resources.files("newswatch.rules").joinpath("data/inflection.json").read_text("utf-8")
    tables: dict[str, Any] = json.loads(text)
    return tables


@cache
def _language(name: str) -> Stem:
    """Stemming in one language: irregular form, table of forms, spelling, Snowball, group."""
    snowball = Stemmer.Stemmer(name, 0).stemWord
    irregular = {
        form: lemma for lemma, forms in _tables()["irregular"].get(name, {}).items() for form in forms.split()
    }
    apart = frozenset(_tables()["apart"].get(name, "").split())
    table = forms_of(name)
    respell = _RESPELL.get(name, str)

    def ungrouped(token: str) -> str:
        if token in apart:
            return LEMMA + token
        word = irregular.get(token, token)
        lemma = table.lemma(word) if table else None
        if lemma is None:
            spelled = respell(word)
            # The other spelling may be in the table where this one is not.
            lemma = table.lemma(spelled) if table and spelled != word else None
            if lemma is None:
                stemmed: str = snowball(spelled)
                return stemmed
        if table and name == "english" and lemma.endswith("ing"):
            # The plural of a noun that is also a form of a verb: meetings, meeting, meet.
            lemma = table.lemma(lemma) or lemma
        return LEMMA + respell(lemma)

    groups: dict[str, str] = {}
    for words in _tables()["groups"].get(name, ()):
        first, *others = (ungrouped(word) for word in words.split())
        groups.update(dict.fromkeys(others, first))

    def stem_word(token: str) -> str:
        found = ungrouped(token)
        return groups.get(found, found)

    return stem_word


def _american(word: str) -> str:
    """British -ise, -our, -ence, -re read as American."""
    word = _with_ize(word)
    british = _british().match(word)
    return _tables()["american"][british[0]] + word[british.end() :] if british else word


@cache
def _british() -> re.Pattern[str]:
    """How words begin that are spelled otherwise in America."""
    return re.compile("|".join(map(re.escape, _tables()["american"])))


_ISE = re.compile(r"([a-z]+[a-z])(is|ys)(e|es|ed|er|ers|ing|ation|ations|ational)")


def _with_ize(token: str) -> str:
    """British -ise, -yse read as -ize, -yze, except in words such as "promise" that have no -ize."""
    match = _ISE.fullmatch(token)
    if not match or match[1] in _keep_ise() or (match[2] == "ys" and match[1][-1] != "l"):
        return token
    return match[1] + match[2][0] + "z" + match[3]


_ELIDED = re.compile(r"(?:[ldsnjcmt]|qu)'(?=\w)")


def _without_elided(token: str) -> str:
    """French "l'ue" as "ue", "s'oppose" as "oppose"."""
    return _ELIDED.sub("", token, count=1) if "'" in token else token


_RESPELL: dict[str, Stem] = {"english": _american, "french": _without_elided}


@cache
def _keep_ise() -> frozenset[str]:
    return frozenset(_tables()["keep_ise"].split())
