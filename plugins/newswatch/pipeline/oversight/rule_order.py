"""The order of the rules on the Watchlist: that of the files, or that of one column."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from newswatch.models import SEVERITIES, Rule
from newswatch.pipeline.authoring.muting import muted_now
from newswatch.pipeline.base.services import Services
from newswatch.pipeline.oversight.rules import STRIP_DAYS
from newswatch.store import archive, labelled
from newswatch.store.client import redis_errors
from newswatch.store.codec import to_ms

LARGEST_FIRST = frozenset({"severity", "alerts", "irrelevant", "last"})
"""Columns of which the first click shows the largest or newest."""
_STATES = ("expired", "muted", "in force")

Value = int | str


@dataclass(frozen=True, slots=True)
class Order:
    """A column and its direction: rule, severity, notifies, alerts, irrelevant, last, owner or state; "" is the files' order."""

    column: str = ""
    down: bool = False

    @classmethod
    def of(cls, written: str) -> Order:
        """As a URL has it: `alerts`, `-alerts` for downwards, "" for the order of the files."""
        return cls(written.removeprefix("-"), written.startswith("-"))

    def __str__(self) -> str:
        return f"-{self.column}" if self.down else self.column

    def after(self, column: str) -> Order:
        """What a click on a column's heading asks for: its usual direction, then the other one, then the files' order."""
        usual = Order(column, column in LARGEST_FIRST)
        if self.column != column:
            return usual
        return Order(column, not self.down) if self == usual else Order()


def ordered(rules: Sequence[Rule], values: Mapping[str, Value], *, down: bool) -> list[Rule]:
    """The rules by their values; those without one come last, and equal ones stay in the order of the files. Pure."""
    known = [rule for rule in rules if rule.id in values]
    known.sort(key=lambda rule: values[rule.id], reverse=down)
    return known + [rule for rule in rules if rule.id not in values]


async def read_values(services: Services, rules: Sequence[Rule], column: str) -> Mapping[str, Value]:
    """What a column shows of each rule, by rule id; nothing for an empty cell. Raises RedisUnavailable."""
    if column == "alerts":
        return await _alerts(services, rules)
    if column == "irrelevant":
        return await _irrelevant(services, rules)
    if column == "last":
        with redis_errors():
            return await archive.all_last_hits(services.redis)
    if column == "state":
        return await _states(services, rules)
    return written_values(rules, column)


def written_values(rules: Sequence[Rule], column: str) -> dict[str, Value]:
    """The values that the rules themselves have: id, severity, receivers, owner. Pure."""
    if column == "severity":
        return {rule.id: SEVERITIES.index(rule.severity) for rule in rules}
    if column == "notifies":
        return {rule.id: ", ".join(rule.notify).casefold() for rule in rules}
    if column == "owner":
        return {rule.id: rule.owner.casefold() for rule in rules if rule.owner}
    return {rule.id: rule.id.casefold() for rule in rules}


async def _alerts(services: Services, rules: Sequence[Rule]) -> dict[str, Value]:
    with redis_errors():
        totals = await archive.hits_totals(services.redis, to_ms(services.clock()), STRIP_DAYS)
    return {rule.id: totals.get(rule.id, 0) for rule in rules}


async def _irrelevant(services: Services, rules: Sequence[Rule]) -> dict[str, Value]:
    with redis_errors():
        found = await labelled.count_labelled(services.redis, ("irrelevant",), [rule.id for rule in rules])
    return dict(found["irrelevant"])


async def _states(services: Services, rules: Sequence[Rule]) -> dict[str, Value]:
    muted = {one.rule_id for one in await muted_now(services)}
    today = services.clock().date().isoformat()

    def state(rule: Rule) -> str:
        if rule.expires is not None and rule.expires < today:
            return "expired"
        return "muted" if rule.id in muted else "in force"

    return {rule.id: _STATES.index(state(rule)) for rule in rules}
