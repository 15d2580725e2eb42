"""What a rule needs besides its anchor: a cheap test before the rule is evaluated.

At 80,000 rules an item contains the anchors of some fifteen rules that do not match. Most of their
cost is waiting for memory, because nothing about them is in the processor's caches. So the needs of a
rule are a single string. It is written when an item first contains an anchor of the rule.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence

from typing_extensions import assert_never

from newswatch.rules.plan import RulePlan
from newswatch.rules.tables import Plan, kind_of

_AND, _OR = "\x04", "\x05"
"""`_AND` separates groups, `_OR` the runs of a group. The stream must contain one run of each group."""

_MOST_ALTERNATIVES = 12


class Needs:
    """The needs of every rule. `runs` has the runs of each phrase, the best first (see `index.Needle`)."""

    def __init__(
        self, rules: Sequence[RulePlan], runs: Sequence[tuple[str, ...]], sets: Sequence[tuple[int, ...]]
    ) -> None:
        self._rules = rules
        self._runs = runs
        self._sets = sets
        self._packed: list[str | None] = [None] * len(rules)

    def possible(self, touched: Iterable[int], stream: str) -> list[int]:
        """The touched rules whose needs the stream meets."""
        packed_needs = self._packed
        kept = []
        for number in touched:
            packed = packed_needs[number]
            if packed is None:
                packed = packed_needs[number] = self._pack(self._rules[number])
            if packed:
                for group in packed.split(_AND):
                    for run in group.split(_OR):
                        if run in stream:
                            break
                    else:
                        break
                else:
                    kept.append(number)
            else:
                kept.append(number)
        return kept

    def _pack(self, rule: RulePlan) -> str:
        """The needs of a rule, without those that the anchors meet: one anchor is known to be there."""
        groups = self._groups(json.loads(rule.plan))
        if not rule.anchor_patterns and not rule.anchor_ids:
            anchors = {run for phrase in rule.anchor_phrases for run in self._runs[phrase][:1]}
            groups = [group for group in groups if not anchors.issubset(group)]
        return _AND.join(_OR.join(group) for group in groups if len(group) <= _MOST_ALTERNATIVES)

    def _groups(self, plan: Plan) -> list[list[str]]:
        """For each necessary part the runs of which one must occur; parts without such runs are left out."""
        kind = kind_of(plan)
        match kind:
            case "p":
                return [[run] for run in self._runs[plan[1]]]
            case "e":
                return self._groups(plan[1])
            case "n":
                return self._groups(plan[1]) + self._groups(plan[2])
            case "&":
                return [group for child in plan[1] for group in self._groups(child)]
            case "s" | "r" | "i" | "!" | "|":
                runs = self._alternatives(plan)
                return [runs] if runs else []
            case "v":
                return []
            case _:
                assert_never(kind)

    def _alternatives(self, plan: Plan) -> list[str] | None:
        """The runs of which one occurs in every item that the plan matches; None if there are no such runs."""
        kind = kind_of(plan)
        match kind:
            case "p":
                return list(self._runs[plan[1]][:1]) or None
            case "e":
                return self._alternatives(plan[1])
            case "s":
                parts = [["p", member] for member in self._sets[plan[1]]]
            case "|":
                parts = [branch for branch, _, _ in plan[1]]
            case "r" | "i" | "n" | "!" | "&" | "v":
                return None
            case _:
                assert_never(kind)
        runs: list[str] = []
        for part in parts:
            inner = self._alternatives(part)
            if inner is None:
                return None
            runs.extend(inner)
        return runs
