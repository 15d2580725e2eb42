"""What plans are made of: the shared tables of phrases, sets and patterns, and the field bits."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from newswatch.models import TextField
from newswatch.rules.nodes import PhraseKind

Plan = list[Any]
PhraseKey = tuple[PhraseKind, tuple[tuple[str, bool], ...]]
"""Kind and words; a word is its text and whether it is a prefix."""

FIELD_BITS: dict[TextField, int] = {"title": 1, "summary": 2, "body": 4, "author": 8}
DEFAULT_BITS = 7


@dataclass(slots=True)
class Tables:
    """What plans refer to by number, each entry once."""

    phrases: list[PhraseKey] = field(default_factory=list)
    sets: list[tuple[int, ...]] = field(default_factory=list)
    patterns: list[str] = field(default_factory=list)
    uses_author: bool = False
    """Whether any rule looks at the author, which is not tokenised otherwise."""
