"""The query language: text in, checked syntax tree or a precise error out.

Every query goes through `parse_query`, whether it comes from YAML, the command line, the UI or a
form. The grammar is query.lark; docs/rules.md explains the language by example.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Mapping, Sequence
from functools import cache, lru_cache
from importlib import resources
from typing import Any, NoReturn

from lark import Lark, Token
from lark.exceptions import UnexpectedToken
from typing_extensions import assert_never

from newswatch.errors import QueryError
from newswatch.packs import pack_names
from newswatch.rules.build import TreeBuilder
from newswatch.rules.lexer import QueryLexer, scan
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
    Query,
    Scoped,
    Word,
)
from newswatch.rules.tokens import cased, tokenize

_TERM = 'Write a term there: words, "exact words", a $list or a bracket (docs/rules.md)'


@cache
def _parser() -> Lark:
    grammar = resources.files("newswatch.rules").joinpath("query.lark").read_text("utf-8")
    return Lark(grammar, parser="lalr", lexer=QueryLexer, start=["query", "entry"], transformer=TreeBuilder())


def parse_query(text: str, lists: Mapping[str, Sequence[str]]) -> Query:
    """The syntax tree of a rule's query. `lists` are the lists it may name.

    Raises QueryError, which says where the mistake is and what to write instead.
    """
    return parse_tokens(text, scan(text), lists)


_MOST_NAMED = 40
"""More names of lists are not spelled out in a message; all packs are."""


def parse_tokens(text: str, tokens: list[Token], lists: Mapping[str, Sequence[str]]) -> Query:
    """`parse_query` for a text that `scan` has already cut into tokens."""
    if not tokens:
        raise QueryError("the query is empty: write the words to look for", offset=0, end=max(1, len(text)))
    root = _parse(tokens, "query")
    _check(root, lists, scope=None)
    if not _is_positive(root):
        raise QueryError(_NEGATIVE, offset=root.start, end=root.end)
    return Query(text, root)


@lru_cache(32_768)
def parse_entry(text: str) -> Phrase | ListTerm:
    """The syntax tree of one entry of a list: one term, not a query. Raises QueryError.

    It is kept, because a rule that is being written is compiled with its lists at every keystroke. All packs together
    have 18,000 entries.
    """
    return _simple_entry(text) or _parsed_entry(text)


_LETTERS = r"[^\W\d_]+(?:-[^\W\d_]+)*"
_SIMPLE = re.compile(
    rf"(?P<quote>[\"'])(?P<quoted>{_LETTERS}(?: {_LETTERS})*)(?P=quote)|{_LETTERS}(?: (?:~[0-9] )?{_LETTERS})*"
)
_OPERATORS = frozenset(("AND", "OR", "NOT", "NEAR", "ONEAR"))


def _simple_entry(text: str) -> Phrase | None:
    """An entry of letters and gaps, or all in quotes, ten times as fast as by the grammar; None for others."""
    match = _SIMPLE.fullmatch(text)
    if match is None or not _OPERATORS.isdisjoint(text.split(" ")):
        return None
    how = _HOW[match["quote"] or ""]
    words: list[Word] = []
    gap = 0
    for piece in (match["quoted"] or text).split(" "):
        if piece[0] == "~":
            gap = int(piece[1:])
            continue
        cut = tokenize(piece)
        first, *others = (cased(piece[one.start : one.end]) if how == "case" else one.text for one in cut)
        words += [Word(first, how, gap), *(Word(other, how) for other in others)]
        gap = 0
    return Phrase(tuple(words), 0, len(text))


_HOW: dict[str, How] = {"": "stem", '"': "exact", "'": "case"}


def _parsed_entry(text: str) -> Phrase | ListTerm:
    tokens = scan(text)
    if not tokens:
        raise QueryError("the entry is empty: remove it, or write a word", offset=0, end=max(1, len(text)))
    for token in tokens:
        if token.type not in ("WORD", "EXACT", "CASE", "GAP", "LIST"):
            raise QueryError(
                f'`{token}` is not allowed in a list: an entry is one term (words, "exact words", \'Exact '
                "Case', oppos*, gaps such as ~3, or $list); operators belong in the rule's query",
                offset=token.start_pos or 0,
                end=token.end_pos,
            )
    entry: Phrase | ListTerm = _parse(tokens, "entry")
    return entry


def _parse(tokens: list[Token], start: str) -> Any:
    try:
        return _parser().parse(tokens, start=start)
    except UnexpectedToken as error:
        _explain(error, tokens)


def _explain(error: UnexpectedToken, tokens: list[Token]) -> NoReturn:
    """Turn lark's "unexpected token" into what was expected and what to write."""
    found = error.token
    if found.type == "$END":
        last = tokens[-1]
        if last.type == "GAP":
            raise QueryError(_GAP, offset=last.start_pos or 0, end=last.end_pos) from error
        raise QueryError(
            f"nothing follows `{last}`. {_TERM}",
            offset=last.start_pos or 0,
            end=last.end_pos,
        ) from error
    at, end = found.start_pos or 0, found.end_pos
    before = [token for token in tokens if (token.start_pos or 0) < at]
    if found.type == "GAP" or (before and before[-1].type == "GAP"):
        gap = found if found.type == "GAP" else before[-1]
        raise QueryError(_GAP, offset=gap.start_pos or 0, end=gap.end_pos) from error
    if found.type == "CLOSES":
        raise QueryError(_CLOSES, offset=at, end=end) from error
    if "AND" not in error.expected and found.type != "WORD":
        what = f"`{before[-1]}` is followed by" if before else "the query begins with"
        raise QueryError(f"{what} `{found}`, which is not a term. {_TERM}", offset=at, end=end) from error
    raise QueryError(_between(before, found), offset=at, end=end) from error


