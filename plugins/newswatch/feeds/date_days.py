"""The day in a date text: year, month and day, from units (年月日), from numbers, or from a month's name.

What can be read in two ways is decided by the day of the week beside it, by the order that the document's other
dates have, or by the country or language. If nothing decides, there is no day.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple
from urllib.parse import urlsplit

from newswatch.feeds.date_names import BETWEEN, DAY_NAMES, DAYS, MONTHS, fold

Day = tuple[int, int, int]
"""Year, month, day."""


class DateHints(NamedTuple):
    """What is known about a document besides a date's text.

    `language` is a tag such as `en-gb`, `country` two capital letters. `day_first` says whether 05/11/2026 is in
    November, None if that is not known.
    """

    language: str = ""
    country: str = ""
    day_first: bool | None = None

    @property
    def tongue(self) -> str:
        """The language without its region: `en`."""
        return self.language.lower().replace("_", "-").partition("-")[0]


_BY_UNITS = re.compile(
    r"(?P<era>民國|民国|令和|平成)?\s*(?<!\d)(?P<y>\d{1,4}|元)\s*[年년]\s*(?P<m>\d{1,2})\s*[月월]\s*(?P<d>\d{1,2})\s*[日일号號]?"
)
_ERAS = {"民國": 1911, "民国": 1911, "令和": 2018, "平成": 1988, None: 0}
_NUMBERS = re.compile(r"(?<!\d)(\d{1,4})\s?([-/.])\s?(\d{1,2})\s?\2\s?(\d{1,4})(?!\d)")
_TOKEN = re.compile(r"\d+|[^\W\d_](?:[^\s\d,/:;()\[\]|\-–—·•]*[^\s\d,/:;()\[\]|\-–—·•.])?")
_VIETNAMESE_DAY = re.compile(r"(?i)thứ\s+(?:hai|ba|tư|năm|sáu|bảy)|chủ\s+nhật")
_VIETNAMESE_MONTH = re.compile(r"(?i)(\d{1,2})\s*,?\s*(?:tháng|thg)\s*(\d{1,2})\s*,?\s*(?:năm)?\s*(\d{4})")
_EASTERN_DAY = re.compile(r"(?:星期|周|週|禮拜)[一二三四五六日天]|[月火水木金土日]曜日?|[월화수목금토일]요일")

_YEAR_FIRST = frozenset({"zh", "ja", "ko", "hu", "lt", "fa", "mn", "si"})
_DAY_FIRST = frozenset(
    [
        "de",
        "fr",
        "it",
        "pt",
        "nl",
        "pl",
        "ru",
        "uk",
        "tr",
        "cs",
        "sk",
        "sv",
        "da",
        "nb",
        "no",
        "fi",
        "el",
        "ro",
        "bg",
        "hr",
        "sr",
        "sl",
        "he",
        "ar",
        "id",
        "vi",
        "hi",
    ]
)
_MIXED = frozenset(["CA", "CN", "HK", "HU", "IR", "JP", "KE", "KR", "LT", "MN", "MO", "PH", "PR", "TW", "ZA"])
"""Countries where the day need not come first."""
_NOT_A_COUNTRY = frozenset(
    [
        "AI",
        "AM",
        "CC",
        "CF",
        "CO",
        "EU",
        "FM",
        "GA",
        "GG",
        "IO",
        "IS",
        "LA",
        "LY",
        "ME",
        "ML",
        "NU",
        "SH",
        "ST",
        "TK",
        "TO",
        "TV",
        "WS",
    ]
)
"""Top-level domains of countries that are used from everywhere."""


def hints_of(url: str, language: str, *, day_first: bool | None = None) -> DateHints:
    """The hints that a document's address and language tag give.

    The region of a tag counts, except that of `en-us`, which many programs write into every feed.
    """
    name = (urlsplit(url).hostname or "").rpartition(".")[2].upper()
    country = {"UK": "GB", "GOV": "US", "MIL": "US"}.get(
        name, name if len(name) == 2 and name not in _NOT_A_COUNTRY else ""
    )
    region = language.upper().replace("_", "-").rpartition("-")[2]
    if not country and len(region) == 2 and "-" in language and language.lower() != "en-us":
        country = region
    return DateHints(language, country, day_first)


def day_of(text: str, hints: DateHints) -> Day | None:
    """Year, month and day of a text without its time of day."""
    units = _BY_UNITS.search(text)
    if units:
        year = 1 if units["y"] == "元" else int(units["y"])
        era = _ERAS[units["era"]]
        return _full(era + year if era or year > 999 else 0, int(units["m"]), int(units["d"]))
    vietnamese = _VIETNAMESE_MONTH.search(text)
    if vietnamese:
        day, month, year = map(int, vietnamese.groups())
        return _full(year, month, day)
    text = _EASTERN_DAY.sub(" ", _VIETNAMESE_DAY.sub(" ", text))
    numbers = _NUMBERS.search(text)
    if numbers is None:
        return _named(_TOKEN.findall(text), hints)
    words = _TOKEN.findall(f"{text[: numbers.start()]} {text[numbers.end() :]}")
    if not all(_is_filler(word) for word in words):
        return None
    first, sign, second, third = numbers.groups()
    return _numeric((first, second, third), sign, _weekday(words), hints)


def _is_filler(word: str) -> bool:
    folded = fold(word)
    return folded in DAY_NAMES or folded in BETWEEN


def _weekday(words: Iterable[str]) -> int | None:
    return next((DAYS[folded] for word in words if (folded := fold(word)) in DAYS), None)


def _named(tokens: list[str], hints: DateHints) -> Day | None:
    """A day with its month's name, or three numbers with spaces between them."""
    numbers = [token for token in tokens if token[0].isdigit()]
    words = [token for token in tokens if not token[0].isdigit()]
    months = [word for word in words if fold(word) in MONTHS]
    if len(months) == 2:
        # "mar" is March, and Tuesday in four languages. Most texts have the day of the week first.
        months = months[1:] if fold(months[0]) in DAY_NAMES else months[:1]
    if not all(word in months or _is_filler(word) for word in words):
        return None
    if not months and len(numbers) == 3:
        first, second, third = numbers
        return _numeric((first, second, third), " ", _weekday(words), hints)
    if len(months) != 1 or len(numbers) != 2:
        return None
    month, place = MONTHS[fold(months[0])], tokens.index(months[0])
    first, second = numbers
    if len(first) == 4 and len(second) <= 2:
        return _full(int(first), month, int(second))
    if len(first) > 2 or len(second) not in (2, 4) or tokens[-1] == months[0]:
        return None
    if len(second) == 2 and tokens.index(first) > place and int(second) <= 31:
        return None
    return _full(_year(second), month, int(first))


