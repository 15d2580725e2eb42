"""A query in words: one sentence, or a nested list where that would be long. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Literal

from typing_extensions import assert_never

from newswatch.models import TextField
from newswatch.quantity import quantity
from newswatch.rules.lists import Lists, list_entries
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
    Query,
    Scoped,
    Word,
)
from newswatch.rules.query import parse_query
from newswatch.rules.query_edits import walk, written

LONGEST = 140
"""A longer part becomes a list of what it consists of."""
DEEPEST = 2
"""So many AND and OR within each other can be said in one sentence."""

Negation = Literal["ignore", "exclude"]


@dataclass(frozen=True, slots=True)
class Clause:
    """A line of the explanation, with the lines below it. Terms are between backticks."""

    text: str
    parts: tuple[Clause, ...] = ()


@dataclass(frozen=True, slots=True)
class ExplainedQuery:
    """`meaning` is what an item must have; `notes` are sentences on forms, fields and negation."""

    meaning: Clause
    notes: tuple[str, ...]


def explain_query(text: str, lists: Lists, negation: Negation = "ignore") -> ExplainedQuery:
    """The query in words. Raises QueryError for one that cannot be read, or that names a list that is not there."""
    query = parse_query(text, lists)
    meaning = _Teller(query, lists).clause(query.root)
    end = "" if meaning.parts else "."
    top = Clause(f"An item matches if it has {meaning.text}{end}", meaning.parts)
    return ExplainedQuery(top, tuple(_notes(query, negation)))


def lines_of(clause: Clause, depth: int = 0) -> Iterator[tuple[int, str]]:
    """Each line with its depth, from 0."""
    yield depth, clause.text
    for part in clause.parts:
        yield from lines_of(part, depth + 1)


def _notes(query: Query, negation: Negation) -> Iterator[str]:
    nodes = [node for node, _ in walk(query.root)]
    if any(word.how == "stem" for node in nodes if isinstance(node, Phrase) for word in node.words):
        yield "Words are found in all their forms, in upper and lower case."
    scoped = [node for node in nodes if isinstance(node, Scoped)]
    if _looks_everywhere(query.root):
        yield f"{'Where no field is named, it' if scoped else 'It'} looks in the title, the summary and the body."
    if any(isinstance(node, Near) for node in nodes):
        yield "Words between are counted within one field and paragraph."
    if negation == "exclude":
        yield "A hit that the text negates, such as “does not oppose”, does not count."


def _looks_everywhere(node: Node) -> bool:
    """Whether a term below is searched in all fields."""
    match node:
        case Scoped() | Identity() | Edge():
            return False
        case And() | Or():
            return any(_looks_everywhere(child) for child in node.children)
        case Near():
            return _looks_everywhere(node.left) or _looks_everywhere(node.right)
        case Not():
            return _looks_everywhere(node.child)
        case _:
            return True


@dataclass(frozen=True, slots=True)
class _Teller:
    query: Query
    lists: Lists

    # ── as a list ─────────────────────────────────────────────────────────────────────────────

    def clause(self, node: Node) -> Clause:
        """A part of the query as one line, or as a line with its parts below."""
        said = self.say(node)
        if len(said) <= LONGEST and _depth(node) <= DEEPEST:
            return Clause(said)
        match node:
            case And():
                return Clause("all of these:", tuple(map(self.clause, node.children)))
            case Or():
                return Clause("at least one of these:", tuple(map(self.clause, node.children)))
            case Not(child=Or() as child):
                return Clause("none of these:", tuple(map(self.clause, child.children)))
            case Not():
                return self._under("not this:", node.child)
            case Scoped():
                inner = self.clause(node.child)
                return Clause(f"{_PLACE[node.field]}, {inner.text}", inner.parts)
            case Near():
                return Clause(f"{_nearness(node)}:", (self.clause(node.left), self.clause(node.right)))
            case Edge():
                return self._under(f"{_edge(node, None)}:", node.child)
            case _:
                return Clause(said)

    def _under(self, text: str, node: Node) -> Clause:
        return Clause(text, (self.clause(node),))

    # ── in a sentence ─────────────────────────────────────────────────────────────────────────

    def say(self, node: Node) -> str:
        """A part of the query in words, after "it has"."""
        match node:
            case Scoped():
                return self._scoped(node)
            case Edge():
                return f"{_edge(node, None)} {self.say(node.child)}"
            case Near():
                return self._near(node)
            case Not():
                return self._none([node.child])
            case And():
                return self._and(node)
            case Or():
                return _one_of([self._operand(child) for child in node.children])
            case _:
                return self._term(node)

    def _term(self, node: Phrase | ListTerm | Pattern | Identity) -> str:
        match node:
            case Phrase():
                return self._phrase(node)
            case ListTerm():
                return self._list(node)
            case Pattern():
                return f"text that the pattern `/{node.regex}/` finds"
            case Identity():
                tag, source = f"the tag `{node.value}`", f"the feed `{node.value}` as its source"
                return tag if node.kind == "tag" else source
            case _:
                assert_never(node)

    def _operand(self, node: Node) -> str:
        """The same, where it must be clear how far it goes."""
        said = self.say(node)
        if isinstance(node, And) and _is_pair(node):
            return f"both {said}"
        group = isinstance(node, Scoped) and isinstance(node.child, And | Or | Near)
        return f"({said})" if group or isinstance(node, And | Near) else said

    def _and(self, node: And) -> str:
        wanted = [self._operand(child) for child in node.children if not isinstance(child, Not)]
        barred = [child.child for child in node.children if isinstance(child, Not)]
        said = _joined(wanted, "and")
        return f"{said}, but {self._none(barred)}" if barred else said

    def _none(self, barred: Sequence[Node]) -> str:
        leaves = [leaf for node in barred for leaf in (node.children if isinstance(node, Or) else (node,))]
        said = [self._operand(leaf) for leaf in leaves]
        if len(said) == 1:
            return f"not {said[0]}"
        return f"neither {said[0]} nor {said[1]}" if len(said) == 2 else f"none of {_joined(said, 'and')}"

    def _scoped(self, node: Scoped) -> str:
        child = node.child
        if isinstance(child, Edge):
            return f"{_edge(child, node.field)} {self.say(child.child)}"
        if isinstance(child, Phrase | ListTerm | Pattern):
            return f"{self.say(child)} {_PLACE[node.field]}"
        return f"{_PLACE[node.field]} {self.say(child)}"

    def _near(self, node: Near) -> str:
        left, right = self.say(node.left), self._operand(node.right)
        if isinstance(node.left, Near):
            return f"{left}; and with that {right}, {_distance(node, 'after it')}"
        if node.ordered and node.distance == 0:
            return f"{left} directly followed by {right}"
        if node.ordered:
            return f"{left}, then {right}, {_distance(node, '')}"
        return f"{left} and {right}, {_distance(node, '')}"

    def _list(self, node: ListTerm) -> str:
        kind = "list" if node.name in self.lists else "pack"
        count = len(list_entries(node.name, self.lists))
        entries = f"any of the {count:,} entries" if count != 1 else "the one entry"
        return f"{entries} of the {kind} `${node.name}`"

    def _phrase(self, node: Phrase) -> str:
        hows = {word.how for word in node.words}
        if len(hows) == 1 and "prefix" not in hows and not any(word.gap for word in node.words):
            return _quoted(written(self.query, node), node.words[0])
        return _pieces(node.words)


_PLACE: dict[TextField, str] = {
    "title": "in the title",
    "summary": "in the summary",
    "body": "in the body",
    "author": "in the author's name",
}
_FIELD: dict[TextField | None, str] = {
    "title": "a title",
    "summary": "a summary",
    "body": "a body",
    "author": "an author's name",
    None: "a title, summary or body",
}


def _quoted(text: str, word: Word) -> str:
    """Words that are compared in one way, as the editor wrote them."""
    bare = " ".join(text.split())
    if word.how == "exact":
        return f"exactly `{bare.replace(chr(34), '')}`"
    if word.how == "case":
        return f"exactly `{bare.strip(chr(39))}` (capitals count)"
    return f"`{bare}`"


def _pieces(words: Sequence[Word]) -> str:
    """A phrase whose words have gaps or are compared in different ways."""
    said: list[str] = []
    for _, run in groupby(_runs(words), key=lambda one: one[0]):
        piece = [word for _, word in run]
        text = " ".join(word.text for word in piece)
        what = f"a word that begins with `{text}`" if piece[0].how == "prefix" else _quoted(text, piece[0])
        gap = piece[0].gap
        if said:
            said.append(f"then {what} {_between(gap)}" if gap else f"directly followed by {what}")
        else:
            said.append(what)
    return " ".join(said) if not any(word.gap for word in words) else ", ".join(said)


def _runs(words: Sequence[Word]) -> Iterator[tuple[int, Word]]:
    """Each word with the number of its run: neighbours without a gap that are compared in the same way."""
    number = 0
    for at, word in enumerate(words):
        if at and (word.gap or word.how == "prefix" or word.how != words[at - 1].how):
            number += 1
        yield number, word


def _edge(node: Edge, field: TextField | None) -> str:
    how = "is only" if node.opens and node.closes else "begins with" if node.opens else "ends with"
    return f"{_FIELD[field]} that {how}"


def _nearness(node: Near) -> str:
    return f"both of these, {_distance(node, 'the second one after the first')}"


def _distance(node: Near, order: str) -> str:
    """How far apart two terms may be; `order` is said if they are in this order."""
    where = "in one sentence" if node.distance is None else _between(node.distance)
    if node.ordered:
        return f"{order}, {where}" if order else where
    return f"in either order, {where}"


def _between(distance: int) -> str:
    return f"with at most {quantity(distance, 'word')} between" if distance else "with nothing between"


def _one_of(said: Sequence[str]) -> str:
    return f"either {said[0]} or {said[1]}" if len(said) == 2 else f"one of {_joined(said, 'or')}"


def _joined(said: Sequence[str], last: str) -> str:
    return said[0] if len(said) == 1 else f"{', '.join(said[:-1])} {last} {said[-1]}"


def _is_pair(node: And) -> bool:
    return len(node.children) == 2 and not any(isinstance(child, Not) for child in node.children)


def _depth(node: Node) -> int:
    match node:
        case And() | Or():
            return 1 + max(map(_depth, node.children))
        case Near():
            return max(_depth(node.left), _depth(node.right))
        case Scoped() | Edge() | Not():
            return _depth(node.child)
        case _:
            return 0
