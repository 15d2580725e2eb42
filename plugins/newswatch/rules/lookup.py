"""Where the terms of queries are in one item, looked up term by term rather than for all rules at once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from typing_extensions import assert_never

from newswatch.rules.evaluate import in_order, near
from newswatch.rules.gaps import Hit, Piece, chain, ranges
from newswatch.rules.index import Index
from newswatch.rules.lists import Lists, expand_list
from newswatch.rules.negation import Guard
from newswatch.rules.nodes import (
    And,
    Edge,
    Identity,
    ListTerm,
    Near,
    Node,
    Not,
    Or,
    Pattern,
    Phrase,
    Scoped,
    Word,
)
from newswatch.rules.scan import Scan
from newswatch.rules.stems import Stem
from newswatch.rules.tables import FIELD_BITS, Tables


class Lookup:
    """One item's words by stem, and what was found among them so far. `scan` has the words themselves."""

    def __init__(self, texts: tuple[str, ...], lists: Lists, stem: Stem, lang: str) -> None:
        self.scan = Scan(texts, Index((), Tables(), stem, lang))
        self._lang = lang
        self._lists = lists
        self._stem = stem
        self._places: dict[str, list[int]] = {}
        for at, form in enumerate(self.scan.surfaces):
            self._places.setdefault(stem(form), []).append(at)
        self._phrases: dict[tuple[Word, ...], list[Hit]] = {}
        self._list_hits: dict[str, list[Hit]] = {}
        self._members: dict[str, tuple[Phrase, ...]] = {}

    def hits(self, node: Node, bits: int, guard: Guard | None = None) -> list[Hit]:
        """Where a term or an operand of NEAR is in the fields of `bits`, in the order of the text.

        `guard` drops a hit with a negation between its parts.
        """
        if isinstance(node, (Phrase, ListTerm)):
            found = self.phrase(node.words) if isinstance(node, Phrase) else self._list(node.name)
            return [
                hit
                for hit in self.scan.within(found, bits)
                if guard is None or not guard.negates_within(self.scan, hit)
            ]
        if isinstance(node, Scoped):
            return self.hits(node.child, FIELD_BITS[node.field], guard)
        if isinstance(node, Edge):
            found = self.hits(node.child, bits, guard)
            return [hit for hit in found if self.scan.is_at_edge(hit, opens=node.opens, closes=node.closes)]
        if isinstance(node, Near):
            lefts, rights = (self.hits(side, bits, guard) for side in (node.left, node.right))
            return near(self.scan, lefts, rights, node.distance, ordered=node.ordered, guard=guard)
        if isinstance(node, Or):
            return in_order(hit for child in node.children for hit in self.hits(child, bits, guard))
        if isinstance(node, (Pattern, Identity, Not, And)):
            raise TypeError("NEAR takes phrases, lists, NEARs and OR-groups: the parser refuses others")
        assert_never(node)

    def _list(self, name: str) -> list[Hit]:
        hits = self._list_hits.get(name)
        if hits is None:
            members = self.members(name)
            hits = in_order(hit for phrase in members for hit in self.phrase(phrase.words))
            self._list_hits[name] = hits
        return hits

    def members(self, name: str) -> tuple[Phrase, ...]:
        """The phrases of a list."""
        if name not in self._members:
            self._members[name] = expand_list(name, self._lists, self._lang)
        return self._members[name]

    def phrase(self, words: tuple[Word, ...]) -> list[Hit]:
        """Every occurrence of the words with the gaps between them."""
        hits = self._phrases.get(words)
        if hits is None:
            parts = [words[start:end] for start, end in ranges([word.gap for word in words])]
            first, *rest = ((part[0].gap, self._pieces(part)) for part in parts)
            hits = [*first[1]] if not rest else chain(first[1], rest, self.scan.same_block)
            self._phrases[words] = hits
        return hits

    def _pieces(self, words: tuple[Word, ...]) -> list[Piece]:
        holds = [self._holder(word) for word in words]
        last = len(self.scan.surfaces) - len(words)
        return [
            (at, at + len(words))
            for at in self._starts(words[0])
            if at <= last and all(held(at + place) for place, held in enumerate(holds))
        ]

    def _starts(self, word: Word) -> Sequence[int]:
        if word.how == "prefix":
            return range(len(self.scan.surfaces))
        return self._places.get(self._stem(word.text.casefold()), ())

    def _holder(self, word: Word) -> Callable[[int], bool]:
        surfaces = self.scan.surfaces
        match word.how:
            case "prefix":
                return lambda at: surfaces[at].startswith(word.text)
            case "exact":
                return lambda at: surfaces[at] == word.text
            case "case":
                return lambda at: self.scan.cased(at) == word.text
            case "stem":
                stemmed = self._stem(word.text)
                return lambda at: self._stem(surfaces[at]) == stemmed
            case _:
                assert_never(word.how)

    def within(self, words: tuple[Word, ...], bits: int) -> list[Hit]:
        """The occurrences in the fields of `bits`."""
        return self.scan.within(self.phrase(words), bits)

    def longest_part(self, node: Phrase, bits: int) -> tuple[Hit | None, int]:
        """The longest run of the phrase's words that the text has, and how many words it is."""
        for size in range(len(node.words) - 1, 0, -1):
            for first in range(len(node.words) - size + 1):
                words = node.words[first : first + size]
                hits = self.within((replace(words[0], gap=0), *words[1:]), bits)
                if hits:
                    return hits[0], size
        return None, 0
