"""From syntax trees to plans: what the matcher evaluates, as plain lists that JSON can hold.

A plan is one of::

    ["p", phrase, fields]                       a phrase
    ["s", set, fields]                          any phrase of a set (a list, a run of OR)
    ["r", pattern, fields]                      an RE2 pattern
    ["i", "tag" | "source", id]                 a tag or the feed
    ["n", left, right, distance, ordered]       NEAR, ONEAR
    ["!", plan]  ["&", [plan, …]]               NOT, AND
    ["|", [[plan, start, end], …]]              OR, each branch with its place in the query

`fields` is a sum of `FIELD_BITS`; numbers name entries of `Tables`. Beside its plan a rule has
anchors: plans of kind p, r or i of which at least one is found in every item that matches.
Only the anchors are searched for in all items.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from newswatch.models import Rule, TextField
from newswatch.rules.lists import expand_list
from newswatch.rules.nodes import (
    And,
    Identity,
    ListTerm,
    Near,
    Node,
    Not,
    Or,
    Pattern,
    Phrase,
    PhraseKind,
    Scoped,
)
from newswatch.rules.query import parse_query

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


@dataclass(frozen=True, slots=True)
class RulePlan:
    """One rule ready for matching."""

    rule_id: str
    query: str
    plan: Plan
    anchors: list[Plan]
    languages: tuple[str, ...]
    feed_ids: tuple[str, ...]
    feed_tags: tuple[str, ...]
    exclude_negated: bool


class Planner:
    """Plans rules one after the other, sharing phrases, lists and patterns between them."""

    def __init__(self, lists: Mapping[str, Sequence[str]]) -> None:
        self.tables = Tables()
        self._lists = lists
        self._phrase_numbers: dict[PhraseKey, int] = {}
        self._set_numbers: dict[tuple[int, ...], int] = {}
        self._pattern_numbers: dict[str, int] = {}
        self._list_sets: dict[str, int] = {}

    def rule(self, rule: Rule) -> RulePlan:
        """The plan of one rule. Raises QueryError."""
        plan = self._plan(parse_query(rule.query, self._lists).root, DEFAULT_BITS)
        return RulePlan(
            rule_id=rule.id,
            query=rule.query,
            plan=plan,
            anchors=self._anchors(plan)[1],
            languages=rule.languages,
            feed_ids=rule.feeds.ids,
            feed_tags=rule.feeds.tags,
            exclude_negated=rule.negation == "exclude",
        )

    def _plan(self, node: Node, bits: int) -> Plan:
        if isinstance(node, Phrase):
            return ["p", self._phrase(node), bits]
        if isinstance(node, ListTerm):
            return ["s", self._list(node.name), bits]
        if isinstance(node, Pattern):
            return ["r", _number(node.regex, self._pattern_numbers, self.tables.patterns), bits]
        if isinstance(node, Identity):
            return ["i", node.kind, node.value]
        if isinstance(node, Scoped):
            return self._plan(node.child, FIELD_BITS[node.field])
        if isinstance(node, Not):
            return ["!", self._plan(node.child, bits)]
        if isinstance(node, Near):
            return [
                "n",
                self._plan(node.left, bits),
                self._plan(node.right, bits),
                node.distance,
                node.ordered,
            ]
        return self._junction(node, bits)

    def _junction(self, node: And | Or, bits: int) -> Plan:
        plans = [self._plan(child, bits) for child in node.children]
        if isinstance(node, Or):
            return [
                "|",
                [[plan, child.start, child.end] for plan, child in zip(plans, node.children, strict=True)],
            ]
        # The rarest first: what fails, fails early. NOT last, since it needs no evaluation then.
        plans.sort(key=lambda plan: (plan[0] == "!", self._anchors(plan)[0]))
        return ["&", plans]

    def _phrase(self, node: Phrase) -> int:
        key: PhraseKey = (node.kind, tuple((word.text, word.prefix) for word in node.words))
        return _number(key, self._phrase_numbers, self.tables.phrases)

    def _list(self, name: str) -> int:
        if name not in self._list_sets:
            numbers = tuple(self._phrase(phrase) for phrase in expand_list(name, self._lists))
            self._list_sets[name] = _number(numbers, self._set_numbers, self.tables.sets)
        return self._list_sets[name]

    def _anchors(self, plan: Plan) -> tuple[float, list[Plan]]:
        """How often the anchors are guessed to occur in an item, and the anchors."""
        kind = plan[0]
        if kind == "p":
            return _frequency(self.tables.phrases[plan[1]]), [plan]
        if kind == "s":
            numbers = self.tables.sets[plan[1]]
            phrases = self.tables.phrases
            return sum(_frequency(phrases[n]) for n in numbers), [["p", n, plan[2]] for n in numbers]
        if kind == "r":
            return 0.5, [plan]
        if kind == "i":
            return 0.2, [plan]
        if kind == "!":
            return float("inf"), []
        if kind == "n":
            return min(self._anchors(plan[1]), self._anchors(plan[2]), key=_cost)
        if kind == "&":
            return min((self._anchors(child) for child in plan[1]), key=_cost)
        parts = [self._anchors(child) for child, _, _ in plan[1]]
        return sum(cost for cost, _ in parts), [anchor for _, anchors in parts for anchor in anchors]


def walk(plan: Plan) -> Iterator[Plan]:
    """The plan and all plans within it."""
    yield plan
    kind = plan[0]
    if kind == "!":
        inner = [plan[1]]
    elif kind == "n":
        inner = [plan[1], plan[2]]
    elif kind == "&":
        inner = plan[1]
    elif kind == "|":
        inner = [branch for branch, _, _ in plan[1]]
    else:
        inner = []
    for child in inner:
        yield from walk(child)


def _number(key: Any, numbers: dict[Any, int], table: list[Any]) -> int:
    number = numbers.get(key)
    if number is None:
        number = numbers[key] = len(table)
        table.append(key)
    return number


def _cost(part: tuple[float, list[Plan]]) -> float:
    return part[0]


_COMMON = frozenset(
    (
        "a", "an", "the", "of", "in", "on", "to", "for", "and", "or", "by",
        "is", "are", "be", "was", "were", "has", "have", "had", "it", "its", "as",
        "at", "with", "that", "this", "from", "said", "say", "says", "will", "not", "no",
        "new", "more", "over", "after", "up", "out", "about", "who", "what", "but", "he",
        "she", "they", "his", "her", "their", "we", "us", "i", "you", "и", "в",
        "на", "по", "с", "о", "не", "что", "за", "к", "из", "у", "от",
        "для", "der", "die", "das", "und", "le", "la", "les", "de", "el", "los",
    )
)  # fmt: skip


def _frequency(key: PhraseKey) -> float:
    """A guess at how often a phrase occurs in an item: short words and few words occur often."""
    guess = 1.0
    for text, prefix in key[1]:
        if text in _COMMON:
            guess *= 0.5
        elif len(text) <= 3:
            guess *= 0.05
        else:
            guess *= (0.04 if prefix else 0.02) * 4 / len(text)
    return guess
