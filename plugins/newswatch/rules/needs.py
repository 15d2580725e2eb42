"""What a touched rule needs besides its anchor: a cheap no before the costly answer.

At 80,000 rules an item touches some fifteen that do not match, and what they cost is less the work
than the waiting for memory: nothing about them is in the processor's caches. So what a rule needs is one
string, next to nothing else to be fetched, written when the rule is first touched.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence

from newswatch.rules.plan import RulePlan
from newswatch.rules.tables import Plan

_AND, _OR = "\x04", "\x05"
"""Between the groups, and between the pieces of stream of which a group must have one."""

_MOST_ALTERNATIVES = 12


class Needs:
    """The needs of every rule. `runs` are the pieces of stream that prove phrases, "" for none."""

    def __init__(
        self, rules: Sequence[RulePlan], runs: Sequence[str], sets: Sequence[tuple[int, ...]]
    ) -> None:
        self._rules = rules
        self._runs = runs
        self._sets = sets
        self._packed: list[str | None] = [None] * len(rules)

    def possible(self, touched: Iterable[int], stream: str) -> list[int]:
        """Those of the touched rules whose other necessary parts occur too."""
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
        """The needs but for those that the anchors stand for: of these one is known to be there."""
        groups = self._groups(json.loads(rule.plan))
        if not rule.anchor_patterns and not rule.anchor_ids:
            anchors = {self._runs[phrase] for phrase in rule.anchor_phrases}
            groups = [group for group in groups if not anchors.issubset(group)]
        return _AND.join(_OR.join(group) for group in groups if len(group) <= _MOST_ALTERNATIVES)

    def _groups(self, plan: Plan) -> list[list[str]]:
        """For each necessary part the runs of which one must occur; parts hard to name are left out."""
        kind = plan[0]
        if kind == "n":
            return self._groups(plan[1]) + self._groups(plan[2])
        if kind == "&":
            return [group for child in plan[1] for group in self._groups(child)]
        runs = self._alternatives(plan)
        return [runs] if runs else []

    def _alternatives(self, plan: Plan) -> list[str] | None:
        """The runs of which one occurs wherever the plan holds; None where that cannot be said."""
        kind = plan[0]
        if kind == "p":
            return [run] if (run := self._runs[plan[1]]) else None
        if kind == "s":
            parts = [["p", member] for member in self._sets[plan[1]]]
        elif kind == "|":
            parts = [branch for branch, _, _ in plan[1]]
        else:
            return None
        runs: list[str] = []
        for part in parts:
            inner = self._alternatives(part)
            if inner is None:
                return None
            runs.extend(inner)
        return runs
