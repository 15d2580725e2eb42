"""Where the terms of queries are in one item, looked up term by term rather than for all rules at once."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from typing_extensions import assert_never

from newswatch.rules.index import Index
from newswatch.rules.lists import Lists, expand_list
from newswatch.rules.nodes import And, Identity, ListTerm, Near, Node, Not, Or, Pattern, Phrase, Scoped, Word
from newswatch.rules.scan import Hit, Scan
from newswatch.rules.stems import Stem
from newswatch.rules.tables import FIELD_BITS, Tables


class Lookup:
    """One item's words by stem, and what was found among them so far. `scan` has the words themselves."""

    def __init__(self, texts: tuple[str, ...], lists: Lists, stem: Stem) -> None:
        self.scan = Scan(texts, Index((), Tables(), stem))
        self._lists = lists
        self._stem = stem
        self._places: dict[str, list[int]] = {}
        for at, form in enumerate(self.scan.surfaces):
            self._places.setdefault(stem(form), []).append(at)
        self._phrases: dict[tuple[str, tuple[Word, ...]], list[Hit]] = {}
        self._list_hits: dict[str, list[Hit]] = {}
        self._members: dict[str, tuple[Phrase, ...]] = {}

    def hits(self, node: Node, bits: int) -> list[Hit]:
        """Where a term or an operand of NEAR is in the fields of `bits`, in the order of the text."""
        if isinstance(node, Phrase):
            return self.within(node.kind, node.words, bits)
        if isinstance(node, ListTerm):
            return self.scan.within(self._list(node.name), bits)
        if isinstance(node, Scoped):
            return self.hits(node.child, FIELD_BITS[node.field])
        if isinstance(node, Or):
            return sorted({hit for child in node.children for hit in self.hits(child, bits)})
        if isinstance(node, (Pattern, Identity, Near, Not, And)):
            raise TypeError("NEAR takes phrases, lists and OR-groups of them: the parser refuses others")
        assert_never(node)

    def _list(self, name: str) -> list[Hit]:
        hits = self._list_hits.get(name)
        if hits is None:
            members = self.members(name)
            found = {hit for phrase in members for hit in self.phrase(phrase.kind, phrase.words)}
            hits = self._list_hits[name] = sorted(found)
        return hits

    def members(self, name: str) -> tuple[Phrase, ...]:
        """The phrases of a list."""
        if name not in self._members:
            self._members[name] = expand_list(name, self._lists)
        return self._members[name]

    def phrase(self, kind: str, words: tuple[Word, ...]) -> list[Hit]:
        """Every occurrence of words side by side. `kind` is a phrase's."""
        key = (kind, words)
        hits = self._phrases.get(key)
        if hits is None:
            holds = [self._holder(kind, word) for word in words]
            last = len(self.scan.surfaces) - len(words)
            hits = self._phrases[key] = [
                (at, at + len(words))
                for at in self._starts(words[0])
                if at <= last and all(held(at + place) for place, held in enumerate(holds))
            ]
        return hits

    def _starts(self, word: Word) -> Sequence[int]:
        if word.prefix:
            return range(len(self.scan.surfaces))
        return self._places.get(self._stem(word.text.casefold()), ())

    def _holder(self, kind: str, word: Word) -> Callable[[int], bool]:
        surfaces = self.scan.surfaces
        if word.prefix:
            return lambda at: surfaces[at].startswith(word.text)
        if kind == "exact":
            return lambda at: surfaces[at] == word.text
        if kind == "case":
            return lambda at: self.scan.cased(at) == word.text
        stemmed = self._stem(word.text)
        return lambda at: self._stem(surfaces[at]) == stemmed

    def within(self, kind: str, words: tuple[Word, ...], bits: int) -> list[Hit]:
        """The occurrences in the fields of `bits`."""
        return self.scan.within(self.phrase(kind, words), bits)

    def longest_part(self, node: Phrase, bits: int) -> tuple[Hit | None, int]:
        """The longest run of the phrase's words that the text has side by side, and how many words it is."""
        for size in range(len(node.words) - 1, 0, -1):
            for first in range(len(node.words) - size + 1):
                words = node.words[first : first + size]
                hits = self.within(node.kind, words, bits)
                if hits:
                    return hits[0], size
        return None, 0
