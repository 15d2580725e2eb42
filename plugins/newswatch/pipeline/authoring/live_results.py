"""What a rule that is being written would have caught among the stored items, quickly enough for every keystroke.

The index names the candidates and the matcher decides, the newest first, within a time budget::

    rule ─need_of─▶ StoredIndex ─▶ entries ─pages─▶ HitCount ─▶ LiveResults

It reads the configuration in force, the items stream and what readers said. It changes nothing there.
"""

from __future__ import annotations

import asyncio
import sqlite3
import time
from collections.abc import Callable, Hashable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import timedelta
from functools import cache, partial
from typing import TypeVar

from newswatch.config.draft import Draft
from newswatch.garbage import collection_paused
from newswatch.models import Bundle, FeedFilter, Item, Rule
from newswatch.packs import load_pack, pack_names
from newswatch.pipeline.authoring.backtest import one_bad_item, watch_of
from newswatch.pipeline.authoring.hit_count import Example, HitCount, RuleReport, Window
from newswatch.pipeline.authoring.index_upkeep import (
    StoredIndex,
    build_in_background,
    drop_later,
    index_folder,
    stored_index,
)
from newswatch.pipeline.authoring.item_index import Candidates
from newswatch.pipeline.authoring.live_report import Hit, LiveResults, Marks
from newswatch.pipeline.authoring.reader_labels import ReaderLabels, read_labels
from newswatch.pipeline.base.services import Services
from newswatch.pipeline.match.watch import Watch
from newswatch.rules.event_plan import elements, rarest_run
from newswatch.rules.narrowing import need_of, need_of_entry
from newswatch.rules.nodes import Phrase
from newswatch.rules.query import parse_entry
from newswatch.rules.stems import stemmer_for
from newswatch.settings import Settings
from newswatch.store.client import redis_errors
from newswatch.store.codec import to_ms
from newswatch.store.items import items_at, stream_order, stream_state

WINDOW = timedelta(days=7)
BUDGET_S = 0.15
"""CPU time for one question. What is left of the candidates then is counted as not checked."""

LONGEST_S = 1.5
"""Nor does it take longer than this by the clock, on a machine that is busy."""

FEWEST = 10
"""So many candidates are matched even if the budget is used up by then. They come first, alone."""

PAGE = 50
FEW_MISSING = 300
"""So many new items are indexed at once, more in the background."""

KEPT_WATCHES = 4
LABELS_AGE_S = 30.0
MOST_ALERTS = 1_000

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class _Trial:
    """The draft, the rule in force if it differs, and both compiled."""

    rule: Rule
    now: Watch
    before: Watch | None
    feeds: frozenset[str] | None
    """The only feeds of which an item can match; None for any."""


async def live_results(
    services: Services,
    config: Draft | Bundle,
    rule: Rule,
    in_force: Bundle | None,
    *,
    budget_s: float | None = BUDGET_S,
    limit: int = 10,
    back: timedelta = WINDOW,
) -> LiveResults:
    """Try a rule on the stored items of the time `back` from now. `config` has its lists and feeds.

    `limit` is the number of hits, gains and losses to show. Without a budget all candidates are checked. Raises
    QueryError for a rule that cannot be read, and RedisUnavailable.
    """
    started = time.perf_counter()
    now = services.clock()
    window = Window(now - back, now)
    worker = _Worker()
    trial = await worker.do(partial(_trial, config, rule, in_force, services.settings))
    search = await _search(services, worker, config, in_force, trial, window)
    hits = HitCount((rule.id,), trial.now, window, before=trial.before, compared=(rule.id,), limit=limit)
    checked = 0
    while checked < len(search.numbers):
        late = budget_s is not None and (
            worker.spent_s >= budget_s or time.perf_counter() - started >= LONGEST_S
        )
        if late and checked >= FEWEST:
            break
        some = search.numbers[checked : checked + (PAGE if checked else FEWEST)]
        items = await search.read(some)
        await worker.do(partial(_count, hits, items))
        checked += len(some)
    labels = await _labels(services, rule.id) if in_force and _rule_in(in_force, rule.id) else None
    (report,) = await worker.do(partial(_reports, hits, rule, labels))
    return _results(report, hits, window, labels, search, checked, (time.perf_counter() - started) * 1000)


def _trial(config: Draft | Bundle, rule: Rule, in_force: Bundle | None, settings: Settings) -> _Trial:
    known = _rule_in(in_force, rule.id) if in_force else None
    now = _watch(rule, config, settings)
    changed = known is not None and in_force is not None and not _same(known, rule, in_force, config)
    before = _watch(known, in_force, settings) if changed and known and in_force else None
    filters = [rule.feeds, *([known.feeds] if changed and known else [])]
    return _Trial(rule, now, before, _only_feeds(filters, (config, in_force)))


