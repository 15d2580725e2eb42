"""Rules for people: how often they alert, when they did last, who owns them, what mutes them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import get_args

from newswatch.models import Bundle, Rule
from newswatch.pipeline.authoring.muting import muted_now
from newswatch.pipeline.base.services import Services
from newswatch.pipeline.match.watch import Watch
from newswatch.store import archive, labelled
from newswatch.store.client import redis_errors
from newswatch.store.codec import from_ms, to_ms
from newswatch.store.labelled import Counted, Labelled
from newswatch.store.mutes import Mute

STRIP_DAYS = 28


@dataclass(frozen=True, slots=True)
class RuleLine:
    """One rule. `days` are its alerts on each of the last days, today last. `last` is None without a stored alert.

    The others count items: with an acknowledged alert of it, marked as not relevant to it, and missed by it.
    """

    rule: Rule
    days: tuple[int, ...]
    last: datetime | None
    expired: bool
    mutes: tuple[Mute, ...]
    acknowledged: int = 0
    irrelevant: int = 0
    missed: int = 0

    @property
    def state(self) -> str:
        """One of "expired", "muted" (everywhere or in one channel) and "in force"."""
        if self.expired:
            return "expired"
        return "muted" if self.mutes else "in force"


def chosen(bundle: Bundle, wanted: str) -> list[Rule]:
    """Rules whose id, query or event, or owner contains the text. Pure."""
    needle = wanted.casefold()
    if not needle:
        return list(bundle.rules)
    return [rule for rule in bundle.rules if any(needle in text.casefold() for text in _texts(rule))]


def _texts(rule: Rule) -> tuple[str, ...]:
    return (rule.id, rule.subject, rule.owner or "")


async def silent_rules(services: Services, rules: Sequence[Rule]) -> list[Rule]:
    """Those of these rules that have no stored alert. Raises RedisUnavailable."""
    with redis_errors():
        last = await archive.all_last_hits(services.redis)
    horizon_ms = to_ms(services.clock()) - int(services.settings.alert_retention_s * 1000)
    return [rule for rule in rules if last.get(rule.id, 0) < horizon_ms]


async def recorded_since(services: Services) -> datetime | None:
    """The oldest alert that is stored: before that nothing is known. None without any. Raises RedisUnavailable."""
    with redis_errors():
        oldest = await archive.oldest_alert_ms(services.redis)
    return None if oldest is None else from_ms(oldest)


async def read_lines(services: Services, rules: Sequence[Rule], days: int = STRIP_DAYS) -> list[RuleLine]:
    """These rules with their figures, the alerts of the last `days` days. Raises RedisUnavailable."""
    now = services.clock()
    ids = [rule.id for rule in rules]
    with redis_errors():
        hits = await archive.hits_of(services.redis, ids, to_ms(now), days)
        last = await archive.last_hits(services.redis, ids)
        marks = await labelled.count_labelled(services.redis, get_args(Counted), ids)
    mutes = await muted_now(services)
    return [_line(rule, hits[rule.id], last.get(rule.id), mutes, now, marks) for rule in rules]


async def irrelevant_to(
    services: Services, bundle: Bundle | None, rule_id: str
) -> list[tuple[Labelled, bool]]:
    """Items that readers marked as not relevant to a rule, each with whether the rule in force would catch it.

    Raises RedisUnavailable.
    """
    with redis_errors():
        found = await labelled.read_labelled(services.redis, "irrelevant", rule_id)
    rules = [rule for rule in bundle.rules if rule.id == rule_id] if bundle else []
    if bundle is None or not rules:
        return [(one, False) for one in found]
    watch = Watch(
        replace(bundle, rules=tuple(rules)), services.settings, {feed.id: feed for feed in bundle.feeds}
    )
    return [(one, bool(watch.matches(one.item, one.item.first_seen.date().isoformat()))) for one in found]


def _line(
    rule: Rule,
    days: Sequence[int],
    last_ms: int | None,
    mutes: Sequence[Mute],
    now: datetime,
    marks: Mapping[Counted, Mapping[str, int]],
) -> RuleLine:
    return RuleLine(
        rule=rule,
        days=tuple(days),
        last=from_ms(last_ms) if last_ms else None,
        expired=rule.expires is not None and rule.expires < now.date().isoformat(),
        mutes=tuple(mute for mute in mutes if mute.rule_id == rule.id),
        acknowledged=marks["acknowledged"].get(rule.id, 0),
        irrelevant=marks["irrelevant"].get(rule.id, 0),
        missed=marks["missed"].get(rule.id, 0),
    )
