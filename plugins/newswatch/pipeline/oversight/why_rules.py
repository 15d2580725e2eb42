"""Which rules an item matches, and which term fails in the others, under the configuration of its time."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property

from redis.asyncio import Redis

from newswatch.config.codec import bundle_from_json
from newswatch.errors import PermanentError
from newswatch.models import Bundle, Item, Rule
from newswatch.pipeline.authoring.nearness import in_words
from newswatch.pipeline.base.item_text import item_text
from newswatch.pipeline.base.routing import receivers_named
from newswatch.rules import Query, parse_query
from newswatch.rules.nearest import Nearness, Reading
from newswatch.rules.nearest_events import EventRules
from newswatch.rules.verdict import Failing
from newswatch.store import configuration


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


@dataclass(frozen=True)
class Judge:
    """The rules of one configuration, parsed once for all copies. `kept`: it is the configuration of the item's time."""

    bundle: Bundle
    kept: bool
    queries: dict[str, Query] = field(default_factory=dict)

    def judged(self, item: Item, came: datetime, rules: Iterable[Rule]) -> list[RuleAnswer]:
        """The results of these rules for an item that came at that time.

        A rule that is newer than the item is left out unless it matches. Pure.
        """
        feed = next((feed for feed in self.bundle.feeds if feed.id == item.feed_id), None)
        reading = Reading(item_text(item, feed), self.bundle.lists, self.bundle.default_lang, self._events)
        answers = (self._answer(reading, rule, item, came) for rule in rules)
        return [answer for answer in answers if answer is not None]

    @cached_property
    def _events(self) -> EventRules:
        return EventRules(self.bundle.rules, self.bundle.lists, self.bundle.default_lang)

    def _nearness(self, reading: Reading, rule: Rule) -> Nearness:
        if rule.event is not None:
            return reading.nearness(rule)
        if rule.id not in self.queries:
            self.queries[rule.id] = parse_query(rule.query, self.bundle.lists)
        return reading.nearness(rule, self.queries[rule.id])

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


class Judges:
    """The configurations under which rules are judged, each read once."""

    def __init__(self, redis: Redis, today: Bundle) -> None:
        self._redis = redis
        self.today = Judge(today, kept=False)
        self._past: dict[int, Judge] = {today.version: Judge(today, kept=True)}

    async def of(self, version: int) -> Judge:
        """The configuration of that version if it is kept, otherwise today's."""
        if version not in self._past:
            self._past[version] = await self._read(version) or self.today
        return self._past[version]

    async def _read(self, version: int) -> Judge | None:
        stored = await configuration.read_past(self._redis, version)
        if stored is None:
            return None
        try:
            return Judge(bundle_from_json(stored), kept=True)
        except PermanentError:  # of another schema: the same as not kept
            return None

    def judged(self, judge: Judge, item: Item, came: datetime, alerted: set[str]) -> list[RuleAnswer]:
        """The results of the rules without an alert: those that match first, then the nearest.

        The rules are those of that configuration, and those of today's that it did not have.
        """
        then = {rule.id for rule in judge.bundle.rules}
        newer = [rule for rule in self.today.bundle.rules if rule.id not in then]
        trials = ((judge, judge.bundle.rules), (self.today, newer))
        found = [
            answer
            for one, rules in trials
            for answer in one.judged(item, came, (rule for rule in rules if rule.id not in alerted))
        ]
        return sorted(found, key=lambda one: (bool(one.failing), -one.share, len(one.failing), one.rule_id))
