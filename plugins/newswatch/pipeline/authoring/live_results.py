"""What a rule that is being written would have caught among the stored items, quickly enough for every keystroke.

The index names the candidates and the matcher decides, the newest first, within a time budget::

    rule ─need_of─▶ StoredIndex ─▶ entries ─pages─▶ HitCount ─▶ LiveResults

What is left of the candidates then is counted when the same question is asked with `more`. It reads the configuration in force, the items stream and what readers said. It changes nothing there.
"""

from __future__ import annotations

import time
from collections.abc import Hashable, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from datetime import timedelta
from functools import partial

from newswatch.config.draft import Draft
from newswatch.models import Bundle, Item, Rule
from newswatch.pipeline.authoring.backtest import one_bad_item
from newswatch.pipeline.authoring.candidate_search import CandidateSearch, search_candidates
from newswatch.pipeline.authoring.compiled_drafts import draft_key, read_packs
from newswatch.pipeline.authoring.draft_trial import rule_in, trial_of
from newswatch.pipeline.authoring.hit_count import Example, HitCount, RuleReport, Window
from newswatch.pipeline.authoring.index_upkeep import (
    StoredIndex,
    build_in_background,
    drop_later,
    index_folder,
    stored_index,
)
from newswatch.pipeline.authoring.live_report import Hit, LiveResults, Marks
from newswatch.pipeline.authoring.live_worker import Worker, begin
from newswatch.pipeline.authoring.reader_labels import ReaderLabels, read_labels
from newswatch.pipeline.authoring.unfinished import Turns, Unfinished
from newswatch.pipeline.base.services import Services
from newswatch.store.codec import from_ms

WINDOW = timedelta(days=7)
BUDGET_S = 0.15
"""CPU time for the first answer to a question. What is left of the candidates then is counted as not checked."""

MORE_S = 0.8
"""CPU time for each further answer, which counts on from the one before."""

LONGEST_S = 1.5
"""Nor does it take longer than this by the clock, on a machine that is busy."""

FEWEST = 3
"""So many candidates are matched even if the budget is used up by then. They come first, alone."""

PAGE = 50
MORE_PAGE = 400
"""At most so many candidates are read and matched at once, in the first answer and in further ones: larger pages cost half
as much CPU. A page that would not fit into the budget is shorter.
"""

LABELS_AGE_S = 30.0
MOST_ALERTS = 1_000


@dataclass(slots=True)
class _Count:
    """A question that is being answered: its candidates, and the hits among the `checked` newest of them."""

    search: CandidateSearch
    hits: HitCount
    window: Window
    labels: ReaderLabels | None
    checked: int = 0
    judged_ms: int | None = None
    """When the last one that was checked came into the stream."""

    @property
    def left(self) -> bool:
        """Whether there are candidates that were not checked."""
        return self.checked < len(self.search.numbers)

    async def step(self, worker: Worker, page: int) -> None:
        """Check the next candidates."""
        some = self.search.numbers[self.checked : self.checked + page]
        items, self.judged_ms = await self.search.read(some)
        await worker.do(partial(_count, self.hits, items))
        self.checked += len(some)


_unfinished: Unfinished[_Count] = Unfinished()
turns = Turns()


async def live_results(
    services: Services,
    config: Draft | Bundle,
    rule: Rule,
    in_force: Bundle | None,
    *,
    budget_s: float | None = BUDGET_S,
    limit: int = 10,
    back: timedelta = WINDOW,
    more: bool = False,
) -> LiveResults:
    """Try a rule on the stored items of the time `back` from now. `config` has its lists and feeds.

    `limit` is the number of hits, gains and losses to show. Without a budget all candidates are checked. `more` goes on
    where the last answer to the same question in this process ended, or else begins again. Raises QueryError for a rule
    that cannot be read, and RedisUnavailable.
    """
    started = time.perf_counter()
    worker = Worker()
    question = partial(_question, services, config, rule, in_force, (limit, back))
    count = _unfinished.take(await worker.do(question)) if more else None
    with nullcontext() if more else turns.first():
        if count is None or not await count.search.is_there(services):
            count = await _begin(services, worker, config, rule, in_force, limit, back)
        await _go_on(count, worker, started, budget_s, more=more)
    (report,) = await worker.do(count.hits.reports)
    if count.left:
        _unfinished.keep(await worker.do(question), count)
    return _results(report, count, (time.perf_counter() - started) * 1000)


