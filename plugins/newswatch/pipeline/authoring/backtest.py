"""Backtest: what rules would have caught among the items kept in the stream, silent ones included.

It reads the files, the configuration in force and the items stream. It sends nothing and writes nothing.
`newswatch.pipeline.authoring.hit_count` does the counting, without any I/O::

    BacktestQuestion + files ──▶ Trial (rules as in the files, rules in force)
    items stream ──index──▶ HitCount ──▶ BacktestReport
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timezone

from newswatch.config.draft import Draft
from newswatch.durations import format_duration
from newswatch.errors import NoSuchRule, PermanentError
from newswatch.models import Bundle, Item, Rule, Ruleset
from newswatch.pipeline.authoring.hit_count import HitCount, RuleReport, Window
from newswatch.pipeline.authoring.item_search import Source, search_items
from newswatch.pipeline.authoring.rule_of import unknown_rule
from newswatch.pipeline.authoring.single_rule import BadQuery, lone_event, lone_rule
from newswatch.pipeline.base.configuration import check_files, in_force
from newswatch.pipeline.base.services import Services
from newswatch.pipeline.match.watch import Watch
from newswatch.quantity import quantity
from newswatch.settings import Settings
from newswatch.store import labelled
from newswatch.store.client import redis_errors
from newswatch.store.codec import to_ms

log = logging.getLogger("newswatch.backtest")

MAX_EXAMPLES = 10_000
"""Examples kept over all rules. With ten thousand rules that is one for each."""

_REPORT_EVERY = 200


class BadQuestion(PermanentError):
    """The query or event cannot be read, or the question contradicts itself."""


@dataclass(frozen=True, slots=True)
class BacktestQuestion:
    """What to try: one rule, query or event, or (all None) every rule, on the last `since_s` seconds.

    `limit` is the number of examples in each of a rule's lists: hits, gains and losses.
    """

    since_s: float
    rule_id: str | None = None
    query: str | None = None
    limit: int = 10
    event: str | None = None

    @property
    def is_lone(self) -> bool:
        """Whether it asks for something that is not a rule yet."""
        return self.query is not None or self.event is not None


@dataclass(frozen=True, slots=True)
class Trial:
    """The rules as in the files, and what they are compared with.

    `compared` are the rules that differ between the files and `against`, the label of the version in force. No other
    rule can gain or lose anything.
    """

    rule_ids: tuple[str, ...]
    now: Watch
    sources: tuple[Source, ...]
    """Where the rules of both come from."""
    before: Watch | None = None
    compared: tuple[str, ...] = ()
    against: str | None = None
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class BacktestReport:
    """The result. `items` counts each item once; `against` is the version that was compared with."""

    question: BacktestQuestion
    window: Window
    items: int
    rules: tuple[RuleReport, ...]
    against: str | None
    notes: tuple[str, ...]


async def run_backtest(
    services: Services, question: BacktestQuestion, *, on_progress: Callable[[int, int], None] | None = None
) -> BacktestReport:
    """Run a backtest. `on_progress` gets the number of entries read, and the most there can be.

    Raises ConfigError for broken files, NoSuchRule, BadQuestion, RedisUnavailable.
    """
    window = _window(services.clock(), question.since_s)
    trial = prepare(question, _draft(services, window), await in_force(services), window, services.settings)
    share = min(question.limit, MAX_EXAMPLES // max(1, len(trial.rule_ids)))
    hits = HitCount(
        trial.rule_ids, trial.now, window, before=trial.before, compared=trial.compared, limit=share
    )
    with redis_errors():
        failed, items = await _count(services, hits, trial, window, on_progress)
        await _count_irrelevant(services, hits, trial.rule_ids)
    notes = [*trial.notes, *_window_notes(question.since_s, services.settings.item_retention_s)]
    if failed:
        notes.append(
            f"{quantity(failed, 'stored item')} could not be matched and {'is' if failed == 1 else 'are'} left out; see the log"
        )
    return BacktestReport(question, window, items, hits.reports(), trial.against, tuple(notes))


async def _count(
    services: Services,
    hits: HitCount,
    trial: Trial,
    window: Window,
    on_progress: Callable[[int, int], None] | None,
) -> tuple[int, int]:
    """Count the stored items. Returns how many could not be matched, and how many different items there are."""
    read = failed = 0
    search = await search_items(services, trial.sources, to_ms(window.since), on_progress)
    async for item in search.items():
        read += 1
        try:
            hits.add(item)
        except (ValueError, KeyError, IndexError, TypeError, RecursionError):
            # As in the match stage: one bad item must not spoil the report of the others.
            log.exception("item %s could not be matched", item.id)
            failed += 1
        if on_progress is not None and read % _REPORT_EVERY == 0:
            on_progress(read, max(read, search.most))
    if on_progress is not None:
        on_progress(read, read)
    return failed, search.distinct


async def _count_irrelevant(services: Services, hits: HitCount, rule_ids: Sequence[str]) -> None:
    """Try each rule on the items that readers marked as not relevant."""
    counts = await labelled.count_labelled(services.redis, ("irrelevant",), rule_ids)
    for rule_id in counts["irrelevant"]:
        for one in await labelled.read_labelled(services.redis, "irrelevant", rule_id):
            with one_bad_item(one.item):
                hits.add_irrelevant(rule_id, one.item)


@contextmanager
def one_bad_item(item: Item) -> Iterator[None]:
    """As in the match stage: one bad item must not spoil the report of the others."""
    try:
        yield
    except (ValueError, KeyError, IndexError, TypeError, RecursionError):
        log.exception("item %s could not be matched", item.id)


def _window(now: datetime, since_s: float) -> Window:
    if not since_s > 0:
        raise BadQuestion("the time to look back is zero: give a duration such as 12h or 7d")
    since = datetime.fromtimestamp(max(0.0, now.timestamp() - since_s), timezone.utc)
    return Window(since, now)


def _window_notes(since_s: float, kept_s: float) -> list[str]:
    if since_s <= kept_s:
        return []
    return [f"items are kept for {format_duration(kept_s)}: older ones cannot be tried"]


def _draft(services: Services, window: Window) -> Draft:
    loaded = check_files(services.settings, window.until.date())
    return loaded.sound_draft()


def prepare(
    question: BacktestQuestion, draft: Draft, bundle: Bundle | None, window: Window, settings: Settings
) -> Trial:
    """The rules to be tried. Pure. Raises NoSuchRule and BadQuestion."""
    if sum(one is not None for one in (question.rule_id, question.query, question.event)) > 1:
        raise BadQuestion("a rule, a query and an event exclude each other: give only one of them")
    if question.is_lone:
        return _lone_trial(question, draft, settings)
    now = _chosen(draft.rules, question.rule_id)
    before = _chosen(bundle.rules, question.rule_id) if bundle else {}
    if question.rule_id is not None and not now and not before:
        raise NoSuchRule(unknown_rule(draft, question.rule_id))
    compared = _differing(draft, bundle, now, before) if bundle else ()
    changed = tuple(before[name] for name in compared if name in before)
    against = (Source(changed, bundle),) if bundle and compared else ()
    return Trial(
        rule_ids=tuple(dict.fromkeys((*now, *before))),
        now=watch_of(now.values(), draft, settings),
        sources=(Source(tuple(now.values()), draft), *against),
        before=watch_of(changed, bundle, settings) if bundle and compared else None,
        compared=compared,
        against=bundle.label if bundle else None,
        notes=tuple(_rule_notes(question, now, before, bundle, window)),
    )


def _lone_trial(question: BacktestQuestion, draft: Draft, settings: Settings) -> Trial:
    try:
        if question.event is not None:
            rule, warnings = lone_event(question.event, draft.lists)
        else:
            rule, warnings = lone_rule(question.query or "", draft.lists)
    except BadQuery as error:
        raise BadQuestion(str(error)) from error
    return Trial(
        (rule.id,), watch_of([rule], draft, settings), (Source((rule,), draft),), notes=tuple(warnings)
    )


def _chosen(rules: Sequence[Rule], rule_id: str | None) -> dict[str, Rule]:
    return {rule.id: rule for rule in rules if rule_id is None or rule.id == rule_id}


def _differing(
    draft: Draft, bundle: Bundle, now: Mapping[str, Rule], before: Mapping[str, Rule]
) -> tuple[str, ...]:
    """The rules that may match differently: their own text differs, or something that every rule depends on."""
    same_ground = (draft.lists, draft.default_lang, {feed.id: feed.tags for feed in draft.feeds}) == (
        bundle.lists,
        bundle.default_lang,
        {feed.id: feed.tags for feed in bundle.feeds},
    )
    names = dict.fromkeys((*now, *before))
    return tuple(name for name in names if not same_ground or now.get(name) != before.get(name))


def watch_of(rules: Iterable[Rule], source: Draft | Bundle, settings: Settings) -> Watch:
    """Only these rules, with the lists and feeds of their configuration."""
    return Watch(
        Ruleset(
            version=0,
            digest="",
            rules=tuple(rules),
            receivers=(),
            lists=source.lists,
            default_lang=source.default_lang,
        ),
        settings,
        {feed.id: feed for feed in source.feeds},
    )


def _rule_notes(
    question: BacktestQuestion,
    now: Mapping[str, Rule],
    before: Mapping[str, Rule],
    bundle: Bundle | None,
    window: Window,
) -> list[str]:
    today = window.until.date().isoformat()
    notes = [
        f"rule {rule.id} expired on {rule.expires}: later items do not count"
        for rule in now.values()
        if rule.has_expired(today)
    ]
    if bundle is None:
        return [*notes, "no configuration is in force yet: there is nothing to compare with"]
    new, gone = sorted(now.keys() - before.keys()), sorted(before.keys() - now.keys())
    if question.rule_id is not None:
        notes += [f"rule {name} is not in force yet: every hit is a gain" for name in new]
    notes += [f"rule {name} is in force, but no longer in the files: every hit is a loss" for name in gone]
    return notes
