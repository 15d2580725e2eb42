"""What plans are made of: their kinds, the field bits, and the tables of phrases, sets and patterns."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

from newswatch.models import TextField
from newswatch.rules.nodes import How

Plan = list[Any]
"""A query ready for matching; `plan` describes its form."""
PlanKind = Literal["p", "s", "r", "i", "e", "n", "!", "&", "|"]
PhraseKey = tuple[tuple[str, How, int], ...]
"""The words: text, how it is compared, and the gap before it."""

FIELD_BITS: dict[TextField, int] = {"title": 1, "summary": 2, "body": 4, "author": 8}
DEFAULT_BITS = 7


def kind_of(plan: Plan) -> PlanKind:
    """The kind of a plan, typed, so that mypy sees where a new kind is not handled."""
    kind: PlanKind = plan[0]
    return kind


@dataclass(slots=True)
class Tables:
    """What plans refer to by number, each entry once."""

    phrases: list[PhraseKey] = field(default_factory=list)
    sets: list[tuple[int, ...]] = field(default_factory=list)
    patterns: list[str] = field(default_factory=list)
    uses_author: bool = False
    """Whether any rule looks at the author. Otherwise the author is not cut into tokens."""
