"""Negation: whether "not" or a similar word negates a hit, so that the text says the opposite.

Used only by rules with `negation: exclude`. The words and phrases that negate are called cues. They
are in `data/negation.json`, one set for each language. A cue negates a hit when it is a few words
before it in the same block, with no clause border (. ; : ! ? or a dash) and no word such as "but" or
"which" in between.

A cue in a gap of a phrase negates the words after the gap.

A hit of NEAR has two parts. A cue before the later part always counts, even between the two. The
earlier part is usually the speaker. A cue before it counts only if the words in between are all light
ones: "not opposed by the central bank" is negated, "did not ask the central bank, which opposes" is
not.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from itertools import pairwise
from typing import Any

from newswatch.rules.gaps import Hit, pieces
from newswatch.rules.scan import Scan
from newswatch.rules.stems import Stem, primary_language, stemmer_for
from newswatch.rules.tokens import tokenize

_ANYWHERE = ("ru", "zh")
"""Languages with a script of their own. Their cues are used in items of any language."""

_CLAUSE_BORDERS = frozenset(".;:!?…–—。；：！？")

Cue = tuple[str, ...]
"""The stems of a cue's words."""


@dataclass(frozen=True, slots=True)
class _Cues:
    before: tuple[Cue, ...]
    reversals: tuple[Cue, ...]
    after: tuple[Cue, ...]
    breakers: frozenset[str]
    light: frozenset[str]
    light_endings: tuple[str, ...]
    answers: frozenset[Cue]
    window: int
    after_window: int


class Guard:
    """The negation cues for items of one language."""

    def __init__(self, cues: _Cues, stem: Stem) -> None:
        self._cues = cues
        self._stem = stem

    def negates(self, scan: Scan, hit: Hit) -> bool:
        """Whether a cue negates a hit of one part."""
        lowest = scan.block_start(hit[0])
        return (
            self._before(scan, hit[0], lowest, light_only=False)
            or self.negates_within(scan, hit)
            or self._after(scan, hit[1])
        )

    def negates_within(self, scan: Scan, hit: Hit) -> bool:
        """Whether a cue in a gap of the phrase negates what comes after it: "imposes no sanctions"."""
        return any(
            self._before(scan, later[0], earlier[1], light_only=False)
            for earlier, later in pairwise(pieces(hit))
        )

    def negates_from(self, scan: Scan, lowest: int, start: int) -> bool:
        """Whether a cue from token `lowest` on negates what begins at token `start`."""
        return self._before(scan, start, lowest, light_only=False)

    def negates_pair(self, scan: Scan, first: Hit, second: Hit) -> bool:
        """Whether a cue negates a hit of two parts, given in the order of the text."""
        lowest = scan.block_start(first[0])
        return (
            self._before(scan, second[0], first[1], light_only=False)
            or self._before(scan, first[0], lowest, light_only=True)
            or self._after(scan, second[1])
        )

    def _before(self, scan: Scan, start: int, lowest: int, *, light_only: bool) -> bool:
        """Whether a cue between token `lowest` and token `start` negates what begins at `start`."""
        low = max(lowest, start - self._cues.window)
        words = self._stems(scan, low, start)
        for cue, reversal in self._all_before():
            for at in _places(words, cue):
                after = low + at + len(cue)
                if self._reaches(scan, after, start, light_only=light_only or reversal) and not (
                    cue in self._cues.answers and "," in scan.between(after - 1)
                ):
                    return True
        return False

    def _all_before(self) -> list[tuple[Cue, bool]]:
        return [(cue, False) for cue in self._cues.before] + [(cue, True) for cue in self._cues.reversals]

    def _after(self, scan: Scan, end: int) -> bool:
        """Whether a cue that follows its verb ("lehnt … nicht ab") negates what ended at `end`."""
        if not self._cues.after:
            return False
        high = min(scan.block_end(end - 1), end + self._cues.after_window)
        words = self._stems(scan, end, high)
        return any(
            self._reaches(scan, end, end + at, light_only=False) and not _border(scan, end - 1)
            for cue in self._cues.after
            for at in _places(words, cue)
        )

    def _reaches(self, scan: Scan, after: int, start: int, *, light_only: bool) -> bool:
        """Whether nothing between the end of the cue and the hit stops the negation."""
        for place, word in enumerate(self._stems(scan, after, start), after):
            if word in self._cues.breakers:
                return False
            if light_only and word not in self._cues.light and not self._is_light(scan.surfaces[place]):
                return False
        return not any(_border(scan, place) for place in range(max(after - 1, 0), start))

    def _is_light(self, word: str) -> bool:
        return len(word) > 4 and word.endswith(self._cues.light_endings)

    def _stems(self, scan: Scan, start: int, end: int) -> list[str]:
        return [self._stem(word) for word in scan.surfaces[start:end]]


def _places(words: Sequence[str], cue: Cue) -> list[int]:
    size = len(cue)
    return [at for at in range(len(words) - size + 1) if tuple(words[at : at + size]) == cue]


def _border(scan: Scan, at: int) -> bool:
    """Whether a clause ends after this token. The last point of "U.S." does not end a clause."""
    gap = scan.between(at)
    if "." in scan.raws[at] and gap.startswith("."):
        gap = gap[1:]
    return not _CLAUSE_BORDERS.isdisjoint(gap) or " - " in gap or "--" in gap


def guard_for(lang: str, default_lang: str = "en") -> Guard:
    """The guard for items of a language. A language without cues gets those of the default language."""
    return _guard(primary_language(lang), primary_language(default_lang))


@cache
def _guard(lang: str, default_lang: str) -> Guard:
    data = _data()
    own = lang if lang in data else default_lang if default_lang in data else "en"
    stem = stemmer_for(lang, default_lang)
    names = [own, *(name for name in _ANYWHERE if name != own)]
    return Guard(_cues([data[name] for name in names], stem), stem)


@cache
def _data() -> dict[str, Any]:
    text = resources.files("newswatch.rules").joinpath("data/negation.json").read_text("utf-8")
    data: dict[str, Any] = json.loads(text)
    return {name: cues for name, cues in data.items() if isinstance(cues, dict)}


def _cues(tables: Sequence[dict[str, Any]], stem: Stem) -> _Cues:
    def cues(key: str) -> tuple[Cue, ...]:
        phrases = [phrase for table in tables for phrase in table[key].split(", ") if phrase]
        return tuple(dict.fromkeys(tuple(stem(token.text) for token in tokenize(text)) for text in phrases))

    def words(key: str) -> frozenset[str]:
        return frozenset(word for cue in cues(key) for word in cue)

    return _Cues(
        before=cues("before"),
        reversals=cues("reversals"),
        after=cues("after"),
        breakers=words("breakers"),
        light=words("light"),
        light_endings=tuple(end for table in tables for end in table["light_endings"].split(", ") if end),
        answers=frozenset(cues("answers")),
        window=max(table["window"] for table in tables),
        after_window=max(table["after_window"] for table in tables),
    )
