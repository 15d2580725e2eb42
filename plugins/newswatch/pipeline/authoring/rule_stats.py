"""How a rule fares with its readers, by the term that hit: its alerts, and the stored items that gave none."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from newswatch.pipeline.authoring.backtest import watch_of
from newswatch.pipeline.authoring.hit_terms import Hit, TermCount, count_terms, words_of, words_of_alert
from newswatch.pipeline.authoring.item_search import PAGE
from newswatch.pipeline.authoring.reader_labels import ReaderLabels, read_labels
from newswatch.pipeline.authoring.rule_of import rule_of
from newswatch.pipeline.base.configuration import check_files
from newswatch.pipeline.base.services import Services
from newswatch.pipeline.match.watch import Watch
from newswatch.store.client import redis_errors
from newswatch.store.items import stored_items


@dataclass(frozen=True, slots=True)
class RuleStats:
    """The hits of one rule. `alerted` items gave an alert; `stored` ones did not, and match the rule of the files.

    `acknowledged` and `irrelevant` count items among both, `missed` those that readers recorded with `missed`.
    """

    rule_id: str
    alerted: int
    stored: int
    acknowledged: int
    irrelevant: int
    missed: int
    terms: tuple[TermCount, ...]


async def read_stats(services: Services, rule_id: str) -> RuleStats:
    """The figures of a rule of the files. Raises ConfigError, NoSuchRule, RedisUnavailable."""
    draft = check_files(services.settings, services.clock().date()).sound_draft()
    watch = watch_of([rule_of(draft, rule_id)], draft, services.settings)
    labels = await read_labels(services, rule_id)
    hits = alert_hits(labels, draft.default_lang)
    stored = await _stored_hits(services, watch, labels)
    every = [*hits.values(), *stored.values()]
    return RuleStats(
        rule_id,
        alerted=len(hits),
        stored=len(stored),
        acknowledged=sum(hit.acknowledged for hit in every),
        irrelevant=sum(hit.irrelevant for hit in every),
        missed=len(labels.missed),
        terms=tuple(count_terms(every, draft.default_lang)),
    )


def alert_hits(labels: ReaderLabels, lang: str) -> dict[str, Hit]:
    """The alerts as hits, by item: with the words that the rule of their time matched. Pure."""
    return {
        item_id: Hit(
            words_of_alert(one.alert),
            lang,
            acknowledged=one.acknowledged,
            irrelevant=item_id in labels.irrelevant,
        )
        for item_id, one in labels.alerted.items()
    }


async def _stored_hits(services: Services, watch: Watch, labels: ReaderLabels) -> dict[str, Hit]:
    """The stored items that the rule matches and that gave no alert: silent ones, and those older than the rule."""
    found: dict[str, Hit] = {}
    with redis_errors():
        async for item in stored_items(services.redis, 0, PAGE):
            if item.id in labels.alerted or item.id in found:
                continue
            for _, match in watch.matches(item, item.first_seen.date().isoformat()):
                words = words_of(item, match)
                found[item.id] = Hit(words, item.lang, irrelevant=item.id in labels.irrelevant)
    return found


def as_dict(stats: RuleStats) -> dict[str, Any]:
    """The figures for machines."""
    return {"rule": stats.rule_id, **{k: v for k, v in asdict(stats).items() if k != "rule_id"}}
