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
Only the anchors are searched for in all items (see `anchors`).
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from newswatch.models import Rule
from newswatch.rules.anchors import Anchors
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
    Scoped,
)
from newswatch.rules.query import parse_query
from newswatch.rules.tables import DEFAULT_BITS, FIELD_BITS, PhraseKey, Plan, Tables


@dataclass(frozen=True, slots=True)
class RulePlan:
    """One rule ready for matching."""

    rule_id: str
    query: str
    plan: str
    """The plan as JSON: of a large watchlist most rules are never touched, nor their plans read."""
    plain: int
    """The phrase that is all of the query and is sought in the default fields, or -1."""
    anchor_phrases: tuple[int, ...]
    anchor_patterns: tuple[int, ...]
    anchor_ids: tuple[tuple[str, str], ...]
    languages: tuple[str, ...]
    feed_ids: tuple[str, ...]
    feed_tags: tuple[str, ...]
    exclude_negated: bool


class Planner:
    """Plans rules one after the other, sharing phrases, lists and patterns between them."""

    def __init__(self, lists: Mapping[str, Sequence[str]]) -> None:
        self.tables = Tables()
        self._planned: list[tuple[Rule, Plan]] = []
        self._lists = lists
        self._phrase_numbers: dict[PhraseKey, int] = {}
        self._set_numbers: dict[tuple[int, ...], int] = {}
        self._pattern_numbers: dict[str, int] = {}
        self._list_sets: dict[str, int] = {}

    def add(self, rule: Rule) -> None:
        """Plan one rule. Raises QueryError."""
        plan = self._plan(parse_query(rule.query, self._lists).root, DEFAULT_BITS)
        self._planned.append((rule, plan))

    def plans(self) -> list[RulePlan]:
        """The plans of all rules added. Anchors come last: what is rare depends on all rules."""
        anchors = Anchors(self.tables, [plan for _, plan in self._planned])
        return [_rule_plan(rule, plan, anchors.choose(plan)) for rule, plan in self._planned]

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
            self.tables.uses_author |= node.field == "author"
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
        # NOT last: it is of no interest where a term that must be there is missing.
        return ["&", sorted(plans, key=lambda plan: plan[0] == "!")]

    def _phrase(self, node: Phrase) -> int:
        key: PhraseKey = (node.kind, tuple((word.text, word.prefix) for word in node.words))
        return _number(key, self._phrase_numbers, self.tables.phrases)

    def _list(self, name: str) -> int:
        if name not in self._list_sets:
            numbers = tuple(self._phrase(phrase) for phrase in expand_list(name, self._lists))
            self._list_sets[name] = _number(numbers, self._set_numbers, self.tables.sets)
        return self._list_sets[name]


def _rule_plan(rule: Rule, plan: Plan, anchors: Sequence[Plan]) -> RulePlan:
    return RulePlan(
        rule_id=rule.id,
        query=rule.query,
        plan=json.dumps(plan, separators=(",", ":")),
        plain=plan[1] if plan[0] == "p" and plan[2] == DEFAULT_BITS else -1,
        anchor_phrases=tuple(anchor[1] for anchor in anchors if anchor[0] == "p"),
        anchor_patterns=tuple(anchor[1] for anchor in anchors if anchor[0] == "r"),
        anchor_ids=tuple((anchor[1], anchor[2]) for anchor in anchors if anchor[0] == "i"),
        languages=rule.languages,
        feed_ids=rule.feeds.ids,
        feed_tags=rule.feeds.tags,
        exclude_negated=rule.negation == "exclude",
    )


def _number(key: Any, numbers: dict[Any, int], table: list[Any]) -> int:
    number = numbers.get(key)
    if number is None:
        number = numbers[key] = len(table)
        table.append(key)
    return number
