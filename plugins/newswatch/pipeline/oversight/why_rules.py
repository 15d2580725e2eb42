"""Which rules an item matches and which term fails in the others, under the configuration of its time."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from redis.asyncio import Redis

from newswatch.config.codec import bundle_from_json
from newswatch.errors import PermanentError
from newswatch.models import Bundle, Item, Rule
from newswatch.pipeline.match.routing import names
from newswatch.rules import ItemText, Query, parse_query
from newswatch.rules.nearest import Failing, Nearness, Reading
from newswatch.store import configuration


@dataclass(frozen=True, slots=True)
class RuleAnswer:
    """What one rule made of the item. `state` is what became of its alert.

    Without an alert it is `not_matched`, or `later` (the rule came into force after the item), `expired`,
    or `matches` where only the item's own fate kept it from alerting.
    """

    rule_id: str
    state: str
    text: str
    channels: tuple[str, ...]
    failing: tuple[Failing, ...] = ()
    found: tuple[tuple[str, str], ...] = ()
    """Terms that are there, each with the field."""
    share: float = 1.0


@dataclass(frozen=True, slots=True)
class Judge:
    """The rules of one configuration, read once for all copies. `kept`: it is the one the item came under."""

    bundle: Bundle
    kept: bool
    queries: dict[str, Query] = field(default_factory=dict)

    def judged(self, item: Item, came: datetime, rules: Iterable[Rule]) -> list[RuleAnswer]:
        """What these rules make of the item, which came then.

        A rule that is newer than the item is left out unless it matches. Pure.
        """
        reading = Reading(self._text(item), self.bundle.lists, self.bundle.default_lang)
        answers = (self._answer(reading, rule, item, came) for rule in rules)
        return [answer for answer in answers if answer is not None]

    def _nearness(self, reading: Reading, rule: Rule) -> Nearness:
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
            state, text = "not_matched", f"does not match: {_sentence(nearness)}"
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
            channels=tuple(one.channel for one in names(self.bundle.receivers, rule.notify)),
            failing=nearness.failing,
            found=tuple((term, place.field) for term, place in nearness.found),
            share=nearness.share,
        )

    def _text(self, item: Item) -> ItemText:
        tags = next((feed.tags for feed in self.bundle.feeds if feed.id == item.feed_id), ())
        return ItemText(
            title=item.title,
            summary=item.summary,
            body=item.body,
            author=item.author,
            lang=item.lang,
            feed_id=item.feed_id,
            feed_tags=tags,
            tags=item.tags,
        )


class Judges:
    """The configurations under which rules are judged, each read once."""

    def __init__(self, redis: Redis, today: Bundle) -> None:
        self._redis = redis
        self.today = Judge(today, kept=False)
        self._past: dict[int, Judge] = {today.version: Judge(today, kept=True)}

    async def of(self, version: int) -> Judge:
        """The configuration of that version while it is kept, else today's."""
        if version not in self._past:
            self._past[version] = await self._read(version) or self.today
        return self._past[version]

    async def _read(self, version: int) -> Judge | None:
        stored = await configuration.read_past(self._redis, version)
        if stored is None:
            return None
        try:
            return Judge(bundle_from_json(stored), kept=True)
        except PermanentError:  # of another schema: as good as not kept
            return None

    def judged(self, judge: Judge, item: Item, came: datetime, alerted: set[str]) -> list[RuleAnswer]:
        """The rules that gave no alert, those that match first, then the nearest.

        They are the rules of that configuration, and those of today's that it did not have.
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


def _sentence(nearness: Nearness) -> str:
    """What fails, and what was found beside it."""
    failing = "; ".join(one.text for one in nearness.failing)
    there = [f"`{term}` is in the {place.field}" for term, place in nearness.found]
    return f"{failing} ({', '.join(dict.fromkeys(there))})" if there else failing
