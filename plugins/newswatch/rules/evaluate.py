"""Evaluates one rule's plan over one scanned item."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from typing import Any

from typing_extensions import assert_never

from newswatch.models import Span
from newswatch.rules.budget import Budget
from newswatch.rules.gaps import Hit, Piece, extent, pieces
from newswatch.rules.negation import Guard
from newswatch.rules.nodes import TEXT_FIELDS
from newswatch.rules.patterns import searchable
from newswatch.rules.scan import Scan
from newswatch.rules.tables import FIELD_BITS, Plan, kind_of

MOST_PAIRS = 16
"""A hit is paired with so many hits before it and after it, the nearest. Only a text made of little else has more."""
MOST_HITS = 2_000
"""So many hits of NEAR are kept, the first in the text, so that a chain of NEAR ends soon in any text."""

Found = tuple[list[Hit], list[Span]]
"""What makes a plan match: tokens, and other pieces of text (matches of patterns, headlines)."""

Place = tuple[int, int] | None
"""The place of an OR branch in the query; None for the whole query."""


class Evaluation:
    """Evaluates plans over one item. `guard` drops negated hits; None keeps them."""

    def __init__(
        self, scan: Scan, patterns: list[Any], tags: frozenset[str], source: str, budget: Budget
    ) -> None:
        self._scan = scan
        self._budget = budget
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
            case "e":
                found = self._evaluate(plan[1])
                hits = self._at_edge(plan, found[0]) if found else []
                return (hits, []) if hits else None
            case "n":
                hits = self._operand(plan)
                return (hits, []) if hits else None
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
            case "v":
                raise TypeError("an event is read by newswatch.rules.events, and is never part of a query")
            case _:
                assert_never(kind)

    def _unless_negated(self, hits: list[Hit]) -> Found | None:
        if self._guard:
            hits = [hit for hit in hits if not self._guard.negates(self._scan, hit)]
        return (hits, []) if hits else None

    def _operand(self, plan: Plan) -> list[Hit]:
        """The hits of a phrase, a set, NEAR, or an OR-group of them, sorted: all that NEAR takes.

        Of the guard's rules only those apply that concern what is between the parts of a hit.
        """
        match plan[0]:
            case "p":
                return self._unless_negated_within(self._scan.phrase(plan[1], plan[2]))
            case "s":
                return self._unless_negated_within(self._scan.phrase_set(plan[1], plan[2]))
            case "e":
                return self._at_edge(plan, self._operand(plan[1]))
            case "n":
                self._budget.check()
                lefts = self._operand(plan[1])
                rights = self._operand(plan[2]) if lefts else []
                return near(self._scan, lefts, rights, plan[3], ordered=plan[4], guard=self._guard)
            case _:
                return in_order(hit for branch, _, _ in plan[1] for hit in self._operand(branch))

    def _unless_negated_within(self, hits: list[Hit]) -> list[Hit]:
        guard = self._guard
        return [hit for hit in hits if not guard.negates_within(self._scan, hit)] if guard else hits

    def _at_edge(self, plan: Plan, hits: list[Hit]) -> list[Hit]:
        return [hit for hit in hits if self._scan.is_at_edge(hit, opens=plan[2], closes=plan[3])]

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


def in_order(hits: Iterable[Hit]) -> list[Hit]:
    """The hits in the order of the text, each once."""
    return sorted(set(hits))


def near(
    scan: Scan,
    lefts: Sequence[Hit],
    rights: list[Hit],
    distance: int | None,
    *,
    ordered: bool,
    guard: Guard | None,
) -> list[Hit]:
    """The pairs of hits that are near each other and not negated, each pair as one hit, in order.

    Pairs of the same extent become one hit with the words of all of them, so that a chain stays small.
    """
    joined: dict[Piece, set[Piece]] = {}
    longest = longest_of(rights)
    for left in lefts:
        if len(joined) >= MOST_HITS:
            break
        for right in closest(scan, left, rights, distance, ordered=ordered, longest=longest):
            first, second = (left, right) if left[0] < right[0] else (right, left)
            if guard is None or not guard.negates_pair(scan, first, second):
                joined.setdefault((first[0], second[1]), set()).update(pieces(left), pieces(right))
    return [(*place, tuple(sorted(words))) for place, words in sorted(joined.items())]


def longest_of(hits: Sequence[Hit]) -> int:
    """How many tokens the longest of the hits extends over."""
    return max((hit[1] - hit[0] for hit in hits), default=0)


def closest(
    scan: Scan, hit: Hit, others: list[Hit], distance: int | None, *, ordered: bool, longest: int
) -> list[Hit]:
    """The others in the same block that do not overlap the hit and have at most `distance` tokens between.

    A `distance` of None asks for the same sentence. `longest` is the extent of the longest of the others.
    """
    start, end = extent(hit)
    low, high = (start - distance, end + distance) if distance is not None else scan.sentence(start)
    first = bisect_left(others, (end, 0))
    found = others[first : min(bisect_left(others, (high + 1, 0)), first + MOST_PAIRS)]
    if not ordered:
        before = others[bisect_left(others, (low - longest, 0)) : bisect_left(others, (start, 0))]
        found = [*[other for other in before if low <= other[1] <= start][-MOST_PAIRS:], *found]
    if distance is None:
        return [other for other in found if low <= other[0] and max(end, other[1]) <= high]
    return [other for other in found if scan.same_block(min(start, other[0]), max(end, other[1]))]
