"""What keeps a rule, or a part of it, from matching an item."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from newswatch.models import Span

Cause = Literal[
    "absent",
    "part",
    "form",
    "elsewhere",
    "apart",
    "order",
    "separate",
    "negated",
    "question",
    "excluded",
    "feed",
    "language",
]

NEGATED_CREDIT, FOUND_ELSEWHERE_CREDIT, PART_CREDIT = 0.9, 0.8, 0.7
"""What a term counts that was nearly found, where one that was found counts 1."""


@dataclass(frozen=True, slots=True)
class Failing:
    """A term that keeps the rule from matching. `spans` is the nearest that the text comes to it."""

    term: str
    cause: Cause
    text: str
    spans: tuple[Span, ...] = ()


@dataclass(frozen=True, slots=True)
class Verdict:
    """One part of the query, or an event: what fails and holds in it, and how much of what must be there is."""

    failing: tuple[Failing, ...] = ()
    found: tuple[tuple[str, Span], ...] = ()
    have: float = 0.0
    want: float = 0.0

    @property
    def rank(self) -> tuple[bool, float, int]:
        """The greater, the nearer."""
        return not self.failing, self.have / self.want if self.want else 0.0, -len(self.failing)