def _year(digits: str) -> int:
    """A year. Of two digits it is from 1970 to 2069 (RFC 822 had such years)."""
    year = int(digits)
    return year if len(digits) != 2 else year + (1900 if year >= 70 else 2000)


def _full(year: int, month: int, day: int) -> Day | None:
    return (year, month, day) if year and 1 <= month <= 12 and 1 <= day <= 31 else None


def _numeric(parts: tuple[str, str, str], sign: str, weekday: int | None, hints: DateHints) -> Day | None:
    """A date of three numbers, if only one order of them is possible, or the hints decide."""
    first, second, third = parts
    if len(first) == 4:
        return _full(int(first), int(second), int(third)) if len(third) <= 2 else None
    if len(first) == 3:
        is_minguo = hints.country == "TW" or hints.tongue == "zh"
        return _full(_ERAS["民國"] + int(first), int(second), int(third)) if is_minguo else None
    if len(third) not in (2, 4):
        return None
    orders = {
        "dmy": (_year(third), int(second), int(first)),
        "mdy": (_year(third), int(first), int(second)),
    }
    if len(third) == 2:
        orders["ymd"] = (_year(first), int(second), int(third))
    possible = {order: date for order, date in orders.items() if _exists(date)}
    if weekday is not None and len(set(possible.values())) > 1:
        possible = {order: date for order, date in possible.items() if _weekday_of(date) == weekday}
    if len(set(possible.values())) > 1:
        is_open = len(third) == 2 and hints.tongue in _YEAR_FIRST
        return None if is_open else possible.get(_usual_order(sign, hints))
    return next(iter(possible.values()), None)


def _usual_order(sign: str, hints: DateHints) -> str:
    """The order of day and month, "" if nothing decides. With dots the day is first: 05.11.2026."""
    if hints.day_first is not None:
        return "dmy" if hints.day_first else "mdy"
    if sign == ".":
        return "dmy"
    if hints.country == "US":
        return "mdy"
    return "dmy" if hints.tongue in _DAY_FIRST or (hints.country and hints.country not in _MIXED) else ""


def _exists(date: Day) -> bool:
    try:
        datetime(*date)  # noqa: DTZ001 - only tried
    except ValueError:
        return False
    return True


def _weekday_of(date: Day) -> int:
    return datetime(*date).weekday()  # noqa: DTZ001 - a local date


def order_of(text: str) -> bool | None:
    """The order that one date's text gives away."""
    numbers = _NUMBERS.search(text)
    if numbers is None or len(numbers[4]) != 4 or len(numbers[1]) > 2:
        return None
    first, second, year = int(numbers[1]), int(numbers[3]), int(numbers[4])
    dates = {True: (year, second, first), False: (year, first, second)}
    possible = [order for order, date in dates.items() if _exists(date)]
    if len(possible) == 2 and first != second:
        weekday = _weekday(_TOKEN.findall(text[: numbers.start()]))
        possible = [
            order for order in possible if weekday is not None and _weekday_of(dates[order]) == weekday
        ]
    return possible[0] if len(possible) == 1 else None
