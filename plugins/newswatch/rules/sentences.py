"""Where a sentence ends: what is between two words decides, and the word before it."""

from __future__ import annotations

import re

_END = re.compile(r"[.!?…]+[\"'“”’»)\]]*\s|[。！？]")
_POINT = re.compile(r"\.[^.!?…]*")
_ABBREVIATIONS = frozenset(
    (
        "mr", "mrs", "ms", "dr", "prof", "gov", "sen", "rep", "gen", "col", "lt", "capt", "sgt", "rev", "hon",
        "st", "jr", "sr", "vs", "inc", "ltd", "co", "corp", "bros", "dept", "approx",
        "jan", "feb", "apr", "jun", "jul", "aug", "sep", "sept", "oct", "nov", "dec",
        "bzw", "ca", "etc", "evtl", "ggf", "mio", "mrd", "nr", "usw", "vgl", "dipl",
        "ee", "uu", "eeuu", "mm", "mme", "mlle", "sra", "srta", "sres", "им", "гг", "руб", "тыс", "млн", "млрд", "ул", "стр",
    )
)  # fmt: skip
_LONGEST_ORDINAL = 2
"""A German or Russian ordinal ("20. Sanktionspaket") has a point and rarely more digits than this."""


def ends_sentence(word: str, between: str) -> bool:
    """Whether a sentence ends after a folded word, given the folded text up to the next word.

    A point does not end one after an abbreviation, an initial, or a number of one or two digits.
    """
    if not between or between.isspace():
        return False
    if _is_ideograph(word):
        return not frozenset(".!?…。").isdisjoint(between)
    end = _END.search(between)
    if end is None:
        return False
    return not (_POINT.fullmatch(between.rstrip()) and between[0] == "." and _keeps_its_point(word))


def _keeps_its_point(word: str) -> bool:
    if word.isdecimal():
        return len(word) <= _LONGEST_ORDINAL
    return len(word) == 1 or "." in word or word in _ABBREVIATIONS


def _is_ideograph(word: str) -> bool:
    return len(word) == 1 and word >= "\u3040" and not word.isspace()
