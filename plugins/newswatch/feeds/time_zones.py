"""Time-zone names in date texts, and what they mean.

A name that several countries use is decided by the feed's country, then by its language, then by RFC 822, which
gives the North American names their meaning. If nothing decides, the zone is unknown.
"""

from __future__ import annotations

import re
from datetime import datetime, timedelta, timezone
from typing import NamedTuple
from zoneinfo import ZoneInfo

_HOURS = (
    "0 UTC GMT UT Z WET; 1 CET WEST MEZ WAT; 2 CEST MESZ EET SAST CAT; 3 EEST MSK МСК EAT TRT IDT; 4 MSD GST"
    " AZT GET SAMT MUT; 5 PKT YEKT UZT TMT TJT MVT; 6 OMST KGT BTT; 7 ICT WIB KRAT NOVT; 8 HKT SGT AWST WITA IRKT MYT"
    " PHT PHST ULAT; 9 JST KST WIT YAKT; 10 AEST VLAT CHST PGT; 11 AEDT MAGT SBT NCT; 12 NZST PETT FJT; 13 NZDT;"
    " 3.5 IRST; 4.5 AFT IRDT; 5.75 NPT; 6.5 MMT; 9.5 ACST; 10.5 ACDT; -1 AZOT CVT; -2 BRST FNT; -2.5 NDT; -3 BRT ART"
    " UYT CLST GFT PYST; -3.5 NST; -4 BOT VET CLT GYT PYT; -5 COT PET; -8 AKDT; -9 AKST HDT; -10 HST TAHT"
)
"""Names with one meaning, by their hours ahead of UTC."""

_SEVERAL: dict[str, tuple[tuple[float, str, str], ...]] = {
    "BST": ((1, "GB", "en"), (6, "BD", "bn")),
    "IST": ((5.5, "IN", "hi ta te bn mr gu kn ml pa"), (1, "IE", "ga"), (2, "IL", "he iw")),
    "EST": ((-5, "US CA", ""), (10, "AU", "")),
    "EDT": ((-4, "US CA", ""), (11, "AU", "")),
    "CST": ((-6, "US CA MX", "es"), (8, "CN TW HK MO", "zh"), (9.5, "AU", ""), (-5, "CU", "")),
    "CDT": ((-5, "US CA MX", "es"), (10.5, "AU", ""), (-4, "CU", "")),
    "MST": ((-7, "US CA MX", "es"), (8, "MY", "ms"), (6.5, "MM", "my")),
    "MDT": ((-6, "US CA MX", "es"),),
    "PST": ((-8, "US CA MX", "es"), (8, "PH", "tl fil")),
    "PDT": ((-7, "US CA MX", "es"),),
    "AST": ((-4, "CA PR BM BB TT DO", "en es"), (3, "SA AE QA KW BH IQ YE", "ar")),
    "ADT": ((-3, "CA BM", "en"), (4, "IQ", "ar")),
    "SST": ((-11, "AS", ""), (8, "SG", "")),
    "ECT": ((-5, "EC", "es"), (-4, "DM LC VC", "")),
    "AMT": ((4, "AM", "hy"), (-4, "BR", "pt")),
    "WST": ((8, "AU", ""), (13, "WS", "sm")),
}
"""Names with several meanings: for each its hours, the countries that use it so, and their languages."""

_RFC_822 = frozenset({"EST", "EDT", "CST", "CDT", "MST", "MDT", "PST", "PDT"})
_EITHER_SEASON = {"ET": -5, "CT": -6, "MT": -7, "PT": -8}
"""North American names for winter and summer time alike, with the hours of winter time."""
_PLACE = re.compile(r"[A-Z][A-Za-z]+(?:/[A-Z][A-Za-z_-]+){1,2}")
_MOST = timedelta(hours=15)


class Offset(NamedTuple):
    """How far a zone is ahead of UTC. Not `known`: the name does not tell, and UTC is assumed."""

    ahead: timedelta
    known: bool = True


UTC = Offset(timedelta(0))
UNKNOWN = Offset(timedelta(0), known=False)

_ONE_MEANING = {
    name: timedelta(hours=float(hours))
    for hours, *names in (group.split() for group in _HOURS.split(";"))
    for name in names
}


def of_digits(text: str) -> Offset:
    """`+0530`, `-5`, `+05:30`. No zone is further from UTC than 15 hours: then it is unknown."""
    digits = text[1:].replace(":", "")
    hours, minutes = (digits[:-2], digits[-2:]) if len(digits) > 2 else (digits, "0")
    ahead = timedelta(hours=int(hours), minutes=int(minutes))
    if ahead > _MOST or int(minutes) > 59:
        return UNKNOWN
    return Offset(-ahead if text[0] == "-" else ahead)


def is_name(text: str) -> bool:
    """Whether a text is a zone's name that we know."""
    name = text.upper()
    return name in ("UTC", "GMT") or (
        text == name and (name in _ONE_MEANING or name in _SEVERAL or name in _EITHER_SEASON)
    )


def of_name(name: str, moment: datetime, *, country: str, language: str) -> Offset:
    """The zone that a name means in a feed of this country (`GB`) and language (`en`), at a local time."""
    name = name if _PLACE.fullmatch(name) else name.upper()
    if name in _ONE_MEANING:
        return Offset(_ONE_MEANING[name])
    if name in _EITHER_SEASON:
        return Offset(timedelta(hours=_EITHER_SEASON[name] + _is_us_summer(moment)))
    meanings = _SEVERAL.get(name, ())
    for told in (
        [hours for hours, countries, _ in meanings if country and country in countries.split()],
        [hours for hours, _, languages in meanings if language and language in languages.split()],
        [meanings[0][0]] if name in _RFC_822 else [],
    ):
        if len(told) == 1:
            return Offset(timedelta(hours=told[0]))
    return _of_place(name, moment) if _PLACE.fullmatch(name) else UNKNOWN


def _is_us_summer(moment: datetime) -> bool:
    """Whether North America has summer time: from the second Sunday of March to the first one of November, 2 o'clock."""
    begin, end = _sunday(moment.year, 3, 8), _sunday(moment.year, 11, 1)
    return begin <= moment.replace(tzinfo=None) < end


def _sunday(year: int, month: int, earliest: int) -> datetime:
    day = datetime(year, month, earliest, 2)  # noqa: DTZ001 - a local time
    return day + timedelta(days=6 - day.weekday())


def _of_place(name: str, moment: datetime) -> Offset:
    """The zone of `Europe/Berlin`. Unknown where this machine has no such zone."""
    try:
        ahead = moment.replace(tzinfo=ZoneInfo(name)).utcoffset()
    except (OSError, ValueError, KeyError):
        return UNKNOWN
    return UNKNOWN if ahead is None else Offset(ahead)


def as_utc(local: datetime, offset: Offset) -> datetime:
    """A local time without zone as a time in UTC. Raises OverflowError."""
    return local.replace(tzinfo=timezone.utc) - offset.ahead
