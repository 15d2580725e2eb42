"""Many entries with gaps, found in a passage in one pass over its words. The parts of events use it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

from newswatch.rules.nodes import How
from newswatch.rules.tables import LexiconRows, PhraseKey

GAP_ENDS = frozenset(
    (
        "after",
        "as",
        "if",
        "while",
        "when",
        "because",
        "despite",
        "amid",
        "who",
        "whose",
        "which",
        "than",
        "following",
        "après",
        "malgré",
        "tras",
        "sobre",
        "wegen",
        "trotz",
        "zu",
        "после",
        "несмотря",
    )
)
"""Words that begin something else, so that no gap of an entry reaches over them."""


class Text(Protocol):
    """What entries are looked for in: a passage."""

    codes: str
    words: list[str]

    @property
    def clause(self) -> list[int]:
        """The number of the clause that each word is in."""
        ...

    def holds(self, place: int, how: How, text: str) -> bool:
        """Whether a word is what an entry wants at its place."""
        ...


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry: its words as (what to compare, how, gap before it)."""

    elements: PhraseKey
    text: tuple[str, ...]

    @property
    def is_one_word(self) -> bool:
        """Whether the entry is a single word."""
        return len(self.elements) == 1

    @property
    def is_tight(self) -> bool:
        """Whether it is one exact word. In packs that is a verb whose form is a noun too: "sanctions"."""
        return len(self.elements) == 1 and self.elements[0][1] == "exact"

    @property
    def has_gap(self) -> bool:
        """Whether other words may be between its words."""
        return any(gap for _, _, gap in self.elements)


@dataclass(frozen=True, slots=True, order=True)
class Found:
    """An entry in a passage: its first word, the word after its last, and the place of each of its words."""

    start: int
    end: int
    entry: Entry
    at: tuple[int, ...]

    def overlaps(self, other: Found) -> bool:
        """Whether they share a place."""
        return self.start < other.end and other.start < self.end

    def at_any(self, other: Found) -> bool:
        """Whether one of its words, not only a gap, is a place of the other."""
        return any(other.start <= place < other.end for place in self.at)

    def is_within(self, other: Found) -> bool:
        """Whether all of it is inside the other."""
        return other.start <= self.start and self.end <= other.end


class Lexicon:
    """The entries of one part of an event, for items of one language."""

    def __init__(self, rows: LexiconRows, lang: str, code: Callable[[str], str]) -> None:
        self._first: dict[str, list[Entry]] = {}
        self._prefixed: list[Entry] = []
        for elements in (*rows.get("", ()), *rows.get(lang, ())):
            compiled = tuple((code(text) if how == "stem" else text, how, gap) for text, how, gap in elements)
            entry = Entry(compiled, tuple(text for text, _, _ in elements))
            if elements[0][1] == "prefix":
                self._prefixed.append(entry)
            else:
                self._first.setdefault(code(elements[0][0].casefold()), []).append(entry)

    @cached_property
    def _codes(self) -> frozenset[str]:
        return frozenset(self._first)

    def may_be_in(self, codes: str) -> bool:
        """Whether the first word of any entry is there: a cheap test before `find`."""
        return bool(self._prefixed) or not self._codes.isdisjoint(codes)

    def find(self, passage: Text) -> list[Found]:
        """Every entry that is in the passage, in the order of their first words."""
        first = self._first
        found = []
        for start, code in enumerate(passage.codes):
            for entry in (*first.get(code, ()), *self._prefixed) if self._prefixed else first.get(code, ()):
                at = _places(entry, passage, start)
                if at:
                    found.append(Found(start, at[-1] + 1, entry, at))
        return found


def _places(entry: Entry, passage: Text, start: int) -> tuple[int, ...]:
    """The places of the entry's words where the first is at `start`; () if the entry is not there."""
    text, how, _ = entry.elements[0]
    if not passage.holds(start, how, text):
        return ()
    places = [start]
    for element in entry.elements[1:]:
        place = _next(passage, places[-1], element)
        if place < 0:
            return ()
        places.append(place)
    return tuple(places)


def _next(passage: Text, last: int, element: tuple[str, How, int]) -> int:
    text, how, gap = element
    for place in range(last + 1, min(len(passage.words), last + 2 + gap)):
        if passage.clause[place] != passage.clause[last]:
            return -1
        if place > last + 1 and passage.words[place - 1] in GAP_ENDS:
            return -1
        if passage.holds(place, how, text):
            return place
    return -1
