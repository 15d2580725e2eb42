"""The parts of a query, as parsed. `start` and `end` are code-point offsets into the query text."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from newswatch.models import TextField

DEFAULT_FIELDS: tuple[TextField, ...] = ("title", "summary", "body")
TEXT_FIELDS: tuple[TextField, ...] = ("title", "summary", "body", "author")

PhraseKind = Literal["stem", "exact", "case"]


@dataclass(frozen=True, slots=True)
class Word:
    """One word of a phrase: folded, or as written in an exact-case phrase; or a folded prefix."""

    text: str
    prefix: bool = False


@dataclass(frozen=True, slots=True)
class Phrase:
    """Adjacent words. `stem`: any form of each; `exact`: these forms; `case`: this case too."""

    kind: PhraseKind
    words: tuple[Word, ...]
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class ListTerm:
    """`$name`: any entry of a list."""

    name: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Pattern:
    """`/regex/`: an RE2 expression, case-insensitive, searched in the original text of each field."""

    regex: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Identity:
    """`tag:id` or `source:id`: a whole id, compared regardless of case."""

    kind: Literal["tag", "source"]
    value: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Scoped:
    """A term or group that is searched in one field only."""

    field: TextField
    child: Node
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Near:
    """Two operands with at most `distance` tokens between them; `ordered`: the left one first."""

    left: Node
    right: Node
    distance: int
    ordered: bool
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Not:
    """What must not be there."""

    child: Node
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class And:
    """All children must be there."""

    children: tuple[Node, ...]
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Or:
    """At least one child must be there."""

    children: tuple[Node, ...]
    start: int
    end: int


Node = Phrase | ListTerm | Pattern | Identity | Scoped | Near | Not | And | Or


@dataclass(frozen=True, slots=True)
class Query:
    """A parsed query. `text` is the query as written."""

    text: str
    root: Node
