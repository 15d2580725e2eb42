"""Which rules in force gain or lose hits by an upgrade of the packs.

Housekeeping records daily what every rule with a pack catches among the stored items. If the packs have changed since the
last record, it compares the two records over the items that both saw, and notifies ops once.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from newswatch.models import Bundle, Rule, short_hash
from newswatch.packs import packs_version
from newswatch.pipeline.base import notices
from newswatch.pipeline.base.configuration import in_force
from newswatch.pipeline.base.services import Services
from newswatch.pipeline.match.watch import Watch
from newswatch.quantity import quantity
from newswatch.store import rule_hits
from newswatch.store.client import redis_errors
from newswatch.store.codec import to_ms
from newswatch.store.items import stored_items
from newswatch.store.rule_hits import MOST_HITS, HitRecord, RuleHits

log = logging.getLogger("newswatch.packs")

CAUSE = "packs"
MOST_RULES = 10
"""Rules that the notice names."""


@dataclass(frozen=True, slots=True)
class Change:
    """How many stored items a rule catches that it did not catch before, and the other way round."""

    rule_id: str
    gained: int
    lost: int

    def __str__(self) -> str:
        return f"{self.rule_id} +{self.gained} −{self.lost}"


async def note_hits(services: Services) -> int:
    """Note what the rules catch now; notify ops if an upgrade changed it. Returns how many rules changed.

    Raises RedisUnavailable.
    """
    bundle = await in_force(services)
    if bundle is None:
        return 0
    with redis_errors():
        before = await rule_hits.read(services.redis)
        record, claimed = await _count(services, bundle)
    changes: list[Change] = []
    if before is not None and before.packs != record.packs:
        seen = {item_id for item_id, claimed_ms in claimed.items() if claimed_ms <= before.until_ms}
        changes = changes_between(before.rules, record.rules, seen)
        await notices.notify_once(services, CAUSE, upgrade_text(before, record, changes, len(seen)))
    with redis_errors():
        await rule_hits.write(services.redis, record)
    return len(changes)


async def is_outdated(services: Services) -> bool:
    """Whether the packs changed since the rules' hits were noted."""
    with redis_errors():
        record = await rule_hits.read(services.redis)
    return record is not None and record.packs != packs_version()


def changes_between(
    before: Mapping[str, RuleHits], now: Mapping[str, RuleHits], seen: set[str]
) -> list[Change]:
    """The rules that gain or lose hits among the items `seen` by both, the largest losses first. Pure.

    A rule that was edited in between is left out, because the edit may explain its change.
    """
    changes = []
    for rule_id, hits in now.items():
        old = before.get(rule_id)
        if old is None or old.text != hits.text:
            continue
        was, is_now = seen.intersection(old.items), seen.intersection(hits.items)
        if was != is_now:
            changes.append(Change(rule_id, len(is_now - was), len(was - is_now)))
    return sorted(changes, key=lambda one: (-one.lost, -one.gained, one.rule_id))


def upgrade_text(before: HitRecord, now: HitRecord, changes: list[Change], items: int) -> str:
    """The notice. Pure."""
    start = f"Packs {before.packs[:6]} → {now.packs[:6]}, tried on {quantity(items, 'stored item')}: "
    if not changes:
        return f"{start}every rule catches what it caught before."
    shown = "\n".join(map(str, changes[:MOST_RULES]))
    more = f"\n… and {quantity(len(changes) - MOST_RULES, 'more rule')}" if len(changes) > MOST_RULES else ""
    advice = "\nA rule's page under Watchlist shows what it catches now."
    return f"{start}these rules gain or lose hits.\n{shown}{more}{advice}"


async def _count(services: Services, bundle: Bundle) -> tuple[HitRecord, dict[str, int]]:
    """What the rules catch among the stored items, and when each item was claimed."""
    rules = tuple(rule for rule in bundle.rules if rule.event is not None or "$" in rule.query)
    watch = Watch(
        replace(bundle, version=0, digest="", rules=rules, receivers=(), rule_since={}),
        services.settings,
        {feed.id: feed for feed in bundle.feeds},
    )
    found: dict[str, dict[str, None]] = {rule.id: {} for rule in rules}
    claimed: dict[str, int] = {}
    async for item in stored_items(services.redis, 0, page=500):
        claimed[item.id] = to_ms(item.first_seen)
        try:
            matches = watch.matches(item, item.first_seen.date().isoformat())
        except (ValueError, KeyError, IndexError, TypeError, RecursionError):
            # As in the match stage: one bad item must not spoil the report of the others.
            log.exception("item %s could not be matched", item.id)
            continue
        for rule, _ in matches:
            found[rule.id].setdefault(item.id)
    texts = dict(_texts(bundle, rules))
    hits = {name: RuleHits(texts[name], tuple(items)[-MOST_HITS:]) for name, items in found.items()}
    return HitRecord(packs_version(), max(claimed.values(), default=0), hits), claimed


def _texts(bundle: Bundle, rules: tuple[Rule, ...]) -> Iterator[tuple[str, str]]:
    """For each rule, a hash of all that it looks for, except packs."""
    ground = short_hash(repr(sorted(bundle.lists.items())), bundle.default_lang)
    for rule in rules:
        yield rule.id, short_hash(ground, rule.subject, repr((rule.modality, rule.negation, rule.feeds)))
