"""An item's text as words to compare: stems without function words, names, numbers and dates. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from functools import lru_cache

from newswatch.models import Item
from newswatch.packs import entries_by_subject
from newswatch.rules import tokenize
from newswatch.rules.fold import fold
from newswatch.rules.stems import LEMMA, primary_language, stemmer_for
from newswatch.rules.tokens import raw_places, raw_tokens, surface
from newswatch.stories.wording import DAY, Wording
from newswatch.stories.words import is_function_word, is_month, number_of

NAME_PACKS = ("governments", "nationalities", "international")
"""The packs whose entries say what they are names of, so that "Moscow" and "Russian" count as one word."""
_LONGEST_NAME = 3
_CYRILLIC_LETTERS = 5
"""Russian forms and derivations differ at the end, and stems keep much of it: россия, российский, россиян."""
_MOST_SUMMARY_CHARS = 200
_TITLE_CASE = 0.7
"""A headline that writes this part of its words with a capital does not tell names by them."""
_RUBRIC_MARK = re.compile(r":\s|\s?\|\s")
_RUBRIC_WORDS = 6
_KNOWN_WORDS = 40_000
_YEAR = 4
"""A number of so many digits beside a month is a year."""


def wording_of(item: Item, default_lang: str) -> Wording:
    """The words by which the item's story is found."""
    return wording(item.title, item.summary, item.lang or default_lang, default_lang)


@lru_cache(256)
def wording(title: str, summary: str = "", lang: str = "en", default_lang: str = "en") -> Wording:
    """The words of a headline, and of the beginning of its summary."""
    read = _Reader.of(lang, default_lang)
    found = read.headline(title)
    if not summary:
        return found
    also = read.summary(summary).difference(found.words)
    return Wording(found.words, found.names, also, found.rubric)


@dataclass(frozen=True, slots=True)
class _Word:
    """What a raw token is.

    `text` is its word form. `number` is "" for a word, `kept` the form that is compared, "" for function words. `longest` says of how many words the
    longest name is that begins with it.
    """

    text: str
    stem: str
    kept: str
    number: str
    is_month: bool
    longest: int


class _Reader:
    """Reads texts of one language. It remembers the words it has seen, since looking up a stem is slow."""

    def __init__(self, lang: str, default_lang: str) -> None:
        self._lang = lang
        self._stem = stemmer_for(lang, default_lang)
        self._names = self._name_table()
        self._longest = {stems[0]: 0 for stems in self._names}
        for stems in self._names:
            self._longest[stems[0]] = max(self._longest[stems[0]], len(stems))
        self.word = lru_cache(_KNOWN_WORDS)(self._word)

    @staticmethod
    @lru_cache(32)
    def of(lang: str, default_lang: str) -> _Reader:
        """The reader for items of a language."""
        return _Reader(lang, default_lang)

    def headline(self, text: str) -> Wording:
        """The words of a headline."""
        raws, places = raw_places(text)
        words = list(map(self.word, raws))
        kept: dict[str, bool] = {}
        capitals = _capitals(text, places, words)
        rubric_ends, rubric = _rubric_end(text), 0
        after = 0
        for at, (word, (start, end)) in enumerate(zip(words, places, strict=True)):
            if at < after:
                continue
            if rubric_ends and not rubric and start > rubric_ends:
                rubric = len(kept)
            capital = text[start].isupper()
            code, length = self._name_at(words, at) if capital and word.longest else ("", 1)
            if code and (word.text != "us" or text[start + 1 : end].isupper()):
                kept[code] = True
                after = at + length
            elif word.number:
                kept.setdefault(_day_or_number(words, at), False)
            elif word.kept:
                is_name = capital and not word.is_month and capitals.mark_a_name(text, start, end)
                kept[word.kept] = kept.get(word.kept, False) or is_name
        names = frozenset([word for word, is_name in kept.items() if is_name])
        return Wording(tuple(kept), names, rubric=rubric)

    def summary(self, text: str) -> frozenset[str]:
        """The words of its beginning."""
        words = list(map(self.word, raw_tokens(fold(text[:_MOST_SUMMARY_CHARS]))))
        kept, after = set(), 0
        for at, word in enumerate(words):
            if at < after:
                continue
            code, length = self._name_at(words, at) if word.longest else ("", 1)
            kept.add(code or (_day_or_number(words, at) if word.number else word.kept))
            after = at + length
        kept.discard("")
        return frozenset(kept)

    def _word(self, raw: str) -> _Word:
        text = surface(raw)
        found = self._stem(text)
        kept = "" if is_function_word(text, self._lang) else _shortened(found)
        longest = self._longest.get(found, 0)
        return _Word(text, found, kept, number_of(text, self._lang), is_month(text, self._lang), longest)

    def _name_at(self, words: Sequence[_Word], at: int) -> tuple[str, int]:
        """The code of the longest name that begins here, or "", and of how many words it is."""
        for length in range(min(words[at].longest, len(words) - at), 0, -1):
            code = self._names.get(tuple([word.stem for word in words[at : at + length]]))
            if code:
                return code, length
        return "", 1

    def _name_table(self) -> dict[tuple[str, ...], str]:
        """The code of each name that items of the language may use, by its stems."""
        found: dict[tuple[str, ...], str] = {}
        for pack in NAME_PACKS:
            for subject, entries in entries_by_subject(pack).items():
                for entry in entries:
                    if entry.lang in ("", primary_language(self._lang)):
                        tokens = tokenize(entry.text)
                        stems = tuple(self._stem(token.text) for token in tokens)
                        if 0 < len(stems) <= _LONGEST_NAME:
                            found.setdefault(stems, subject)
        return found


