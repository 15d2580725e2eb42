"""Folding text (without what is invisible, NFKC, case folding), and mapping offsets back to the original.

Folding can change the number of code points ("ﬁ" becomes "fi", "ß" becomes "ss", "e" and a combining
acute become "é", soft hyphens and zero-width spaces vanish). Matching needs only `fold`. `Origin` is
built when something has matched and its span in the original is needed.
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_right
from functools import cache
from itertools import pairwise

MAX_MARK_RUN = 100
"""Further combining marks in one run are replaced by spaces, because sorting them takes quadratic time."""

_CAREFUL_LENGTH = 2_000
_MAX_SPLIT_CLUSTER = 32
_INVISIBLE = "\u00ad\u180e\u200b-\u200d\u2060\ufeff"
_INVISIBLE_RUN = re.compile(f"[{_INVISIBLE}]+")
"""Soft hyphens, zero-width spaces and joiners: where a word may be broken or joined, not where it ends."""
_NOT_ASCII_RUN = re.compile(r"[^\x00-\x7f]+")


@cache
def marks() -> frozenset[str]:
    """All combining marks (Unicode category M*). They are in planes 0, 1 and 14 only."""
    ranges = (range(0x300, 0x20000), range(0xE0100, 0xE01F0))
    return frozenset(chr(c) for r in ranges for c in r if unicodedata.category(chr(c))[0] == "M")


def fold(text: str) -> str:
    """Without invisible characters, in NFKC, then case-folded."""
    if text.isascii():
        return text.lower()
    return _normal(tame(text)).casefold()


def visible(text: str) -> str:
    """The text without soft hyphens, zero-width spaces and joiners."""
    return text if text.isascii() else _INVISIBLE_RUN.sub("", text)


def _normal(text: str) -> str:
    return unicodedata.normalize("NFKC", visible(text))


def tame(text: str) -> str:
    """The text, with spaces in place of the end of very long runs of combining marks. The length stays."""
    if len(text) < _CAREFUL_LENGTH or text.isascii() or marks().isdisjoint(text):
        return text
    return _long_runs().sub(lambda run: run[0][:MAX_MARK_RUN] + " " * (len(run[0]) - MAX_MARK_RUN), text)


@cache
def _long_runs() -> re.Pattern[str]:
    return re.compile(rf"[{''.join(sorted(marks()))}{_INVISIBLE}]{{{MAX_MARK_RUN + 1},}}")


class Origin:
    """Maps offsets into `fold(text)` back to offsets into `text`.

    The folded text is cut into segments. In a plain segment, characters correspond one to one. Any
    other segment is a cluster: each of its characters maps to the whole cluster in the original.
    """

    __slots__ = ("_folded_starts", "_identity", "_segments")

    def __init__(self, text: str) -> None:
        text = tame(text)
        self._identity = _keeps_offsets(text)
        self._segments: list[tuple[int, int, int]] = []
        self._folded_starts: list[int] = []
        if not self._identity:
            self._cut(text)

    def span(self, start: int, end: int) -> tuple[int, int]:
        """The smallest span of the original that covers a span of the folded text, which is not empty."""
        if self._identity:
            return start, end
        return self._place(start)[0], self._place(end - 1)[1]

    def _place(self, at: int) -> tuple[int, int]:
        folded_start, start, end = self._segments[bisect_right(self._folded_starts, at) - 1]
        if end >= 0:
            return start, end
        return start + at - folded_start, start + at - folded_start + 1

    def _add(self, folded_start: int, start: int, end: int = -1) -> None:
        self._segments.append((folded_start, start, end))
        self._folded_starts.append(folded_start)

    def _cut(self, text: str) -> None:
        at = shift = 0
        self._add(0, 0)
        for run in _NOT_ASCII_RUN.finditer(text):
            start, end = run.span()
            if start > at and _continues(text, start, end):
                start -= 1
            if _keeps_offsets(text[start:end]):
                continue
            for begin, stop in _clusters(text, start, end):
                folded = len(_normal(text[begin:stop]).casefold())
                self._add(begin + shift, begin, stop)
                shift += folded - (stop - begin)
            at = end
            self._add(end + shift, end)


def _keeps_offsets(text: str) -> bool:
    """Whether folding changes characters one by one. Case folding never shortens a text."""
    return text.isascii() or (
        _INVISIBLE_RUN.search(text) is None
        and unicodedata.is_normalized("NFKC", text)
        and len(text.casefold()) == len(text)
    )


@cache
def _begins_cluster(char: str) -> bool:
    """Whether normalisation never joins or reorders this character with what precedes it."""
    first = unicodedata.normalize("NFKD", char)[0]
    # Hangul vowels and final consonants compose with the syllable before them.
    jamo = "\u1160" <= first <= "\u11ff" or "\ud7b0" <= first <= "\ud7ff"
    return not jamo and unicodedata.category(first)[0] != "M" and unicodedata.combining(first) == 0


def _continues(text: str, start: int, end: int) -> bool:
    """Whether what is at `start` may join with what precedes it, across invisible characters."""
    unseen = _INVISIBLE_RUN.match(text, start, end)
    start = unseen.end() if unseen else start
    return start < end and not _begins_cluster(text[start])


def _clusters(text: str, start: int, end: int) -> list[tuple[int, int]]:
    """`text[start:end]` cut into the smallest pieces that fold independently of each other."""
    borders = [end]
    begins = True
    for at in range(end - 1, start, -1):
        # An invisible character belongs to a cluster only if the cluster goes on behind it.
        if _INVISIBLE_RUN.match(text, at, at + 1) is None:
            begins = _begins_cluster(text[at])
        if begins:
            borders.append(at)
    borders = [start, *reversed(borders)]
    pieces: list[tuple[int, int]] = []
    for begin, stop in pairwise(borders):
        pieces.extend(_split(text, begin, stop))
    return pieces


def _split(text: str, begin: int, stop: int) -> list[tuple[int, int]]:
    if stop - begin == 1 or stop - begin > _MAX_SPLIT_CLUSTER:
        return [(begin, stop)]
    whole = _normal(text[begin:stop])
    for cut in range(begin + 1, stop):
        if _normal(text[begin:cut]) + _normal(text[cut:stop]) == whole:
            return [(begin, cut), *_split(text, cut, stop)]
    return [(begin, stop)]