def _between(before: list[Token], found: Token) -> str:
    """What to say when a term is followed by something that needs an operator before it."""
    if found.type == "NOT":
        return "AND or OR is missing before NOT. Write `… AND NOT …`"
    return (
        f"an operator is missing between `{before[-1]}` and `{found}`. Write AND, OR or NEAR/6 there, or ONEAR/0 for directly "
        "followed by (docs/rules.md)"
    )


_GAP = (
    "a gap is between two words of a phrase, as in warn ~3 against. Between lists, brackets and patterns write "
    "ONEAR/3"
)
_CLOSES = (
    "`^` ties the word, list or bracket that it touches to the edge of the field: ^US sanctions to its start, "
    "says Lagarde^ to its end"
)
_NEGATIVE = (
    "this part only says what must not be there: every branch of an OR, every bracket and the query as a "
    "whole need a term that must be there"
)


def _is_positive(node: Node) -> bool:
    """Whether the node matches only where some term is present."""
    match node:
        case Not():
            return False
        case And():
            return any(_is_positive(child) for child in node.children)
        case Or():
            return all(_is_positive(child) for child in node.children)
        case Scoped() | Edge():
            return _is_positive(node.child)
        case Phrase() | ListTerm() | Pattern() | Identity() | Near():
            return True
        case _:
            assert_never(node)


def _check(node: Node, lists: Mapping[str, Sequence[str]], scope: Scoped | None) -> None:
    """What the grammar cannot say: known lists, possible scopes, positive branches, NEAR's operands."""
    match node:
        case Phrase() | Pattern():
            pass
        case ListTerm():
            _check_list(node, lists)
        case Identity():
            _check_identity(node, scope)
        case Scoped():
            _check_scoped(node, lists, scope)
        case Edge():
            _check_operand("`^` ties", node.child, lists, scope)
        case Near():
            _check_near(node, lists, scope)
        case And() | Or():
            _check_children(node, lists, scope)
        case Not():
            _check_not(node, lists, scope)
        case _:
            assert_never(node)


def _check_children(node: And | Or, lists: Mapping[str, Sequence[str]], scope: Scoped | None) -> None:
    for child in node.children:
        _check(child, lists, scope)
        if isinstance(node, Or) and not _is_positive(child):
            raise QueryError(_NEGATIVE, offset=child.start, end=child.end)


def _check_list(node: ListTerm, lists: Mapping[str, Sequence[str]]) -> None:
    if node.name not in lists and node.name not in pack_names():
        raise QueryError(unknown_list(node.name, lists), offset=node.start, end=node.end)


