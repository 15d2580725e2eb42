"""Date texts within other text: where they are, and what they say.

The finder looks for anything that has the form of a date; the reader decides whether it is one.
"""

from __future__ import annotations

import re
from datetime import datetime, timezone
from functools import lru_cache

from newswatch.feeds.pages.outline import letters

_WORD = r"[^\W\d_]{3,14}"
_TIME = r"(?:[ ,T|–-]{0,3}\d{1,2}:\d{2}(?::\d{2})?(?:\s*[ap]\.?m\b\.?)?(?:Z|[+-]\d{2}:?\d{2})?)?"
_FORMS = re.compile(
    rf"""(?ix)(?<![\d./-])(?:
      (?:19|20)\d\d\s?[-/.年]\s?\d{{1,2}}\s?[-/.月]\s?\d{{1,2}}(?:日|\b)
    | (?:19|20)\d\d년\s?\d{{1,2}}월\s?\d{{1,2}}일
    | 1\d\d[./-]\d\d[./-]\d\d\b
    | \d{{1,2}}\s?[./-]\s?\d{{1,2}}\s?[./-]\s?(?:(?:19|20)\d\d|\d\d)\b
    | \d{{1,2}}(?:st|nd|rd|th|er|º|ª|\.)?[\s-]{{0,2}}(?:de\s|of\s)?{_WORD}\.?[,\s-]{{1,3}}(?:de\s|del\s)?(?:(?:19|20)\d\d)\b
    | {_WORD}\.?\s?\d{{1,2}}(?:st|nd|rd|th)?,?\s(?:19|20)\d\d\b
    ){_TIME}"""
)
_MAX_LINE_CHARS = 120
_MAX_BESIDE = 40
"""How many letters may be beside a date in its line: "Published on", an author, a place."""
_NUMBERS = re.compile(r"\d+")
_LETTERS = re.compile(_WORD)
_MONTHS = {
    prefix: number
    for number, names in enumerate(
        (
            "jan ene янв ian gen sty oca ocak led ιαν",
            "feb fev fév févr фев lut şub únor φεβ",
            "mar mär mrt мар maa μαρ",
            "apr abr avr апр kwi nis avril ápr απρ",
            "may mai mag мая май maj mei μαΐ",
            "jun jui juin июн giu cze haz ιουν",
            "jul juil июл lug lip tem ιουλ",
            "aug ago aoû авг sie ağu agu αυγ",
            "sep set сен wrz eyl σεπ",
            "oct okt out окт ott paź eki οκτ",
            "nov ноя lis kas νοε",
            "dec dez dic déc дек des gru ara δεκ",
        ),
        start=1,
    )
    for prefix in names.split()
}


def find(text: str) -> re.Match[str] | None:
    """The first part of a text that has the form of a date."""
    return _FORMS.search(text) if _NUMBERS.search(text) else None


def in_line(line: str) -> str:
    """The date of a line that says little else."""
    if len(line) > _MAX_LINE_CHARS or (found := find(line)) is None:
        return ""
    return found[0] if letters(line[: found.start()] + line[found.end() :]) <= _MAX_BESIDE else ""


def day_first(texts: list[str]) -> bool | None:
    """Whether numeric dates of one list begin with the day, None where nothing says so."""
    for text in texts:
        numbers = [int(n) for n in _NUMBERS.findall(text)[:3]]
        if len(numbers) == 3 and numbers[0] <= 31 and _LETTERS.search(text) is None:
            if numbers[0] > 12:
                return True
            if numbers[1] > 12:
                return False
    return None


@lru_cache(8_192)
def read(text: str, *, day_first: bool | None) -> datetime | None:
    """The date that a text that `find` found says, at midnight UTC; None if it is not one."""
    numbers = [int(n) for n in _NUMBERS.findall(text)[:3]]
    word = _LETTERS.search(text)
    month = _month(word[0].lower()) if word else None
    try:
        if month and len(numbers) >= 2:
            return _at(numbers[1], month, numbers[0])
        if len(numbers) < 3 or (word and not _cjk(text)):
            return None
        first, second, third = numbers
        if first > 1900:
            return _at(first, second, third)
        if 100 <= first < 200:
            return _at(first + 1911, second, third)
        year = third + 2000 if third < 70 else third
        return _at(year, second, first) if day_first else _at(year, first, second)
    except ValueError:
        return None


def _cjk(text: str) -> bool:
    return "年" in text or "년" in text


def _month(word: str) -> int | None:
    return next((_MONTHS[word[:n]] for n in (5, 4, 3) if word[:n] in _MONTHS), None)


def _at(year: int, month: int, day: int) -> datetime:
    return datetime(year, month, day, tzinfo=timezone.utc)
