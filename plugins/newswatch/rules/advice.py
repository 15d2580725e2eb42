"""Warnings about queries and lists that are valid but may not mean what their author intended."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

from lark import Token

from newswatch.errors import QueryError
from newswatch.rules.lexer import scan
from newswatch.rules.lists import ListProblem
from newswatch.rules.query import parse_tokens
from newswatch.rules.tokens import tokenize

_OPERATOR_WORDS = frozenset(("and", "or", "not", "near", "onear"))
_PRONOUNS = frozenset(("US", "IT", "WHO", "AM", "AS", "IS", "BE", "SO", "AN", "NO", "ON"))
"""Names in capitals that, without quotes, also match very common words."""

_SILENT = re.compile(r"[\s‐‑‒–-]*")
_SUFFIX = re.compile(r"['’ʼ][sS](?!\w)")


@dataclass(frozen=True, slots=True)
class QueryWarning:
    """A warning about a piece of a query. Offsets count code points into the query."""

    message: str
    offset: int
    end: int


def query_warnings(text: str, lists: Mapping[str, Sequence[str]]) -> list[QueryWarning]:
    """The warnings about a query, in order; none for an invalid query, because its error says more."""
    try:
        return review_query(text, lists)
    except QueryError:
        return []


def review_query(text: str, lists: Mapping[str, Sequence[str]]) -> list[QueryWarning]:
    """The same in one pass with the errors: raises QueryError for an invalid query."""
    tokens = scan(text)
    parse_tokens(text, tokens, lists)
    warnings = [
        *_of_terms(tokens),
        *(warning for token in tokens if token.type == "WORD" for warning in _of_operator_word(token)),
    ]
    return sorted(warnings, key=lambda warning: warning.offset)


def list_warnings(lists: Mapping[str, Sequence[str]]) -> list[ListProblem]:
    """The warnings about the entries of lists."""
    found: list[ListProblem] = []
    for name, entries in lists.items():
        for index, text in enumerate(entries):
            try:
                tokens = scan(text)
            except QueryError:
                continue
            found.extend(
                ListProblem(name, index, warning.message, warning.offset) for warning in _of_terms(tokens)
            )
    return found


def _of_terms(tokens: Sequence[Token]) -> Iterator[QueryWarning]:
    for token in tokens:
        if token.type in ("WORD", "EXACT", "CASE"):
            yield from _of_lost_characters(token)
        if token.type == "WORD" and token in _PRONOUNS:
            yield _warn(
                token, f"`{token}` without quotes also matches the word “{token.lower()}”: write '{token}'"
            )
    for phrase in _phrases(tokens):
        words = [word for token in phrase for word in tokenize(token)]
        if len(words) == 1 and len(words[0].text) == 1 and not _is_ideograph(words[0].text):
            yield _warn(phrase[0], f"`{phrase[0]}` looks for the single letter or digit “{words[0].text}”")


def _phrases(tokens: Sequence[Token]) -> Iterator[list[Token]]:
    """The tokens of each phrase."""
    for is_phrase, run in groupby(tokens, lambda token: token.type in ("WORD", "EXACT", "CASE", "GAP")):
        if is_phrase:
            yield list(run)


def _of_lost_characters(token: Token) -> Iterator[QueryWarning]:
    text = str(token)
    if text.isalnum() and text.isascii():
        return
    if token.type != "WORD":
        text = text[1:-1]
    elif text.startswith("-"):
        yield _warn(token, f"`-` before a word does not exclude it: write NOT {text[1:]}, or leave it out")
    if token.type == "WORD" and len(text) > 1 and text.endswith("$") and not text[:-1].isdecimal():
        yield _warn(token, f"`$` does not end a field here: write {text[:-1]}^")
    lost = "".join(_lost(text.rstrip("*")))
    if lost:
        words = " ".join(found.text for found in tokenize(text))
        yield _warn(
            token,
            f"`{lost}` in `{token}` is ignored, because it is not part of a word: it finds “{words}”",
        )


def _lost(text: str) -> Iterator[str]:
    """What the tokenizer drops, except spaces, hyphens, a possessive 's and an acronym's last point."""
    at = 0
    for token in tokenize(text):
        yield _SILENT.sub("", text[at : token.start])
        at = token.end
        if suffix := _SUFFIX.match(text, at):
            at = suffix.end()
        elif "." in text[token.start : at] and text[at : at + 1] == "." and token.text.isalpha():
            at += 1
    yield _SILENT.sub("", text[at:])


def _of_operator_word(token: Token) -> Iterator[QueryWarning]:
    if token.lower() in _OPERATOR_WORDS:
        operator = token.upper() + ("/6" if "near" in token.lower() else "")
        yield _warn(token, f"`{token}` is read as a word; for the operator write {operator}")


def _is_ideograph(char: str) -> bool:
    return "\u3040" <= char <= "\u9fff" or char >= "\U00020000"


def _warn(token: Token, message: str) -> QueryWarning:
    start = token.start_pos or 0
    return QueryWarning(message, start, token.end_pos or start + 1)
