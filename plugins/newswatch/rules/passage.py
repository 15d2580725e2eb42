"""One block of an item's text as events read it: words, what is between them, and where clauses end."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cached_property

from newswatch.rules.nodes import How
from newswatch.rules.scan import Scan
from newswatch.rules.sentences import ends_sentence
from newswatch.rules.tokens import word_end

_BORDERS = frozenset(";:!?…–—|；：！？")
_ELIDED = re.compile(r"(?:[ldsnjcmt]|qu)['’](?=\w)", re.IGNORECASE)


def without_elided(word: str) -> str:
    """The word without an elided article: "l'ue" is "ue"."""
    return _ELIDED.sub("", word)


class Passage:
    """A headline or a paragraph. Places are numbers of words within it."""

    def __init__(self, scan: Scan, first: int, after: int) -> None:
        self._scan = scan
        self.first = first
        """The place of the first word in the whole item."""
        self._after = after
        self.codes = scan.stream[first:after]
        self._raws = scan.raws[first:after]
        self.words = [self._spoken(word) for word in scan.surfaces[first:after]]
        self._spans = self._places()

    def _spoken(self, word: str) -> str:
        """The word without an elided article: in French "l'ue" is "ue"."""
        return without_elided(word) if self.lang == "fr" and ("'" in word or "’" in word) else word

    def _places(self) -> list[tuple[int, int]]:
        places = []
        end = self._scan.folded_span(self.first)[0]
        for raw in self._raws:
            start = self._scan.folded.index(raw, end)
            end = start + len(raw)
            places.append((start, word_end(raw, end)))
        return places

    @property
    def lang(self) -> str:
        """The language by whose rules the passage is read."""
        return self._scan.index.lang

    @cached_property
    def text(self) -> str:
        """The folded text of the passage."""
        last = self._spans[-1][1]
        return self._scan.folded[self._spans[0][0] : last] + self.gaps[-1]

    @cached_property
    def gaps(self) -> list[str]:
        """What follows each word up to the next one, folded."""
        folded, spans = self._scan.folded, self._spans
        ends = [start for start, _ in spans[1:]]
        following = self._scan.raws[self._after : self._after + 1]
        stop = folded.index(following[0], spans[-1][1]) if following else len(folded)
        ends.append(min(stop, spans[-1][1] + 8))
        return [folded[end:next_start] for (_, end), next_start in zip(spans, ends, strict=True)]

    @cached_property
    def written(self) -> list[str]:
        """Each word as written, its case kept."""
        scan, first = self._scan, self.first
        return [self._spoken(scan.cased(first + place)) for place in range(len(self.words))]

    @cached_property
    def sentence(self) -> list[int]:
        """The number of the sentence that each word is in."""
        return _numbered(map(ends_sentence, self._raws, self.gaps))

    @cached_property
    def clause(self) -> list[int]:
        """The number of the clause that each word is in. A comma ends none."""
        return _numbered(
            ends_sentence(raw, gap) or not _BORDERS.isdisjoint(gap) or " - " in gap or "--" in gap
            for raw, gap in zip(self._raws, self.gaps, strict=True)
        )

    def holds(self, place: int, how: How, text: str) -> bool:
        """Whether a word is what an entry wants at its place: any form, this form, or this form and case."""
        if how == "stem":
            return self.codes[place] == text
        if how == "exact":
            return self.words[place] == text
        if how == "prefix":
            return self.words[place].startswith(text)
        return self.words[place] == text.casefold() and self.written[place] == text

    def same_clause(self, start: int, last: int) -> bool:
        """Whether no clause ends between two words."""
        return self.clause[start] == self.clause[last]

    def comma_after(self, place: int) -> bool:
        """Whether a comma follows the word."""
        return place >= 0 and "," in self.gaps[place]


def _numbered(borders: Iterable[bool]) -> list[int]:
    """A number for each word that grows after each border."""
    numbers, number = [], 0
    for border in borders:
        numbers.append(number)
        number += border
    return numbers
