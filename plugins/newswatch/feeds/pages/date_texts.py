"""Date texts within other text: where they are, and what those of one list say.

The finder looks for anything that has the form of a date. `newswatch.feeds.dates` decides whether it is one.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime
from functools import lru_cache
from itertools import pairwise

from newswatch.feeds import dates
from newswatch.feeds.date_days import DateHints
from newswatch.feeds.pages import relative_dates
from newswatch.feeds.pages.outline import letters

_WORD = r"[^\W\d_]{3,14}"
_YEAR = r"(?:19|20)\d\d"
_TIME = (
    r"(?:[\s,T|–-]{0,3}(?:at\s|um\s|kl\.?\s)?\d{1,2}:\d{2}(?::\d{2})?(?:\.\d+)?"
    r"(?:\s?[ap]\.?m\b\.?)?(?:Z\b|\s?[+-]\d{2}:?\d{2}\b)?)?"
)
_FORMS = re.compile(
    rf"""(?ix)(?<![\d./-])(?:
      {_YEAR}\s?[-/.]\s?\d{{1,2}}\s?[-/.]\s?\d{{1,2}}(?!\d)
    | (?:{_YEAR}|(?:民國|民国|令和|平成)\s?\d{{1,3}})\s?[年년]\s?\d{{1,2}}\s?[月월]\s?\d{{1,2}}\s?[日일]?
    | 1\d\d[./-]\d\d[./-]\d\d\b
    | \d{{1,2}}\s?[./-]\s?\d{{1,2}}\s?[./-]\s?(?:{_YEAR}|\d\d)\b
    | \d{{1,2}}(?:st|nd|rd|th|er|º|ª|\.)?[\s-]{{0,2}}(?:de\s|of\s)?{_WORD}\.?[,\s-]{{0,3}}(?:de\s|del\s)?{_YEAR}\b
    | {_WORD}\.?\s?\d{{1,2}}(?:st|nd|rd|th)?(?:,\s?|\s){_YEAR}\b
    ){_TIME}"""
)
_YEARLESS = re.compile(
    rf"(?i)(?<![\w./-])(?:\d{{1,2}}(?:st|nd|rd|th|\.)?[\s-]{{0,2}}(?:de\s|of\s)?{_WORD}|{_WORD}\.?\s?\d{{1,2}}(?:st|nd|rd|th)?)(?![\w./-])"
)
_ONLY_YEAR = re.compile(rf"^(\D{{0,20}})\b({_YEAR})\b\D{{0,20}}$")
_ONLY_DAY = re.compile(r"^(?:[0-2]?\d|3[01])\.?$")
_EDGES = " \t:|,–—-•·/()[]"
_NUMBERS = re.compile(r"\d")
_MAX_LINE_CHARS = 120
_MAX_BESIDE = 40
"""How many letters may be beside a date in its line: "Published on", an author, a place."""


def find(text: str) -> re.Match[str] | None:
    """The first part of a text that has the form of a date, or says how long ago something was."""
    dated = _FORMS.search(text) if _NUMBERS.search(text) else None
    return dated or relative_dates.find(text)


def is_counted(text: str) -> bool:
    """Whether a text says how long ago something was: what it says moves with the clock."""
    return not (_NUMBERS.search(text) and _FORMS.search(text)) and relative_dates.find(text) is not None


def in_line(line: str) -> str:
    """The date of a line that says little else."""
    return _in_short_line(line) if len(line) <= _MAX_LINE_CHARS else ""


@lru_cache(8_192)
def _in_short_line(line: str) -> str:
    found = find(line)
    if found is None:
        return ""
    return found[0] if letters(line[: found.start()] + line[found.end() :]) <= _MAX_BESIDE else ""


def yearless_in(line: str) -> str:
    """The day and month of a line that says nothing else."""
    line = line.strip(_EDGES) if len(line) <= _MAX_LINE_CHARS and _NUMBERS.search(line) else ""
    found = _YEARLESS.fullmatch(line)
    return found[0] if found else ""


def day_in(line: str) -> str:
    """The number of a line that is only that of a day: its heading has the month."""
    line = line.strip(_EDGES) if len(line) <= _MAX_LINE_CHARS else ""
    return line.rstrip(".") if _ONLY_DAY.match(line) else ""


def year_in(line: str) -> str:
    """The year of a heading such as "News 2026"."""
    found = _ONLY_YEAR.match(line)
    return found[2] if found else ""


def month_in(line: str) -> str:
    """The month and year of a heading such as "November 2026", "" for one without a month."""
    found = _ONLY_YEAR.match(line)
    word = found[1].strip(_EDGES) if found else ""
    return f"{word} {found[2]}" if found and word and dates.read_date(f"1 {word} {found[2]}") else ""


def read(texts: Sequence[str], hints: DateHints, now: datetime | None = None) -> list[datetime | None]:
    """What the date texts of one list say, in UTC; None for "" and for what is not a date.

    Texts such as "3 hours ago" are counted from `now`; without it they say nothing.

    The order of day and month is one for the whole list. Where no date tells, the order in which the list is
    sorted does.
    """
    order = dates.day_order(text for text in texts if text)
    if order is None and any(map(dates.is_ambiguous, texts)):
        order = _sorted_order(texts, hints)
    hints = hints._replace(day_first=order)
    return [_moment(text, hints, now) for text in texts]


def _moment(text: str, hints: DateHints, now: datetime | None) -> datetime | None:
    reading = dates.read_date(text, hints=hints)
    if reading is not None:
        return reading.moment
    return relative_dates.read(text, now) if text and now is not None else None


def _sorted_order(texts: Sequence[str], hints: DateHints) -> bool | None:
    """Whether the list is sorted only if the day is first (True), or only if the month is (False)."""
    day, month = (_is_sorted(texts, hints._replace(day_first=order)) for order in (True, False))
    return day if day != month else None


def _is_sorted(texts: Sequence[str], hints: DateHints) -> bool:
    found = [reading.moment for text in texts if (reading := dates.read_date(text, hints=hints))]
    return all(a >= b for a, b in pairwise(found)) or all(a <= b for a, b in pairwise(found))