def _day_or_number(words: Sequence[_Word], at: int) -> str:
    number = words[at].number
    beside = words[max(at - 1, 0) : at + 2]
    is_year = len(number) == _YEAR and number.isdecimal()
    return DAY + number if not is_year and any(word.is_month for word in beside) else number


def _rubric_end(text: str) -> int:
    """Where the part before the first colon or bar ends, 0 if there is none or it is a sentence of its own."""
    found = _RUBRIC_MARK.search(text)
    return found.start() if found and text.count(" ", 0, found.start()) < _RUBRIC_WORDS else 0


class _Capitals(Enum):
    """What capitals say in one headline. Two in one word, as in ECB and BoE, make it a name."""

    NAMES = "names, except at the beginning of a sentence"
    INITIALS = "Title Case: only initials such as ECB are names"
    NOTHING = "no small letters at all"

    def mark_a_name(self, text: str, start: int, end: int) -> bool:
        """Whether the word at a place, which begins with a capital, is a name."""
        if self is not _Capitals.NOTHING and any(map(str.isupper, text[start + 1 : end])):
            return True
        return self is _Capitals.NAMES and not _begins(text, start)


def _capitals(text: str, places: Sequence[tuple[int, int]], words: Sequence[_Word]) -> _Capitals:
    if text.isupper():
        return _Capitals.NOTHING
    letters = [
        char
        for (start, _), word in zip(places, words, strict=True)
        if word.kept and not word.number and (char := text[start]).isalpha()
    ]
    capitals = sum(map(str.isupper, letters))
    return _Capitals.NAMES if capitals <= _TITLE_CASE * len(letters) else _Capitals.INITIALS


def _begins(text: str, start: int) -> bool:
    """Whether a word begins a sentence or a quotation, where any word has a capital."""
    before = text[:start].rstrip()
    return not before or before[-1] in ".:!?—–|-];«“\"‘'„(["


def _shortened(stemmed: str) -> str:
    plain = stemmed.removeprefix(LEMMA)
    return plain[:_CYRILLIC_LETTERS] if "\u0400" <= plain[:1] <= "\u052f" else stemmed
