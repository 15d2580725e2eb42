"""What rules would have caught: items in, one at a time, hits per rule and day out. Pure.

An item counts once, however many of its revisions are kept: it is a hit of a rule if any revision is. It counts on
the day it was published. If that is unknown or outside the window (old items of a new feed), it counts on the day it
was first seen. A rule counts as expired by the day the item was first seen, as in matching.

It needs about 200 bytes for an item and 4 bytes for a hit. Texts are kept for examples only.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from newswatch.models import Excerpt, Item, Match, Rule, Span
from newswatch.pipeline.authoring.hit_stories import HitStories
from newswatch.rules.excerpt import excerpts_for
from newswatch.stories.wording import Wording

MAX_SPANS = 50
"""Spans of one example: a long text may repeat its words many times."""


class Matcher(Protocol):
    """What counting needs of a watchlist. `newswatch.pipeline.match.watch.Watch` implements it."""

    def matches(self, item: Item, today: str) -> list[tuple[Rule, Match]]:
        """The rules, not expired on that ISO date, that the item satisfies."""
        ...

    def wording(self, item: Item) -> Wording:
        """The words of an item's title and summary, by which reports of one story are found."""
        ...


@dataclass(frozen=True, slots=True)
class Example:
    """A hit to show: the first stored revision that is a hit, and why."""

    item: Item
    day: str
    spans: tuple[Span, ...]
    alternative: str
    excerpts: tuple[Excerpt, ...]


@dataclass(frozen=True, slots=True)
class RuleReport:
    """One rule's hits. `days` maps ISO dates (UTC) to hits; days without hits are left out.

    `gained` and `lost` are item ids compared with the rule in force, in the order in which the items were stored.
    `compared` says whether there was a rule to compare with.
    """

    rule: str
    hits: int
    stories: int
    days: Mapping[str, int]
    examples: tuple[Example, ...] = ()
    gained: tuple[str, ...] = ()
    lost: tuple[str, ...] = ()
    gained_examples: tuple[Example, ...] = ()
    lost_examples: tuple[Example, ...] = ()
    compared: bool = False
    irrelevant: int = 0
    """Items that readers marked as not relevant to this rule, at any time."""
    irrelevant_hits: tuple[Example, ...] = ()
    """Those of them that it would still catch."""


@dataclass(frozen=True, slots=True)
class Window:
    """The time that is tried; both ends aware, in UTC."""

    since: datetime
    until: datetime

    def day_of(self, item: Item) -> str:
        """The ISO date on which an item counts."""
        for moment in (item.published, item.first_seen):
            if moment is not None and self.since <= moment <= self.until:
                return moment.date().isoformat()
        return max(self.since, min(item.first_seen, self.until)).date().isoformat()


@dataclass(slots=True)
class _Hits:
    """One rule's hits while they are counted: sorted numbers of items and stories."""

    compared: bool
    items: array[int] = field(default_factory=lambda: array("L"))
    stories: array[int] = field(default_factory=lambda: array("L"))
    before: array[int] = field(default_factory=lambda: array("L"))
    days: Counter[str] = field(default_factory=Counter)
    examples: list[Example] = field(default_factory=list)
    gained: dict[int, Example] = field(default_factory=dict)
    lost: dict[int, Example] = field(default_factory=dict)
    irrelevant: int = 0
    irrelevant_hits: list[Example] = field(default_factory=list)