def _check_identity(node: Identity, scope: Scoped | None) -> None:
    if scope:
        raise QueryError(
            f"`{node.kind}:` does not look at the text, so it is not allowed within `{scope.field}:`; join "
            "it with AND outside",
            offset=node.start,
            end=node.end,
        )


def unknown_list(name: str, lists: Iterable[str]) -> str:
    """The error text for a list that is not defined: what was probably meant, and which lists there are."""
    own, packs = sorted(lists), sorted(pack_names())
    close = difflib.get_close_matches(name, [*own, *packs], n=1)
    hint = f"did you mean ${close[0]}?" if close else "define it under `lists:`."
    lists_are = f"The lists are {_dollar_names(own)}, and the" if own else "The"
    return f"there is no list `${name}`; {hint} {lists_are} packs are {_dollar_names(packs)}"


def _dollar_names(names: Sequence[str]) -> str:
    more = f" and {len(names) - _MOST_NAMED} more" if len(names) > _MOST_NAMED else ""
    return ", ".join(f"${name}" for name in names[:_MOST_NAMED]) + more


def _check_scoped(node: Scoped, lists: Mapping[str, Sequence[str]], scope: Scoped | None) -> None:
    if scope and scope.field != node.field:
        raise QueryError(
            f"`{node.field}:` within `{scope.field}:` can never match: a term is in one field",
            offset=node.start,
            end=node.end,
        )
    _check(node.child, lists, node)
    if not _is_positive(node.child):
        raise QueryError(_NEGATIVE, offset=node.child.start, end=node.child.end)


def _check_not(node: Not, lists: Mapping[str, Sequence[str]], scope: Scoped | None) -> None:
    if isinstance(node.child, Not):
        raise QueryError("NOT NOT cancels itself out: remove both", offset=node.start, end=node.end)
    _check(node.child, lists, scope)
    if not _is_positive(node.child):
        raise QueryError(_NEGATIVE, offset=node.child.start, end=node.child.end)


def _check_near(node: Near, lists: Mapping[str, Sequence[str]], scope: Scoped | None) -> None:
    for operand in (node.left, node.right):
        _check_operand("NEAR and ONEAR take", operand, lists, scope)
    _check_common_field(node)


def _check_operand(
    taker: str, operand: Node, lists: Mapping[str, Sequence[str]], scope: Scoped | None
) -> None:
    wrong = _not_an_operand(operand)
    if wrong:
        raise QueryError(
            f"{taker} phrases, lists, NEARs and OR-groups of them, not {wrong[0]}",
            offset=wrong[1].start,
            end=wrong[1].end,
        )
    _check(operand, lists, scope)


def _not_an_operand(node: Node) -> tuple[str, Node] | None:
    """The first part of the node that NEAR cannot take, with its name; None where NEAR can take it all."""
    match node:
        case Phrase() | ListTerm():
            return None
        case Scoped() | Edge():
            return _not_an_operand(node.child)
        case Near():
            return _not_an_operand(node.left) or _not_an_operand(node.right)
        case Or():
            return next(filter(None, map(_not_an_operand, node.children)), None)
        case Pattern():
            return "a /pattern/", node
        case Identity():
            return "tag: or source:", node
        case Not():
            return "NOT", node
        case And():
            return "AND", node
        case _:
            assert_never(node)


def _check_common_field(node: Near) -> None:
    left, right = _fields(node.left), _fields(node.right)
    if left and right and not left & right:
        raise QueryError(
            "the two sides of NEAR look in different fields and can never be near each other",
            offset=node.start,
            end=node.end,
        )


def _fields(node: Node) -> set[str]:
    """The fields to which an operand is limited; empty where it is not limited."""
    match node:
        case Scoped():
            return {node.field}
        case Or():
            parts = [_fields(child) for child in node.children]
            return set().union(*parts) if all(parts) else set()
        case Edge():
            return _fields(node.child)
        case Near():
            left, right = _fields(node.left), _fields(node.right)
            return left & right if left and right else left or right
        case Phrase() | ListTerm() | Pattern() | Identity() | Not() | And():
            return set()
        case _:
            assert_never(node)