def _same(known: Rule, rule: Rule, in_force: Bundle, config: Draft | Bundle) -> bool:
    ground = [(one.lists, one.default_lang, one.feeds) for one in (in_force, config)]
    return _looks_for(known) == _looks_for(rule) and (in_force is config or ground[0] == ground[1])


def _looks_for(rule: Rule) -> Rule:
    """What of a rule decides what it matches."""
    return replace(
        rule, severity="medium", notify=(), owner=None, threshold=None, must_match=(), must_not_match=()
    )


def _only_feeds(
    filters: Sequence[FeedFilter], configs: Sequence[Draft | Bundle | None]
) -> frozenset[str] | None:
    if any(one == FeedFilter() for one in filters):
        return None
    feeds = [feed for config in configs if config for feed in config.feeds]
    return frozenset(
        [feed.id for feed in feeds if any(one.admits(feed.id, feed.tags) for one in filters)]
        + [name for one in filters for name in one.ids]
    )


def _rule_in(bundle: Bundle, rule_id: str) -> Rule | None:
    return next((rule for rule in bundle.rules if rule.id == rule_id), None)


# ── the candidates ────────────────────────────────────────────────────────────────────────────


@dataclass(slots=True)
class _Search:
    """The candidates, the newest first, and how to read them."""

    services: Services
    index: StoredIndex | None
    feeds: frozenset[str] | None
    numbers: Sequence[int] = field(default_factory=tuple)
    entries: int = 0
    not_indexed: int = 0

    async def read(self, numbers: Sequence[int]) -> list[Item]:
        """The items of these candidates that are still stored."""
        index = self.index
        if index is None:
            return []
        ids = await asyncio.to_thread(index.stream_ids, numbers, self.feeds)
        with redis_errors():
            return await items_at(self.services.redis, ids)


async def _search(
    services: Services,
    worker: _Worker,
    config: Draft | Bundle,
    in_force: Bundle | None,
    trial: _Trial,
    window: Window,
) -> _Search:
    index = await stored_index(services, config.default_lang)
    search = _Search(services, index, trial.feeds)
    folder = index_folder(services.settings.cache)
    if index is None or folder is None:
        with redis_errors():
            search.not_indexed = (await stream_state(services.redis)).length
        return search
    standing = await index.standing(services)
    if 0 < standing.missing <= FEW_MISSING and standing.last != "0-0":
        await index.catch_up(services, most=FEW_MISSING)
        standing = await index.standing(services)
    elif standing.missing:
        build_in_background(services, index)
    drop_later(folder)
    search.not_indexed = standing.missing
    if standing.last == "0-0":
        return search
    since = max(f"{to_ms(window.since)}-0", standing.stream.first, key=stream_order)
    try:
        found = await worker.do(partial(_candidates, index, config, in_force, trial, since))
    except sqlite3.DatabaseError:  # it was dropped, or is being built again
        search.not_indexed = standing.stream.length
        return search
    search.numbers, search.entries = found.numbers, found.entries
    return search


def _candidates(
    index: StoredIndex, config: Draft | Bundle, in_force: Bundle | None, trial: _Trial, since: str
) -> Candidates:
    needs = [need_of(trial.rule, config.lists)]
    feeds = list(config.feeds)
    known = _rule_in(in_force, trial.rule.id) if in_force and trial.before else None
    if known is not None and in_force is not None:
        needs.append(need_of(known, in_force.lists))
        feeds += [feed for feed in in_force.feeds if in_force.feeds is not config.feeds]
    return index.candidates(needs, feeds, since)


# ── the matching ──────────────────────────────────────────────────────────────────────────────

_thread = ThreadPoolExecutor(1, "live-results")
"""One thread for all questions: they take turns, pages are answered meanwhile, and compiled rules stay in it."""


class _Worker:
    """Does one question's work in that thread. `spent_s` is the CPU time that it took so far."""

    def __init__(self) -> None:
        self.spent_s = 0.0

    async def do(self, work: Callable[[], T]) -> T:
        """The result of the work."""
        return await asyncio.get_running_loop().run_in_executor(_thread, self._timed, work)

    def _timed(self, work: Callable[[], T]) -> T:
        started = time.thread_time()
        try:
            with collection_paused():  # large lists make many objects, and none of them is garbage
                return work()
        finally:
            self.spent_s += time.thread_time() - started


