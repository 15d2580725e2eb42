"""The rules that a draft of a file would change, and what each of them would gain and lose among the stored items."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from newswatch.config.checked_file import UsedNames
from newswatch.config.draft import Draft
from newswatch.errors import QueryError
from newswatch.models import Bundle, Rule
from newswatch.pipeline.authoring.live_report import LiveResults
from newswatch.pipeline.authoring.live_results import BUDGET_S, live_results
from newswatch.pipeline.authoring.rule_history import Kind
from newswatch.pipeline.base.services import Services

MOST_RULES = 6
"""Changed rules that are tried at once. A backtest tries all of them."""


@dataclass(frozen=True, slots=True)
class ChangedRule:
    """A rule that the draft adds, changes or removes: `rule` is as in the draft, or of a removed one as in force."""

    rule: Rule
    kind: Kind


@dataclass(frozen=True, slots=True)
class TriedChange:
    """A changed rule with its results, or why there are none."""

    changed: ChangedRule
    results: LiveResults | None
    error: str = ""


def changed_in(draft: Draft, bundle: Bundle) -> list[ChangedRule]:
    """The rules in which the draft differs from the configuration in force, in their order; removed ones last. Pure.

    A rule counts as changed if a list that it uses is.
    """
    known = {rule.id: rule for rule in bundle.rules}
    lists = _changed_lists(draft.lists, bundle.lists)
    found = [
        ChangedRule(rule, "changed" if rule.id in known else "added")
        for rule in draft.rules
        if known.get(rule.id) != rule or (lists and not lists.isdisjoint(UsedNames.of([rule], {}).lists))
    ]
    kept = {rule.id for rule in draft.rules}
    return found + [ChangedRule(rule, "removed") for rule in bundle.rules if rule.id not in kept]


def _changed_lists(one: Mapping[str, Sequence[str]], other: Mapping[str, Sequence[str]]) -> set[str]:
    """The lists that differ, and those that use one of them."""
    found = {name for name in (*one, *other) if one.get(name) != other.get(name)}
    size = -1
    while found and size < len(found):
        size = len(found)
        found |= {
            name
            for lists in (one, other)
            for name, entries in lists.items()
            if not found.isdisjoint(UsedNames.of([], {name: entries}).lists)
        }
    return found


async def try_changes(
    services: Services, draft: Draft, bundle: Bundle, changes: Sequence[ChangedRule], *, more: bool = False
) -> list[TriedChange]:
    """The first MOST_RULES of these on the stored items of seven days. A removed rule is tried as in force.

    `more` counts on what the last answer left. Raises RedisUnavailable.
    """
    tried = []
    for one in changes[:MOST_RULES]:
        config = bundle if one.kind == "removed" else draft
        try:
            results = await live_results(
                services, config, one.rule, bundle, budget_s=BUDGET_S / 2, limit=0, more=more
            )
            tried.append(TriedChange(one, results))
        except QueryError as error:
            tried.append(TriedChange(one, None, str(error)))
    return tried
