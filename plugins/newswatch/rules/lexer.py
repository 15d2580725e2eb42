"""Cuts a query into the terminals of query.lark. Raises QueryError for anything that is not a terminal.

A quote, a slash and a dollar sign have a meaning only at the start of a term, so don't, 24/7 and
bank's are plain words.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from lark import Token
from lark.lexer import Lexer

from newswatch.errors import QueryError
from newswatch.rules.nodes import TEXT_FIELDS

MAX_QUERY_LENGTH = 20_000
MAX_DEPTH = 40
"""Brackets within brackets."""

_STOP = r"(?=[\s()]|\^(?:[\s)]|\Z)|\Z)"
"""What ends a term: a space, a bracket, the end, or a `^` that ties the term to the end of the field."""

_TERMINALS = re.compile(
    rf"""(?P<space>\s+)
    |(?P<LPAR>\()
    |(?P<RPAR>\))
    |(?P<EXACT>"[^"]*"{_STOP})
    |(?P<CASE>'(?:(?!'{_STOP}).)*'{_STOP})
    |(?P<PATTERN>/(?:\\.|[^/\\])*/{_STOP})
    |(?P<NEAR>O?NEAR/(?:[0-9]+|S){_STOP})
    |(?P<GAP>~[0-9]+{_STOP})
    |(?P<CLOSES>\^(?=[\s)]|\Z))
    |(?P<OPENS>\^)
    |(?P<operator>(?:AND|OR|NOT){_STOP})
    |(?P<LIST>\$[A-Za-z_][A-Za-z0-9_-]*{_STOP})
    |(?P<IDENTITY>(?:tag|source):\s*(?:"[^"]+"{_STOP}|[^\s()"]+))
    |(?P<SCOPE>[^\W\d_]\w*:)
    |(?P<WORD>(?:(?!\^{_STOP})[^\s()"])+)
    |(?P<quote>")""",
    re.VERBOSE | re.DOTALL,
)
_NEAR_LIKE = re.compile(r"O?NEAR\b.*", re.DOTALL)
_CURLY = "“”„«»‹›‘‚"
_FIELDS = (*TEXT_FIELDS, "tag", "source")


class QueryLexer(Lexer):
    """lark's hook for `scan`."""

    def __init__(self, lexer_conf: Any) -> None:
        """Ignores the configuration that lark passes: the terminals are defined above."""

    def lex(self, data: Any) -> Iterator[Token]:  # type: ignore[override]
        """The terminals. Lark gets what `scan` found, never the text."""
        return iter(data)


def scan(text: str) -> list[Token]:
    """The terminals of a query in order, with `start_pos` and `end_pos`. Raises QueryError."""
    if len(text) > MAX_QUERY_LENGTH:
        raise QueryError(
            f"the query has {len(text)} characters; at most {MAX_QUERY_LENGTH} are allowed: put its words "
            "into a list",
            offset=MAX_QUERY_LENGTH,
        )
    tokens = []
    for match in _TERMINALS.finditer(text):
        kind = str(match.lastgroup)
        if kind == "space":
            continue
        start, end = match.span()
        if kind == "operator":
            kind = match[0]
        elif kind in _CHECKS:
            _CHECKS[kind](match[0], start, end)
        tokens.append(Token(kind, match[0], start_pos=start, end_pos=end))
    _check_brackets(tokens)
    return tokens


def _check_word(word: str, start: int, end: int) -> None:
    if word[0] in _FIRST and (message := _FIRST[word[0]]):
        raise QueryError(message.format(word=word), offset=start, end=end)
    if _NEAR_LIKE.fullmatch(word):
        raise QueryError(
            f"`{word}` needs a slash and a number of words, for example NEAR/6 or ONEAR/6; NEAR/S and ONEAR/S "
            "mean in the same sentence",
            offset=start,
            end=end,
        )
    star = word.find("*")
    if 0 <= star < len(word) - 1 or word == "*":
        raise QueryError(
            f"`*` is allowed only at the end of a word of at least 4 letters, as in oppos*; found `{word}`",
            offset=start + star,
        )
    for at, char in enumerate(word):
        if char in _CURLY:
            raise QueryError(
                "write straight quotes: \"exact words\" or 'Exact Case'",
                offset=start + at,
                end=start + at + 1,
            )


_FIRST = {
    "'": "the quote `'` is never closed: write 'SEC', or leave it out. (`'` opens a quote only at the start "
    "of a term, and the closing one must be followed by a space, a bracket or the end)",
    "/": "the pattern is never closed: end it with `/`, followed by a space, a bracket or the end, and write "
    "`\\/` for a slash within it (flags are not needed: case never matters)",
    "$": "`$` begins the name of a list (letters, digits, `_` and `-`, first a letter), found `{word}`; for "
    "an amount of money write the number without the sign",
    "~": "`~` and a number of words allow a gap in a phrase, as in warn ~3 against; found `{word}`",
}


def _check_quote(_quote: str, start: int, end: int) -> None:
    raise QueryError(
        'this `"` is not closed, or a word touches the closing one: write "exact words" with a space on '
        "either side",
        offset=start,
        end=end,
    )


def _check_scope(scope: str, start: int, end: int) -> None:
    name = scope[:-1]
    if name in TEXT_FIELDS:
        return
    if name in ("tag", "source"):
        raise QueryError(
            f"`{scope}` needs a whole id right after it, as in {scope}central-bank", offset=start, end=end
        )
    hint = (
        f"write {name.lower()}: in lower case"
        if name.lower() in _FIELDS
        else "fields are " + ", ".join(f"{field}:" for field in _FIELDS)
    )
    raise QueryError(
        f"there is no field `{scope}`; {hint}. If you mean the word, write it without the colon",
        offset=start,
        end=end,
    )


_CHECKS = {"WORD": _check_word, "quote": _check_quote, "SCOPE": _check_scope}


def _check_brackets(tokens: list[Token]) -> None:
    opened: list[int] = []
    for token in tokens:
        at = int(token.start_pos or 0)
        if token.type == "LPAR":
            opened.append(at)
            if len(opened) > MAX_DEPTH:
                raise QueryError(f"more than {MAX_DEPTH} brackets within each other", offset=at)
        elif token.type == "RPAR":
            if not opened:
                raise QueryError("this `)` closes nothing: remove it, or add a `(` before it", offset=at)
            opened.pop()
    if opened:
        raise QueryError("this `(` is never closed: add a `)`", offset=opened[-1])