class HitCount:
    """Counts the hits of `rule_ids` among the items passed to `add`.

    `now` has the rules to try, `before` the versions in force of the `compared` rules. At most `limit` examples are kept
    in each of a rule's lists: hits, gains and losses.
    """

    def __init__(
        self,
        rule_ids: Sequence[str],
        now: Matcher,
        window: Window,
        *,
        before: Matcher | None = None,
        compared: Iterable[str] = (),
        limit: int = 10,
    ) -> None:
        chosen = frozenset(compared) if before is not None else frozenset()
        self._rules = {rule_id: _Hits(rule_id in chosen) for rule_id in rule_ids}
        self._now = now
        self._before = before
        self._window = window
        self._limit = limit
        self._numbers: dict[str, int] = {}
        self._stories = HitStories(now.wording)

    @property
    def items(self) -> int:
        """How many different items were added."""
        return len(self._numbers)

    def add(self, item: Item) -> None:
        """Count one item, or another revision of it."""
        number = self._numbers.setdefault(item.id, len(self._numbers))
        seen = item.first_seen.date().isoformat()
        now = {rule.id: match for rule, match in self._now.matches(item, seen)}
        for rule_id, match in now.items():
            self._hit(self._rules[rule_id], number, item, match)
        if self._before is not None:
            before = {rule.id: match for rule, match in self._before.matches(item, seen)}
            self._compare(number, item, now, before)

    def caught(self, rule_id: str) -> frozenset[str]:
        """The ids of the items that a rule hit so far."""
        names = list(self._numbers)
        return frozenset(names[number] for number in self._rules[rule_id].items)

    def _hit(self, hits: _Hits, number: int, item: Item, match: Match) -> None:
        if not _note(hits.items, number):
            return
        _note(hits.stories, self._stories.number_of(number, item))
        hits.days[self._window.day_of(item)] += 1
        if len(hits.examples) < self._limit:
            hits.examples.append(self._example(item, match))

    def _compare(
        self, number: int, item: Item, now: Mapping[str, Match], before: Mapping[str, Match]
    ) -> None:
        """Count the hits of the rules in force, and keep examples of where the two differ."""
        for rule_id, match in before.items():
            hits = self._rules[rule_id]
            _note(hits.before, number)
            hits.gained.pop(number, None)
            if not _has(hits.items, number) and number not in hits.lost and len(hits.lost) < self._limit:
                hits.lost[number] = self._example(item, match)
        for rule_id, match in now.items():
            hits = self._rules[rule_id]
            hits.lost.pop(number, None)
            new = hits.compared and not _has(hits.before, number)
            if new and number not in hits.gained and len(hits.gained) < self._limit:
                hits.gained[number] = self._example(item, match)

    def _example(self, item: Item, match: Match) -> Example:
        return Example(
            item=item,
            day=self._window.day_of(item),
            spans=match.spans[:MAX_SPANS],
            alternative=match.alternative,
            excerpts=excerpts_for(item, match.spans),
        )

    def add_irrelevant(self, rule_id: str, item: Item) -> None:
        """Try a rule on an item that a reader marked as not relevant to it."""
        hits = self._rules[rule_id]
        hits.irrelevant += 1
        for rule, match in self._now.matches(item, item.first_seen.date().isoformat()):
            if rule.id == rule_id:
                hits.irrelevant_hits.append(self._example(item, match))

    def reports(self) -> tuple[RuleReport, ...]:
        """The counts so far, in the order of the rules."""
        names = list(self._numbers)
        return tuple(_report(rule_id, hits, names) for rule_id, hits in self._rules.items())


def backtest(
    items: Iterable[Item],
    rule_ids: Sequence[str],
    now: Matcher,
    window: Window,
    *,
    before: Matcher | None = None,
    limit: int = 10,
) -> tuple[RuleReport, ...]:
    """The hits of rules among items. Each rule is compared with `before` if that is given."""
    hits = HitCount(rule_ids, now, window, before=before, compared=rule_ids, limit=limit)
    for item in items:
        hits.add(item)
    return hits.reports()


def _has(numbers: array[int], number: int) -> bool:
    at = bisect_left(numbers, number)
    return at < len(numbers) and numbers[at] == number


def _note(numbers: array[int], number: int) -> bool:
    """Insert a number in order; False if it was there. Nearly always its place is the end."""
    at = bisect_left(numbers, number)
    if at < len(numbers) and numbers[at] == number:
        return False
    numbers.insert(at, number)
    return True


def _report(rule_id: str, hits: _Hits, names: Sequence[str]) -> RuleReport:
    gained = sorted(set(hits.items) - set(hits.before)) if hits.compared else ()
    lost = sorted(set(hits.before) - set(hits.items))
    return RuleReport(
        rule=rule_id,
        hits=len(hits.items),
        stories=len(hits.stories),
        days=dict(sorted(hits.days.items())),
        examples=tuple(hits.examples),
        gained=tuple(names[number] for number in gained),
        lost=tuple(names[number] for number in lost),
        gained_examples=tuple(hits.gained.values()),
        lost_examples=tuple(hits.lost.values()),
        compared=hits.compared,
        irrelevant=hits.irrelevant,
        irrelevant_hits=tuple(hits.irrelevant_hits),
    )
