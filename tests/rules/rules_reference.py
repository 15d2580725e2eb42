"""A matcher that is slow and obviously right, to compare the real one with.

It reads the same syntax tree and applies the definition of the language, position by position.
It shares the tokenizer and the stems with the matcher, but none of its search.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from itertools import product
from typing import NamedTuple

import re2

from newswatch.models import Span
from newswatch.rules.lists import expand_list
from newswatch.rules.matcher import ItemText
from newswatch.rules.nodes import And, Identity, ListTerm, Near, Node, Not, Or, Pattern, Phrase, Scoped, Word
from newswatch.rules.query import parse_query
from newswatch.rules.stems import stem
from newswatch.rules.tokens import cased, tokenize

DEFAULT = ("title", "summary", "body")


class Occurrence(NamedTuple):
    field: str
    block: int
    first: int
    after: int
    start: int
    end: int


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
        if isinstance(node, (Phrase, ListTerm)):
            return _spans(self._occurrences(node, fields))
        if isinstance(node, Scoped):
            return self._node(node.child, (node.field,))
        if isinstance(node, Near):
            return self._near(node, fields)
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
        if isinstance(node, Or):
            return [one for child in node.children for one in self._occurrences(child, fields)]
        phrases = expand_list(node.name, self.lists) if isinstance(node, ListTerm) else [node]
        found = []
        for field in fields:
            for block, base, text in self._blocks(field):
                tokens = tokenize(text)
                for phrase, at in product(phrases, range(len(tokens))):
                    window = tokens[at : at + len(phrase.words)]
                    if len(window) == len(phrase.words) and all(
                        self._is(phrase, word, token, text)
                        for word, token in zip(phrase.words, window, strict=True)
                    ):
                        span = (base + window[0].start, base + window[-1].end)
                        found.append(Occurrence(field, block, at, at + len(window), *span))
        return found

    def _is(self, phrase: Phrase, word: Word, token, text: str) -> bool:
        if word.prefix:
            return token.text.startswith(word.text)
        if phrase.kind == "case":
            return cased(text[token.start : token.end]) == word.text
        if phrase.kind == "exact":
            return token.text == word.text
        return stem(token.text, self.lang, self.default_lang) == stem(word.text, self.lang, self.default_lang)

    def _near(self, node: Near, fields: Sequence[str]) -> set[Span] | None:
        found = []
        pairs = product(self._occurrences(node.left, fields), self._occurrences(node.right, fields))
        for left, right in pairs:
            same = (left.field, left.block) == (right.field, right.block)
            forward = 0 <= right.first - left.after <= node.distance
            backward = 0 <= left.first - right.after <= node.distance and not node.ordered
            if same and (forward or backward):
                found += [left, right]
        return _spans(found)

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


def _spans(found: Sequence[Occurrence]) -> set[Span] | None:
    return {Span(one.field, one.start, one.end) for one in found} or None