async def _begin(
    services: Services,
    worker: Worker,
    config: Draft | Bundle,
    rule: Rule,
    in_force: Bundle | None,
    limit: int,
    back: timedelta,
) -> _Count:
    now = services.clock()
    window = Window(now - back, now)
    trial = await worker.do(partial(trial_of, config, rule, in_force, services.settings))
    search = await search_candidates(services, worker, config, in_force, trial, window)
    hits = HitCount((rule.id,), trial.now, window, before=trial.before, compared=(rule.id,), limit=limit)
    labels = await _labels(services, rule.id) if in_force and rule_in(in_force, rule.id) else None
    await worker.do(partial(_count_irrelevant, hits, rule, labels))
    return _Count(search, hits, window, labels)


async def _go_on(
    count: _Count, worker: Worker, started: float, budget_s: float | None, *, more: bool
) -> None:
    """Check candidates until the budget is used up, at least one page: in a first answer `FEWEST`, alone."""
    most_s = MORE_S if more and budget_s is not None else budget_s
    longest = MORE_PAGE if more or most_s is None else PAGE
    page = longest if count.checked else FEWEST
    while count.left:
        if more:
            await turns.wait()
        before_s = worker.spent_s
        await count.step(worker, page)
        if most_s is None:
            page = longest
            continue
        if worker.spent_s >= most_s or time.perf_counter() - started >= LONGEST_S:
            return
        page = _fitting(longest, most_s - worker.spent_s, (worker.spent_s - before_s) / page)


def _fitting(longest: int, left_s: float, each_s: float) -> int:
    """How many candidates to match at once, if each takes as long as those before. Pure."""
    return longest if longest * each_s <= left_s else max(FEWEST, int(left_s / each_s))


def _question(
    services: Services, config: Draft | Bundle, rule: Rule, in_force: Bundle | None, given: Hashable
) -> Hashable:
    """What makes two questions the same."""
    known = rule_in(in_force, rule.id) if in_force else None
    before = None if known is None or in_force is None else draft_key(known, in_force)
    return id(services.redis), rule.id, given, draft_key(rule, config), before


# ── the matching ──────────────────────────────────────────────────────────────────────────────


async def prepare(services: Services, default_lang: str) -> None:
    """Do beforehand what the first question would have to wait for: parse all packs, and build the index.

    Called when somebody opens an editor. It does not wait for either. Parsing takes two seconds of CPU, once in a process.
    Raises RedisUnavailable.
    """
    begin(partial(read_packs, default_lang))
    index = await stored_index(services, default_lang)
    folder = index_folder(services.settings.cache)
    if index is not None and folder is not None:
        begin(partial(_learn_packs, index, default_lang))
        build_in_background(services, index)
        drop_later(folder)


def _learn_packs(index: StoredIndex, default_lang: str) -> None:
    index.learn(read_packs(default_lang))


def _count(hits: HitCount, items: Sequence[Item]) -> None:
    for item in items:
        with one_bad_item(item):
            hits.add(item)


def _count_irrelevant(hits: HitCount, rule: Rule, labels: ReaderLabels | None) -> None:
    for item in labels.irrelevant.values() if labels else ():
        hits.add_irrelevant(rule.id, item)


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


def _results(report: RuleReport, count: _Count, took_ms: float) -> LiveResults:
    window, labels, search = count.window, count.labels, count.search
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

    kept = count.hits.caught(report.rule)
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
        checked=count.checked,
        judged=_judged(days, count),
        not_indexed=search.not_indexed,
        took_ms=took_ms,
    )


def _judged(days: Sequence[str], count: _Count) -> int:
    """How many of these days, the newest, are counted in full: an item counts on no later day than it came."""
    if not count.left:
        return len(days)
    if count.judged_ms is None:
        return 0
    reached = from_ms(count.judged_ms).date().isoformat()
    return sum(1 for day in days if day > reached)