async def prepare(services: Services, default_lang: str) -> None:
    """Do beforehand what the first question would have to wait for: parse all packs, and build the index.

    Called when somebody opens an editor. It does not wait for either. Parsing takes a second of CPU, once in a process. Raises
    RedisUnavailable.
    """
    _thread.submit(read_packs, default_lang)
    index = await stored_index(services, default_lang)
    folder = index_folder(services.settings.cache)
    if index is not None and folder is not None:
        build_in_background(services, index)
        drop_later(folder)


@cache
def read_packs(default_lang: str) -> None:
    """Parse the entries of all packs and stem their words, for items of the default language and in English.

    The caches of `parse_entry`, of events and of the stemmers keep that.
    """
    stems = [stemmer_for(lang, default_lang) for lang in dict.fromkeys((default_lang, "en"))]
    for name in pack_names():
        for entry in (one for entries in load_pack(name).parts.values() for one in entries):
            parsed = parse_entry(entry.text)
            if isinstance(parsed, Phrase):
                rarest_run(elements(entry.text))
                need_of_entry(entry.text)
            for word in parsed.words if isinstance(parsed, Phrase) else ():
                for stem in stems:
                    stem(word.text.casefold())


_watches: dict[Hashable, Watch] = {}
"""The rules that were compiled last. Asking again, or about a rule whose text did not change, compiles nothing."""


def _watch(rule: Rule, config: Draft | Bundle, settings: Settings) -> Watch:
    key = (
        _looks_for(rule),
        tuple((name, tuple(entries)) for name, entries in config.lists.items()),
        tuple((feed.id, feed.tags) for feed in config.feeds),
        config.default_lang,
    )
    watch = _watches.pop(key, None) or watch_of([rule], config, settings)
    _watches[key] = watch
    while len(_watches) > KEPT_WATCHES:
        del _watches[next(iter(_watches))]
    return watch


def _count(hits: HitCount, items: Sequence[Item]) -> None:
    for item in items:
        with one_bad_item(item):
            hits.add(item)


def _reports(hits: HitCount, rule: Rule, labels: ReaderLabels | None) -> tuple[RuleReport, ...]:
    for item in labels.irrelevant.values() if labels else ():
        hits.add_irrelevant(rule.id, item)
    return hits.reports()


_known_labels: dict[tuple[int, str], tuple[float, ReaderLabels]] = {}


async def _labels(services: Services, rule_id: str) -> ReaderLabels:
    """What readers said, at most half a minute old."""
    key = (id(services.redis), rule_id)
    known = _known_labels.get(key)
    if known and time.monotonic() - known[0] < LABELS_AGE_S:
        return known[1]
    found = await read_labels(services, rule_id, MOST_ALERTS)
    _known_labels.clear()
    _known_labels[key] = (time.monotonic(), found)
    return found


def _results(
    report: RuleReport,
    hits: HitCount,
    window: Window,
    labels: ReaderLabels | None,
    search: _Search,
    checked: int,
    took_ms: float,
) -> LiveResults:
    wanted = frozenset(labels.wanted) if labels else frozenset()
    irrelevant = frozenset(labels.irrelevant) if labels else frozenset()

    def shown(examples: Sequence[Example]) -> tuple[Hit, ...]:
        return tuple(
            Hit(
                one,
                "irrelevant"
                if one.item.id in irrelevant
                else "acknowledged"
                if one.item.id in wanted
                else "",
            )
            for one in examples
        )

    kept = hits.caught(report.rule)
    first, last = window.since.date(), window.until.date()
    days = [(first + timedelta(days=number)).isoformat() for number in range((last - first).days + 1)]
    return LiveResults(
        rule_id=report.rule,
        since=window.since,
        until=window.until,
        hits=report.hits,
        stories=report.stories,
        days=tuple((day, report.days.get(day, 0)) for day in days),
        first_hits=shown(report.examples),
        compared=report.compared,
        gained=len(report.gained),
        lost=len(report.lost),
        gained_hits=shown(report.gained_examples),
        lost_hits=shown(report.lost_examples),
        marks=Marks(
            acknowledged_kept=len(wanted & kept),
            acknowledged_lost=len(wanted & frozenset(report.lost)),
            irrelevant=report.irrelevant,
            irrelevant_still_caught=len(report.irrelevant_hits),
        ),
        entries=search.entries,
        candidates=len(search.numbers),
        checked=checked,
        not_indexed=search.not_indexed,
        took_ms=took_ms,
    )
