"""From syntax trees to plans: what the matcher evaluates, as plain lists that JSON can hold.

A plan is one of::

    ["p", phrase, fields]                       a phrase
    ["s", set, fields]                          any phrase of a set (a list)
    ["r", pattern, fields]                      an RE2 pattern
    ["i", "tag" | "source", id]                 a tag or the feed
    ["e", plan, opens, closes]                  what begins or ends a field
    ["n", left, right, distance, ordered]       NEAR, ONEAR; a distance of null: in the same sentence
    ["!", plan]  ["&", [plan, …]]               NOT, AND
    ["v", event, [phrase, …]]                   an event, and phrases of which one is in every item that has it
    ["|", [[plan, start, end], …]]              OR, each branch with its place in the query

`fields` is a sum of `FIELD_BITS`; numbers refer to entries of `Tables`. Besides its plan a rule has
anchors: plans of kind p, r or i, at least one of which is found in every item that matches.
Only the anchors are searched for in all items (see `anchors`).
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from typing_extensions import assert_never

from newswatch.models import Rule
from newswatch.rules.anchors import Anchors
from newswatch.rules.event_plan import EventPlanner
from newswatch.rules.lists import expand_list, list_languages
from newswatch.rules.nodes import (
    And,
    Edge,
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
    """The plan as JSON. In a large watchlist most plans are never needed, so most are never decoded."""
    plain: int
    """The phrase, where the query is one phrase and looks in the default fields; else -1."""
    anchor_phrases: tuple[int, ...]
    anchor_patterns: tuple[int, ...]
    anchor_ids: tuple[tuple[str, str], ...]
    languages: tuple[str, ...]
    feed_ids: tuple[str, ...]
    feed_tags: tuple[str, ...]
    exclude_negated: bool


class Planner:
    """Plans rules one after the other. They share the tables of phrases, lists and patterns."""

    def __init__(self, lists: Mapping[str, Sequence[str]]) -> None:
        self.tables = Tables()
        self._planned: list[tuple[Rule, Plan]] = []
        self._lists = lists
        self._phrase_numbers: dict[PhraseKey, int] = {}
        self._set_numbers: dict[tuple[Any, ...], int] = {}
        self._pattern_numbers: dict[str, int] = {}
        self._list_sets: dict[str, int] = {}
        self._events = EventPlanner(lists, self.tables)

    def add(self, rule: Rule) -> None:
        """Plan one rule. Raises QueryError."""
        if rule.event is not None:
            number, anchors = self._events.add(rule.event, rule.modality)
            self._planned.append((rule, ["v", number, [self._phrase(anchor) for anchor in anchors]]))
            return
        plan = self._plan(parse_query(rule.query, self._lists).root, DEFAULT_BITS)
        self._planned.append((rule, plan))

    def plans(self) -> list[RulePlan]:
        """The plans of all rules added. Anchors come last: which words are rare depends on all rules."""
        anchors = Anchors(self.tables, [plan for _, plan in self._planned])
        return [_rule_plan(rule, plan, anchors.choose(plan)) for rule, plan in self._planned]

    def _plan(self, node: Node, bits: int) -> Plan:
        match node:
            case Phrase() | ListTerm() | Pattern() | Identity():
                return self._term(node, bits)
            case Scoped():
                self.tables.uses_author |= node.field == "author"
                return self._plan(node.child, FIELD_BITS[node.field])
            case Edge():
                return ["e", self._plan(node.child, bits), node.opens, node.closes]
            case Near(left=left, right=right):
                return ["n", self._plan(left, bits), self._plan(right, bits), node.distance, node.ordered]
            case Not():
                return ["!", self._plan(node.child, bits)]
            case And():
                plans = [self._plan(child, bits) for child in node.children]
                # NOT last: it need not be evaluated where a term that must be there is missing.
                return ["&", sorted(plans, key=lambda plan: plan[0] == "!")]
            case Or():
                return ["|", [[self._plan(child, bits), child.start, child.end] for child in node.children]]
            case _:
                assert_never(node)

    def _term(self, node: Phrase | ListTerm | Pattern | Identity, bits: int) -> Plan:
        match node:
            case Phrase():
                return ["p", self._phrase(node), bits]
            case ListTerm():
                return ["s", self._list(node.name), bits]
            case Pattern():
                return ["r", _number(node.regex, self._pattern_numbers, self.tables.patterns), bits]
            case Identity():
                return ["i", node.kind, node.value]
            case _:
                assert_never(node)

    def _phrase(self, node: Phrase) -> int:
        key: PhraseKey = tuple((word.text, word.how, word.gap) for word in node.words)
        return _number(key, self._phrase_numbers, self.tables.phrases)

    def _list(self, name: str) -> int:
        if name not in self._list_sets:
            everywhere = self._phrases(name)
            languages = list_languages(name, self._lists)
            bound = {
                lang: tuple(n for n in self._phrases(name, lang) if n not in everywhere) for lang in languages
            }
            # Lists that differ only in the entries for one language are different sets.
            key = (tuple(everywhere), *bound.items())
            number = self._list_sets[name] = self._set_numbers.setdefault(key, len(self.tables.sets))
            if number == len(self.tables.sets):
                self.tables.sets.append(tuple(everywhere))
                if bound:
                    self.tables.set_languages[number] = bound
        return self._list_sets[name]

    def _phrases(self, name: str, lang: str = "") -> dict[int, None]:
        return {self._phrase(phrase): None for phrase in expand_list(name, self._lists, lang)}


def _rule_plan(rule: Rule, plan: Plan, anchors: Sequence[Plan]) -> RulePlan:
    return RulePlan(
        rule_id=rule.id,
        query=rule.subject,
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
