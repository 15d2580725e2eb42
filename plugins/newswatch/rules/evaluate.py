"""Evaluates one rule's plan over one scanned item."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable
from typing import Any

from typing_extensions import assert_never

from newswatch.models import Span
from newswatch.rules.negation import Guard
from newswatch.rules.nodes import TEXT_FIELDS
from newswatch.rules.patterns import searchable
from newswatch.rules.scan import Hit, Scan
from newswatch.rules.tables import FIELD_BITS, Plan, kind_of

Found = tuple[list[Hit], list[Span]]
"""What makes a plan match: tokens, and other pieces of text (matches of patterns, headlines)."""

Place = tuple[int, int] | None
"""The place of an OR branch in the query; None for the whole query."""


class Evaluation:
    """Evaluates plans over one item. `guard` drops negated hits; None keeps them."""

    def __init__(self, scan: Scan, patterns: list[Any], tags: frozenset[str], source: str) -> None:
        self._scan = scan
        self._patterns = patterns
        self._ids = {"tag": tags, "source": frozenset((source,))}
        self._guard: Guard | None = None

    def why(self, plan: Plan, guard: Guard | None) -> tuple[Found, Place] | None:
        """What makes the plan match, and the first OR branch that matches; None if the plan does not match."""
        self._guard = guard
        return self._why(plan)

    def _why(self, plan: Plan) -> tuple[Found, Place] | None:
        if plan[0] != "|":
            found = self._evaluate(plan)
            return None if found is None else (found, None)
        parts = []
        place: Place = None
        for branch, start, end in plan[1]:
            reasons = self._why(branch)
            if reasons:
                parts.append(reasons[0])
                place = place or reasons[1] or (start, end)
        return (_union(parts), place) if parts else None

    def _evaluate(self, plan: Plan) -> Found | None:
        kind = kind_of(plan)
        match kind:
            case "p" | "s":
                return self._unless_negated(self._operand(plan))
            case "n":
                return self._near(plan)
            case "r":
                return self._pattern(plan)
            case "i":
                return self._identity(plan)
            case "!":
                return self._not(plan)
            case "&":
                return self._and(plan)
            case "|":
                return self._or(plan)
            case _:
                assert_never(kind)

    def _unless_negated(self, hits: list[Hit]) -> Found | None:
        if self._guard:
            hits = [hit for hit in hits if not self._guard.negates(self._scan, hit)]
        return (hits, []) if hits else None

    def _near(self, plan: Plan) -> Found | None:
        _, left, right, distance, ordered = plan
        lefts = self._operand(left)
        rights = sorted(self._operand(right)) if lefts else []
        hits: set[Hit] = set()
        for first in lefts:
            for second in closest(first, rights, distance, ordered=ordered):
                if self._is_near_match(first, second):
                    hits.update((first, second))
        return (sorted(hits), []) if hits else None

    def _is_near_match(self, left: Hit, right: Hit) -> bool:
        first, second = sorted((left, right))
        if not self._scan.same_block(first[0], second[1]):
            return False
        return self._guard is None or not self._guard.negates_pair(self._scan, first, second)

    def _operand(self, plan: Plan) -> list[Hit]:
        """The hits of a phrase, a set, or an OR-group of them: all that NEAR takes."""
        if plan[0] == "p":
            return self._scan.phrase(plan[1], plan[2])
        if plan[0] == "s":
            return self._scan.phrase_set(plan[1], plan[2])
        return sorted({hit for branch, _, _ in plan[1] for hit in self._operand(branch)})

    def _pattern(self, plan: Plan) -> Found | None:
        _, number, bits = plan
        spans = []
        for field, text in zip(TEXT_FIELDS[: len(self._scan.texts)], self._scan.texts, strict=True):
            if FIELD_BITS[field] & bits:
                for match in self._patterns[number].finditer(searchable(text)):
                    start, end = match.span()
                    if end > start:
                        spans.append(Span(field, start, end))
        return ([], spans) if spans else None

    def _identity(self, plan: Plan) -> Found | None:
        """A tag or source has no words in the text, so the span is the first field that has text."""
        if plan[2] not in self._ids[plan[1]]:
            return None
        for field, text in zip(TEXT_FIELDS[: len(self._scan.texts)], self._scan.texts, strict=True):
            if text.strip() and field != "author":
                return [], [Span(field, 0, len(text))]
        return None

    def _not(self, plan: Plan) -> Found | None:
        # A negated mention is still a mention, so NOT is evaluated without the guard.
        guard, self._guard = self._guard, None
        found = self._evaluate(plan[1])
        self._guard = guard
        return ([], []) if found is None else None

    def _and(self, plan: Plan) -> Found | None:
        parts = []
        for child in plan[1]:
            found = self._evaluate(child)
            if found is None:
                return None
            parts.append(found)
        return _union(parts)

    def _or(self, plan: Plan) -> Found | None:
        parts = [found for child, _, _ in plan[1] if (found := self._evaluate(child)) is not None]
        return _union(parts) if parts else None


def _union(parts: Iterable[Found]) -> Found:
    hits: list[Hit] = []
    spans: list[Span] = []
    for part in parts:
        hits.extend(part[0])
        spans.extend(part[1])
    return hits, spans


def closest(first: Hit, others: list[Hit], distance: int, *, ordered: bool) -> list[Hit]:
    """The hits that do not overlap `first` and have at most `distance` tokens between."""
    start, end = first
    after = others[bisect_left(others, (end, 0)) : bisect_left(others, (end + distance + 1, 0))]
    if ordered:
        return after
    before = [
        other
        for other in others[: bisect_left(others, (start, 0))]
        if other[1] <= start and start - other[1] <= distance
    ]
    return [*before, *after]
