"""Coaching one rule: from its labels and the stored items to the edits that help most."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from newswatch.config.draft import Draft
from newswatch.models import Feed, Item, Match, Rule
from newswatch.pipeline.authoring.coach.candidate import Candidate, Subject
from newswatch.pipeline.authoring.coach.labels import Texts, labelled_texts, with_hits
from newswatch.pipeline.authoring.coach.narrowing import Narrowing
from newswatch.pipeline.authoring.coach.weighing import (
    Weighed,
    best_first,
    compiled_together,
    problems_of,
    same_lists,
    weigh,
)
from newswatch.pipeline.authoring.coach.widening import Widening
from newswatch.pipeline.authoring.coach.writing import Files, Proposal
from newswatch.pipeline.authoring.item_search import PAGE
from newswatch.pipeline.authoring.reader_labels import ReaderLabels, read_labels
from newswatch.pipeline.authoring.rule_of import rule_of
from newswatch.pipeline.base.configuration import check_files
from newswatch.pipeline.base.item_text import item_text
from newswatch.pipeline.base.services import Services
from newswatch.rules import ItemText, compile_watchlist
from newswatch.store import keys
from newswatch.store.client import redis_errors
from newswatch.store.items import stored_items

log = logging.getLogger("newswatch.coach")

MOST_WIDENING, MOST_ALIKE = 20, 6
"""How many edits that catch more are tried on all stored items, and how many of them may catch the same missed texts:
only the stored items tell a telling word from one that is everywhere."""

_REPORT_EVERY = 1_000


@dataclass(frozen=True, slots=True)
class Advice:
    """The result. `items` counts the stored items, each once; `texts` are what the proposals were weighed on."""

    rule: Rule
    items: int
    texts: Texts
    proposals: tuple[Proposal, ...]


class StoredHits:
    """What a rule, and edits of it that catch more, catch among the stored items."""

    def __init__(self, subject: Subject, draft: Draft, widening: Sequence[Weighed]) -> None:
        self._feeds = {feed.id: feed for feed in draft.feeds}
        present = Candidate("add", "", subject.rule, subject.lists)
        candidates = [present, *(one.candidate for one in widening)]
        self._caught: list[dict[str, ItemText]] = [{} for _ in candidates]
        self._watchlists = [
            (compiled_together([candidates[n] for n in numbers], draft.default_lang), numbers)
            for numbers in same_lists(candidates)
        ]
        self._seen: set[str] = set()

    @property
    def items(self) -> int:
        """How many different items were added."""
        return len(self._seen)

    @property
    def hits(self) -> dict[str, ItemText]:
        """What the rule catches."""
        return self._caught[0]

    @property
    def gained(self) -> list[dict[str, ItemText]]:
        """What each of the edits catches."""
        return self._caught[1:]

    def add(self, item: Item) -> None:
        """Try one item, or another revision of it."""
        self._seen.add(item.id)
        text = item_text(item, self._feeds.get(item.feed_id))
        for watchlist, numbers in self._watchlists:
            for match in watchlist.match(text):
                self._caught[numbers[int(match.rule_id)]].setdefault(item.id, text)


async def coach(
    services: Services,
    rule_id: str,
    *,
    most: int,
    with_examples: bool = False,
    on_progress: Callable[[int, int], None] | None = None,
) -> Advice:
    """The edits of a rule of the files that help most, at most `most`. Changes nothing.

    `with_examples` puts the examples that are offered into the diffs too.
    Raises ConfigError, NoSuchRule, NotEditable, RedisUnavailable.
    """
    today = services.clock().date()
    loaded = check_files(services.settings, today)
    draft = loaded.sound_draft()
    rule = rule_of(draft, rule_id)
    labels = await read_labels(services, rule_id)
    subject, texts = _labelled(rule, draft, labels)
    widening = best_widening(subject, texts, draft.default_lang)
    stored = StoredHits(subject, draft, widening)
    await _read_stored(services, stored, on_progress)
    texts = with_hits(texts, stored.hits)
    weighed = weighed_candidates(
        subject, texts, draft.default_lang, widening, stored.gained, stored.hits.keys()
    )
    files = Files(services.settings, loaded, today)
    return Advice(
        rule, stored.items, texts, _proposals(weighed, files, texts, most, with_examples=with_examples)
    )


def _labelled(rule: Rule, draft: Draft, labels: ReaderLabels) -> tuple[Subject, Texts]:
    feeds: Mapping[str, Feed] = {feed.id: feed for feed in draft.feeds}
    return Subject(rule, draft.lists), labelled_texts(labels, rule, draft.lists, draft.default_lang, feeds)


def best_widening(subject: Subject, texts: Texts, default_lang: str) -> list[Weighed]:
    """The edits that catch most of what was missed, by the labelled texts alone. Pure."""
    candidates = Widening(subject, texts, default_lang).candidates()
    weighed = _weighed(candidates, subject, texts, default_lang)
    return best_first(weighed, texts, alike=MOST_ALIKE)[:MOST_WIDENING]


def _weighed(
    candidates: Iterable[Candidate], subject: Subject, texts: Texts, default_lang: str
) -> list[Weighed]:
    return weigh(candidates, texts, default_lang, problems_of(subject.rule, subject.lists))


def weighed_candidates(
    subject: Subject,
    texts: Texts,
    default_lang: str,
    widening: Sequence[Weighed],
    gained: Sequence[Mapping[str, ItemText]],
    hits: Iterable[str],
) -> list[Weighed]:
    """All candidates that do some good, the most useful first. Pure.

    `hits` are the stored items that the rule catches, `gained` what each of `widening` catches of them.
    """
    narrowing = Narrowing(subject, texts, _matches(subject, texts.caught, default_lang), default_lang)
    known = {*hits, *texts.labelled}
    also = {
        id(one.candidate): {name: text for name, text in found.items() if name not in known}
        for one, found in zip(widening, gained, strict=True)
    }
    # Weighed once more, since what was missed is known only now that the stored items were read.
    wider = [
        _with_others(one, also[id(one.candidate)])
        for one in _weighed([one.candidate for one in widening], subject, texts, default_lang)
    ]
    return best_first([*_weighed(narrowing.candidates(), subject, texts, default_lang), *wider], texts)


def _with_others(one: Weighed, others: Mapping[str, ItemText]) -> Weighed:
    effect = replace(one.effect, others_gained=frozenset(others))
    return Weighed(one.candidate, effect, others)


def _matches(subject: Subject, texts: Mapping[str, ItemText], default_lang: str) -> dict[str, Match]:
    watchlist = compile_watchlist([subject.rule], subject.lists, default_lang)
    found = ((name, watchlist.match(text)) for name, text in texts.items())
    return {name: matches[0] for name, matches in found if matches}


async def _read_stored(
    services: Services, stored: StoredHits, on_progress: Callable[[int, int], None] | None
) -> None:
    with redis_errors():
        total, read = int(await services.redis.xlen(keys.ITEMS)), 0
        async for item in stored_items(services.redis, 0, PAGE):
            read += 1
            try:
                stored.add(item)
            except (ValueError, KeyError, IndexError, TypeError, RecursionError):
                # As in the match stage: one bad item must not spoil the advice.
                log.exception("item %s could not be matched", item.id)
            if on_progress is not None and read % _REPORT_EVERY == 0:
                on_progress(read, total)


def _proposals(
    weighed: Iterable[Weighed], files: Files, texts: Texts, most: int, *, with_examples: bool
) -> tuple[Proposal, ...]:
    found: list[Proposal] = []
    for one in weighed:
        if len(found) == most:
            break
        proposal = files.proposal(one, texts, with_examples=with_examples)
        if proposal is not None:
            found.append(proposal)
    return tuple(found)
