"""Which rules an item matches, and which term fails in the others, under the configuration of its time."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Collection, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property, partial
from itertools import islice

from newswatch.config.codec import bundle_from_json
from newswatch.errors import PermanentError
from newswatch.garbage import collection_paused
from newswatch.models import Bundle, Item, Rule
from newswatch.pipeline.authoring.nearness import in_words
from newswatch.pipeline.base.compiled_rules import compiled
from newswatch.pipeline.base.disk_cache import DiskCache
from newswatch.pipeline.base.item_text import item_text
from newswatch.pipeline.base.routing import receivers_named
from newswatch.pipeline.base.services import Services
from newswatch.rules import ItemText, Query, Watchlist, parse_query
from newswatch.rules.nearest import Nearness, Reading
from newswatch.rules.nearest_events import EventRules
from newswatch.rules.shortlist import Shortlist
from newswatch.rules.verdict import Failing
from newswatch.store import configuration

MOST_TRIED = 40
"""How many rules that do not match are explained at most, to find the nearest ones: each takes up to a millisecond."""

KEPT = 2
"""Configurations that are kept ready: the one in force, and an earlier one."""


@dataclass(frozen=True, slots=True)
class RuleAnswer:
    """The result of one rule. `state` is the state of its alert.

    Without an alert it is `not_matched`, `later` (the rule came into force after the item), `expired`, or `matches` (the
    rule matches, and only the item's own state kept it from alerting).
    """

    rule_id: str
    state: str
    text: str
    channels: tuple[str, ...]
    failing: tuple[Failing, ...] = ()
    found: tuple[tuple[str, str], ...] = ()
    """Terms that were found, each with the field."""
    share: float = 1.0


class JudgedRules:
    """The rules of one configuration, ready to be explained. What was compiled or parsed for one item serves the next."""

    def __init__(self, bundle: Bundle, cache: DiskCache) -> None:
        self.bundle = bundle
        self._cache = cache
        self._queries: dict[str, Query] = {}

    @cached_property
    def rules(self) -> dict[str, Rule]:
        """The rules by their ids."""
        return {rule.id: rule for rule in self.bundle.rules}

    @cached_property
    def _watchlist(self) -> Watchlist:
        return compiled(self.bundle.rules, self.bundle.lists, self.bundle.default_lang, self._cache)

    @cached_property
    def _shortlist(self) -> Shortlist:
        return Shortlist(self._watchlist)

    @cached_property
    def _events(self) -> EventRules:
        bundle = self.bundle
        return EventRules(bundle.rules, bundle.lists, bundle.default_lang, self._watchlist)

    def matching(self, item: Item, came: datetime, among: Collection[str]) -> list[RuleAnswer]:
        """The results of those of these rules that match an item, which came at that time."""
        text = self._text(item)
        found = [match.rule_id for match in self._watchlist.match(text) if match.rule_id in among]
        return self._answers(self._reading(text), found, item, came)

    def nearest(
        self, item: Item, came: datetime, without: Collection[str], most: int | None
    ) -> list[RuleAnswer]:
        """The results of the rules that match, and of so many others that come nearest, of all if `most` is None.

        A rule that is newer than the item is left out unless it matches.
        """
        asked = self.rules.keys() - set(without)
        if most is None:
            return self._answers(self._reading(self._text(item)), asked, item, came)
        matching = self.matching(item, came, asked)
        since = self.bundle.rule_since
        newer = {rule_id for rule_id in asked if since.get(rule_id, 0) > item.config_version}
        left_out = {*without, *newer, *(answer.rule_id for answer in matching)}
        text = self._text(item)
        reading = self._reading(text)
        others: list[RuleAnswer] = []
        for rule_id, share in islice(self._shortlist.nearest(text, left_out), MOST_TRIED):
            nearest = sorted((one.share for one in others), reverse=True)[:most]
            if len(nearest) == most and nearest[-1] >= share:
                break  # none of the rest can be nearer
            others += self._answers(reading, [rule_id], item, came)
        return [*matching, *others]

    def _text(self, item: Item) -> ItemText:
        return item_text(item, next((feed for feed in self.bundle.feeds if feed.id == item.feed_id), None))

    def _reading(self, text: ItemText) -> Reading:
        return Reading(text, self.bundle.lists, self.bundle.default_lang, self._events)

    def _answers(
        self, reading: Reading, rule_ids: Iterable[str], item: Item, came: datetime
    ) -> list[RuleAnswer]:
        answers = (self._answer(reading, self.rules[rule_id], item, came) for rule_id in rule_ids)
        return [answer for answer in answers if answer is not None]

    def _nearness(self, reading: Reading, rule: Rule) -> Nearness:
        if rule.event is not None:
            return reading.nearness(rule)
        if rule.id not in self._queries:
            self._queries[rule.id] = parse_query(rule.query, self.bundle.lists)
        return reading.nearness(rule, self._queries[rule.id])

    def _answer(self, reading: Reading, rule: Rule, item: Item, came: datetime) -> RuleAnswer | None:
        nearness = self._nearness(reading, rule)
        since = self.bundle.rule_since.get(rule.id, 0)
        newer = since > item.config_version
        if nearness.failing and newer:
            return None
        if nearness.failing:
            state, text = "not_matched", f"does not match: {in_words(nearness)}"
        elif newer:
            state, text = "later", f"matches, but it came into force with version {since}, after the item"
        elif rule.expires is not None and rule.expires < came.date().isoformat():
            state, text = "expired", f"matches, but it expired on {rule.expires}"
        else:
            state, text = "matches", "matches"
        return RuleAnswer(
            rule_id=rule.id,
            state=state,
            text=f"Rule {rule.id} {text}.",
            channels=tuple(one.channel for one in receivers_named(self.bundle.receivers, rule.notify)),
            failing=nearness.failing,
            found=tuple((term, place.field) for term, place in nearness.found),
            share=nearness.share,
        )


@dataclass(frozen=True, slots=True)
class Judge:
    """Rules, and whether the configuration that they are of was in force when the item came."""

    of: JudgedRules
    kept: bool

    @property
    def bundle(self) -> Bundle:
        """The configuration."""
        return self.of.bundle


class Judges:
    """The configurations under which rules are judged, each read once."""

    def __init__(self, services: Services, today: Bundle) -> None:
        self._redis = services.redis
        self._cache = DiskCache(services.settings.cache)
        self._today = _remembered(f"version {today.version}", today, self._cache)
        self._past: dict[int, Judge] = {today.version: Judge(self._today, kept=True)}

    async def of(self, version: int) -> Judge:
        """The configuration of that version if it is kept, otherwise today's."""
        if version not in self._past:
            self._past[version] = await self._read(version) or Judge(self._today, kept=False)
        return self._past[version]

    async def _read(self, version: int) -> Judge | None:
        stored = await configuration.read_past(self._redis, version)
        if stored is None:
            return None
        name = hashlib.blake2b(stored.encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()
        try:
            return Judge(_remembered(name, None, self._cache, stored), kept=True)
        except PermanentError:  # of another schema: the same as not kept
            return None

    async def judged(
        self, judge: Judge, item: Item, came: datetime, alerted: set[str], most: int | None
    ) -> list[RuleAnswer]:
        """The results of the rules without an alert: those that match first, then the nearest `most`, None: all.

        The rules are those of that configuration, and those of today's that it did not have.
        """
        asked = partial(self._judged, judge, item, came, alerted, most)
        return await asyncio.get_running_loop().run_in_executor(_thread, asked)

    def _judged(
        self, judge: Judge, item: Item, came: datetime, alerted: set[str], most: int | None
    ) -> list[RuleAnswer]:
        with collection_paused():  # compiled rules are many objects, and none of them is garbage
            found = judge.of.nearest(item, came, alerted, most)
            newer = self._today.rules.keys() - judge.of.rules.keys() - alerted
            if newer:
                found += self._today.matching(item, came, newer)
        return sorted(found, key=lambda one: (bool(one.failing), -one.share, len(one.failing), one.rule_id))


_thread = ThreadPoolExecutor(1, "why")
"""One thread for all questions: pages are answered meanwhile, and compiled rules, which threads cannot share, stay in it."""

_known: dict[str, JudgedRules] = {}


def _remembered(name: str, bundle: Bundle | None, cache: DiskCache, stored: str = "") -> JudgedRules:
    """The rules of `bundle`, or of what is `stored`, from the last questions if they were asked about then."""
    known = _known.pop(name, None)
    if known is None or (bundle is not None and known.bundle is not bundle):
        known = JudgedRules(bundle or bundle_from_json(stored), cache)
    _known[name] = known
    while len(_known) > KEPT:
        del _known[next(iter(_known))]
    return known
