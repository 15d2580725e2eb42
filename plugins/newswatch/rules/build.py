"""Builds the syntax tree while lark parses: one method for each rule of query.lark."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import re2
from lark import Token, Transformer, v_args

from newswatch.errors import QueryError
from newswatch.rules.fold import fold
from newswatch.rules.nodes import (
    And,
    Edge,
    How,
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
from newswatch.rules.patterns import compile_pattern
from newswatch.rules.tokens import Token as Cut
from newswatch.rules.tokens import cased, tokenize

MIN_PREFIX_LENGTH = 4
MAX_DISTANCE = 1_000
MAX_CHAIN = 20
"""NEARs in a row."""


@v_args(inline=True)
class TreeBuilder(Transformer[Token, Any]):
    """lark's bottom-up callbacks. They raise QueryError for terms with nothing to look for."""

    def phrase(self, *parts: Token) -> Phrase:
        """Bare words, of which each may end in `*`, and quoted ones, with gaps between them."""
        found: list[Word] = []
        gap = 0
        for part in parts:
            if part.type == "GAP":
                gap = _distance(part, part[1:])
                continue
            first, *others = _words(part)
            found += [replace(first, gap=gap), *others]
            gap = 0
        return Phrase(tuple(found), _start(parts[0]), _end(parts[-1]))

    def opening(self, opens: Token, child: Node) -> Edge:
        """What a field must begin with."""
        return Edge(child, opens=True, closes=False, start=_start(opens), end=child.end)

    def closing(self, child: Node, closes: Token) -> Edge:
        """What a field must end with."""
        return Edge(child, opens=False, closes=True, start=child.start, end=_end(closes))

    def whole(self, opens: Token, child: Node, closes: Token) -> Edge:
        """What must be all of a field, or must begin and end it."""
        return Edge(child, opens=True, closes=True, start=_start(opens), end=_end(closes))

    def list_(self, name: Token) -> ListTerm:
        """The name of a list."""
        return ListTerm(str(name[1:]), _start(name), _end(name))

    def pattern(self, token: Token) -> Pattern:
        """An RE2 expression between slashes."""
        regex = token[1:-1].replace("\\/", "/")
        try:
            compiled = compile_pattern(regex)
        except re2.error as error:
            raise QueryError(_bad_pattern(error), offset=_start(token), end=_end(token)) from error
        if compiled.search("") is not None:
            raise QueryError(
                "this pattern matches empty text, so it would match everything: make some part of it required",
                offset=_start(token),
                end=_end(token),
            )
        return Pattern(regex, _start(token), _end(token))

    def identity(self, token: Token) -> Identity:
        """A tag or a source with its id."""
        kind, value = token.split(":", 1)
        value = fold(value.strip().strip('"').strip())
        return Identity("tag" if kind == "tag" else "source", value, _start(token), _end(token))

    def scoped(self, scope: Token, child: Node) -> Scoped:
        """A field and what to look for in it."""
        return Scoped(scope[:-1], child, _start(scope), child.end)  # type: ignore[arg-type]

    def group(self, opened: Token, child: Node, closed: Token) -> Node:
        """The contents of brackets. Its place includes the brackets, so that a quoted piece has both."""
        return replace(child, start=_start(opened), end=_end(closed))

    def near(self, left: Node, operator: Token, right: Node) -> Near:
        """NEAR/n or ONEAR/n with its operands."""
        name, _, number = operator.partition("/")
        distance = None if number == "S" else _distance(operator, number)
        near = Near(left, right, distance, name == "ONEAR", left.start, right.end)
        links, inner = 0, near.left
        while isinstance(inner, Near):
            links, inner = links + 1, inner.left
        if links == MAX_CHAIN:
            raise QueryError(
                f"more than {MAX_CHAIN} NEARs in a row: join two shorter chains by AND",
                offset=_start(operator),
                end=_end(operator),
            )
        return near

    def negated(self, operator: Token, child: Node) -> Not:
        """NOT and what must not be there."""
        return Not(child, _start(operator), child.end)

    def conjunction(self, *parts: Any) -> And:
        """Terms joined by AND."""
        children = parts[::2]
        return And(children, children[0].start, children[-1].end)

    def disjunction(self, *parts: Any) -> Or:
        """Terms joined by OR."""
        children = parts[::2]
        return Or(children, children[0].start, children[-1].end)


def _distance(token: Token, number: str) -> int:
    if int(number[:9]) > MAX_DISTANCE:
        raise QueryError(
            f"`{token}` allows too many words in between: write 0 to {MAX_DISTANCE}",
            offset=_start(token),
            end=_end(token),
        )
    return int(number)


def _words(piece: Token) -> list[Word]:
    """The words of one piece of a phrase."""
    if piece.type == "WORD":
        return _bare_words(piece)
    text = _inside(piece)
    cut = tokenize(text)
    if not any(token.text for token in cut):
        raise QueryError(_no_letters(str(piece)), offset=_start(piece), end=_end(piece))
    how: How = "exact" if piece.type == "EXACT" else "case"
    return [Word(token.text if how == "exact" else _as_written(text, token), how) for token in cut]


def _as_written(text: str, token: Cut) -> str:
    return cased(text[token.start : token.end])


def _bare_words(word: Token) -> list[Word]:
    """The words of one bare token: co-chief* is "co" and the prefix "chief"."""
    tokens = tokenize(word)
    if not any(token.text for token in tokens):
        raise QueryError(_no_letters(str(word)), offset=_start(word), end=_end(word))
    found = [Word(token.text) for token in tokens]
    if word.endswith("*"):
        last = found[-1].text
        if len(last) < MIN_PREFIX_LENGTH:
            raise QueryError(
                f"the prefix `{word}` is too short: write at least {MIN_PREFIX_LENGTH} letters before `*`",
                offset=_start(word),
                end=_end(word),
            )
        if tokens[-1].end != len(word) - 1:
            raise QueryError(f"`*` must follow a letter, found `{word}`", offset=_end(word) - 1)
        found[-1] = Word(last, "prefix")
    return found


def _no_letters(word: str) -> str:
    hint = {"&": "write AND", "&&": "write AND", "|": "write OR", "||": "write OR", "!": "write NOT"}
    return (
        f"`{word}` has no letters or digits, so there is nothing to look for; {hint.get(word, 'remove it')}"
    )


def _inside(quoted: Token) -> str:
    if "*" in quoted:
        at = _start(quoted) + quoted.index("*")
        raise QueryError("`*` does not work within quotes: write oppos* without quotes", offset=at)
    return str(quoted[1:-1])


def _bad_pattern(error: Exception) -> str:
    reason = error.args[0] if error.args else ""
    text = reason.decode("utf-8", "replace") if isinstance(reason, bytes) else str(reason)
    return (
        f"RE2 does not accept this pattern: {text}. RE2 has no look-around and no back-references; "
        "a literal ( [ . * + ? needs a backslash"
    )


def _start(token: Token) -> int:
    return token.start_pos or 0


def _end(token: Token) -> int:
    return token.end_pos or 0
