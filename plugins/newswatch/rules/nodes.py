"""The parts of a query, as parsed. `start` and `end` are code-point offsets into the query text."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from newswatch.models import TextField

DEFAULT_FIELDS: tuple[TextField, ...] = ("title", "summary", "body")
TEXT_FIELDS: tuple[TextField, ...] = ("title", "summary", "body", "author")

How = Literal["stem", "exact", "case", "prefix"]
"""How a word is compared: any form of it, this form, this form and case, or every word that begins so."""


@dataclass(frozen=True, slots=True)
class Word:
    """One word of a phrase, folded, or as written where its case counts.

    At most `gap` other words are between it and the word before it.
    """

    text: str
    how: How = "stem"
    gap: int = 0


@dataclass(frozen=True, slots=True)
class Phrase:
    """Words in this order, side by side except where a word has a gap before it."""

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
class Edge:
    """What must begin a field (`opens`), end it (`closes`), or be all of it."""

    child: Node
    opens: bool
    closes: bool
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Near:
    """Two operands with at most `distance` tokens between them; `ordered`: the left one first.

    A `distance` of None means in the same sentence. A chain is a Near whose left operand is a Near.
    """

    left: Node
    right: Node
    distance: int | None
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


Node = Phrase | ListTerm | Pattern | Identity | Scoped | Edge | Near | Not | And | Or


@dataclass(frozen=True, slots=True)
class Query:
    """A parsed query. `text` is the query as written."""

    text: str
    root: Node
