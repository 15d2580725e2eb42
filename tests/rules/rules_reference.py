"""A matcher that is slow and obviously right, to compare the real one with.

It reads the same syntax tree and applies the definition of the language, position by position.
It shares the tokenizer and the stems with the matcher, but none of its search.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from itertools import pairwise, product
from typing import NamedTuple

import re2

from newswatch.models import Span
from newswatch.rules.lists import expand_list
from newswatch.rules.matcher import ItemText
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
from newswatch.rules.query import parse_query
from newswatch.rules.stems import stem
from newswatch.rules.tokens import cased, tokenize

DEFAULT = ("title", "summary", "body")


ABBREVIATIONS = ("mr", "inc", "etc", "u.s", "u.s.")


class Occurrence(NamedTuple):
    """A place of a term: its tokens `first` up to `after` of one block, and the spans of its pieces."""

    field: str
    block: int
    first: int
    after: int
    spans: frozenset[tuple[int, int]]


class Reference:
    """One item; `spans(query)` is None or the spans that show why it matches."""

    def __init__(self, item: ItemText, lists: Mapping[str, Sequence[str]], default_lang: str = "en") -> None:
        self.item = item
        self.lists = lists
        self.lang = item.lang or default_lang
        self.default_lang = default_lang

    def spans(self, query: str) -> set[Span] | None:
        return self._node(parse_query(query, self.lists).root, DEFAULT)

    def _node(self, node: Node, fields: Sequence[str]) -> set[Span] | None:
        if isinstance(node, (Phrase, ListTerm, Near, Edge)):
            return _spans(self._occurrences(node, fields))
        if isinstance(node, Scoped):
            return self._node(node.child, (node.field,))
        if isinstance(node, Pattern):
            return self._pattern(node, fields)
        if isinstance(node, Identity):
            return self._identity(node)
        if isinstance(node, Not):
            return set() if self._node(node.child, fields) is None else None
        results = [self._node(child, fields) for child in node.children]
        if isinstance(node, And):
            return None if None in results else set().union(*results)
        assert isinstance(node, Or)
        held = [result for result in results if result is not None]
        return set().union(*held) if held else None

    def _blocks(self, field: str):
        text = getattr(self.item, field)
        at = 0
        for number, piece in enumerate(re.split(r"(\n[^\S\n]*\n)", text)):
            if number % 2 == 0:
                yield number, at, piece
            at += len(piece)

    def _occurrences(self, node: Node, fields: Sequence[str]) -> list[Occurrence]:
        if isinstance(node, Scoped):
            return self._occurrences(node.child, (node.field,))
        if isinstance(node, Near):
            return self._near(node, fields)
        if isinstance(node, Edge):
            found = self._occurrences(node.child, fields)
            return [one for one in found if self._is_at_edge(node, one)]
        if isinstance(node, Or):
            return [one for child in node.children for one in self._occurrences(child, fields)]
        phrases = expand_list(node.name, self.lists) if isinstance(node, ListTerm) else [node]
        found = []
        for field in fields:
            for block, base, text in self._blocks(field):
                tokens = tokenize(text)
                for phrase, at in product(phrases, range(len(tokens))):
                    places = self._nearest(phrase.words, tokens, text, at)
                    if places:
                        spans = frozenset(
                            (base + tokens[first].start, base + tokens[last].end)
                            for first, last in _pieces(phrase.words, places)
                        )
                        found.append(Occurrence(field, block, at, places[-1] + 1, spans))
        return found

    def _nearest(self, words: Sequence[Word], tokens, text: str, at: int) -> list[int] | None:
        """The place of each word, the first at `at`, each as early as possible; None if they are not there."""
        if at >= len(tokens) or not self._is(words[0], tokens[at], text):
            return None
        if len(words) == 1:
            return [at]
        for place in range(at + 1, at + 2 + words[1].gap):
            others = self._nearest(words[1:], tokens, text, place)
            if others:
                return [at, *others]
        return None

    def _is(self, word: Word, token, text: str) -> bool:
        if word.how == "prefix":
            return token.text.startswith(word.text)
        if word.how == "case":
            return cased(text[token.start : token.end]) == word.text
        if word.how == "exact":
            return token.text == word.text
        return stem(token.text, self.lang, self.default_lang) == stem(word.text, self.lang, self.default_lang)

    def _is_at_edge(self, node: Edge, one: Occurrence) -> bool:
        """Whether no word of the field is before it, or after it."""
        blocks = list(self._blocks(one.field))
        before = [text for block, _, text in blocks if block < one.block]
        after = [text for block, _, text in blocks if block > one.block]
        size = next(len(tokenize(text)) for block, _, text in blocks if block == one.block)
        first = one.first == 0 and not any(map(tokenize, before))
        last = one.after == size and not any(map(tokenize, after))
        return (first or not node.opens) and (last or not node.closes)

    def _same_sentence(self, field: str, block: int, first: int, after: int) -> bool:
        text = next(text for number, _, text in self._blocks(field) if number == block)
        tokens = tokenize(text)
        return not any(
            _ends_sentence(text[one.start : one.end], text[one.end : next_.start])
            for one, next_ in pairwise(tokens[first:after])
        )

    def _near(self, node: Near, fields: Sequence[str]) -> list[Occurrence]:
        found = []
        pairs = product(self._occurrences(node.left, fields), self._occurrences(node.right, fields))
        for left, right in pairs:
            same = (left.field, left.block) == (right.field, right.block)
            distance = 10_000 if node.distance is None else node.distance
            forward = 0 <= right.first - left.after <= distance
            backward = 0 <= left.first - right.after <= distance and not node.ordered
            if same and (forward or backward):
                first, after = min(left.first, right.first), max(left.after, right.after)
                if node.distance is not None or self._same_sentence(left.field, left.block, first, after):
                    found.append(Occurrence(left.field, left.block, first, after, left.spans | right.spans))
        return found

    def _pattern(self, node: Pattern, fields: Sequence[str]) -> set[Span] | None:
        options = re2.Options()
        options.case_sensitive = False
        spans = {
            Span(field, *match.span())
            for field in fields
            for match in re2.compile(node.regex, options).finditer(getattr(self.item, field))
            if match.end() > match.start()
        }
        return spans or None

    def _identity(self, node: Identity) -> set[Span] | None:
        ids = (*self.item.tags, *self.item.feed_tags) if node.kind == "tag" else (self.item.feed_id,)
        if node.value not in [name.strip().casefold() for name in ids]:
            return None
        for field in DEFAULT:
            text = getattr(self.item, field)
            if text.strip():
                return {Span(field, 0, len(text))}
        return None


def _pieces(words: Sequence[Word], places: Sequence[int]) -> list[tuple[int, int]]:
    """First and last token of each run of words without a gap before them."""
    pieces: list[tuple[int, int]] = []
    for word, place in zip(words, places, strict=True):
        if pieces and not word.gap:
            pieces[-1] = (pieces[-1][0], place)
        else:
            pieces.append((place, place))
    return pieces


def _ends_sentence(word: str, between: str) -> bool:
    folded = word.casefold()
    if between.startswith(("'s", "’s", "'S")):
        between, folded = between[2:], folded + "'s"
    marks = [mark for mark in between if mark in ".!?…。！？"]
    if not marks:
        return False
    if len(word) == 1 and word > "\u3040":
        return True
    if "。" in marks:
        return True
    after = between[min(between.index(mark) for mark in marks) :].lstrip(".!?…！？")
    ends = after.lstrip("\"'“”’»)]")[:1].isspace()
    short = len(folded) == 1 or folded in ABBREVIATIONS or (folded.isdecimal() and len(folded) <= 2)
    return ends and not (between.startswith(".") and marks == ["."] and short)


def _spans(found: Sequence[Occurrence]) -> set[Span] | None:
    return {Span(one.field, *span) for one in found for span in one.spans} or None
