"""Everything about one rule for its page: what it means, when it hits and by which words, its last hits and tests."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any

from newswatch.models import Alert, Bundle, FeedFilter, Receiver, Rule
from newswatch.pipeline.authoring.hit_terms import TermCount, count_terms
from newswatch.pipeline.authoring.reader_labels import ReaderLabels, read_labels
from newswatch.pipeline.authoring.rule_history import RuleChange, rule_history
from newswatch.pipeline.authoring.rule_stats import alert_hits
from newswatch.pipeline.base.routing import receivers_named
from newswatch.pipeline.base.services import Services
from newswatch.pipeline.oversight.rules import RuleLine, read_lines, recorded_since
from newswatch.quantity import quantity
from newswatch.rules import Explained, ExplainedQuery, explain_event, explain_query
from newswatch.rules.lists import Lists
from newswatch.rules.repair import failing_examples
from newswatch.store import archive
from newswatch.store.client import redis_errors
from newswatch.store.codec import to_ms

DAYS = 90
MOST_ALERTS = 1_000
"""Hits by hour and by term are those of about so many alerts, the newest."""
MOST_SHOWN = 10


@dataclass(frozen=True, slots=True)
class Meaning:
    """A rule in words: its `event` or its `query`. `limits` are sentences on feeds, languages, threshold and expiry."""

    looks_for: str
    event: Explained | None
    query: ExplainedQuery | None
    limits: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class LastHit:
    """An alert of the rule, with what a reader said of its item: "acknowledged", "irrelevant" or ""."""

    alert: Alert
    mark: str


@dataclass(frozen=True, slots=True)
class RuleTest:
    """An example of the rule, `must_match` or `must_not_match`, and whether the rule passes it."""

    kind: str
    text: str
    passes: bool


@dataclass(frozen=True, slots=True)
class RuleFacts:
    """`days` are (ISO date, alerts) of the last 90 days, today last; `hours` are hits by hour of the day in UTC, 0 to 23.

    `recorded_days` is for how many days there are data, at most 90: "none in 90 days" holds only if it is 90.
    """

    line: RuleLine
    receivers: tuple[Receiver, ...]
    meaning: Meaning
    days: tuple[tuple[str, int], ...]
    hours: tuple[int, ...]
    terms: tuple[TermCount, ...]
    last_hits: tuple[LastHit, ...]
    tests: tuple[RuleTest, ...]
    history: tuple[RuleChange, ...]
    recorded_days: int


async def read_facts(services: Services, bundle: Bundle, rule: Rule) -> RuleFacts:
    """The facts of a rule in force. Raises RedisUnavailable."""
    now = services.clock()
    (line,) = await read_lines(services, [rule])
    with redis_errors():
        counts = await archive.hits_of(services.redis, [rule.id], to_ms(now), DAYS)
    labels = await read_labels(services, rule.id, MOST_ALERTS)
    since = await recorded_since(services)
    first = now.date() - timedelta(days=DAYS - 1)
    return RuleFacts(
        line=line,
        receivers=tuple(receivers_named(bundle.receivers, rule.notify)),
        meaning=meaning(rule, bundle.lists),
        days=tuple(
            ((first + timedelta(days=at)).isoformat(), count) for at, count in enumerate(counts[rule.id])
        ),
        hours=by_hour(one.alert.matched for one in labels.alerted.values()),
        terms=tuple(count_terms(alert_hits(labels, bundle.default_lang).values(), bundle.default_lang)),
        last_hits=_last_hits(labels),
        tests=examples_of(rule, bundle),
        history=tuple(rule_history(services.config_dir, rule.id)),
        recorded_days=recorded_days(since, now),
    )


def recorded_days(since: datetime | None, now: datetime) -> int:
    """For how many whole days there are data, at most `DAYS`."""
    # Daily housekeeping may already have removed a part of the 90th day.
    whole = (now - since).days if since is not None else 0
    return DAYS if whole >= DAYS - 1 else max(whole, 0)


def quiet_text(facts_days: int) -> str:
    """What to say of a rule without an alert: never of more days than there are data for."""
    if not facts_days:
        return "none yet"
    return f"none in {quantity(facts_days, 'day')}"


def by_hour(moments: Iterable[datetime]) -> tuple[int, ...]:
    """How many of these times are in each hour of the day, in UTC."""
    counts = Counter(moment.hour for moment in moments)
    return tuple(counts[hour] for hour in range(24))


def meaning(rule: Rule, lists: Lists) -> Meaning:
    """The rule in words. `lists` are those of its configuration. Raises QueryError for one that is not there. Pure."""
    event, query = None, None
    if rule.event is None:
        query = explain_query(rule.query, lists, rule.negation)
    else:
        event = explain_event(rule.event, rule.modality, lists)
    return Meaning(rule.subject, event, query, tuple(_limits(rule)))


def _limits(rule: Rule) -> list[str]:
    found = []
    if rule.feeds != FeedFilter():
        feeds = [*rule.feeds.ids, *(f"those tagged {tag}" for tag in rule.feeds.tags)]
        found.append(f"It looks only at these feeds: {', '.join(feeds)}.")
    if rule.languages:
        found.append(f"It looks only at items in {', '.join(rule.languages)}.")
    if rule.threshold is not None:
        one = rule.threshold
        found.append(
            f"It alerts on a surge: {quantity(one.stories, 'story', 'stories')} of {quantity(one.sources, 'publisher')} within {one.within_s:g} s."
        )
    if rule.expires is not None:
        found.append(f"Its last day is {rule.expires}.")
    return found


def examples_of(rule: Rule, bundle: Bundle) -> tuple[RuleTest, ...]:
    """The examples of the rule and whether it passes them. Pure."""
    failing = failing_examples(rule, bundle.lists, bundle.default_lang)
    given = [("must_match", text) for text in rule.must_match]
    given += [("must_not_match", text) for text in rule.must_not_match]
    return tuple(RuleTest(kind, text, (kind, text) not in failing) for kind, text in given)


def _last_hits(labels: ReaderLabels) -> tuple[LastHit, ...]:
    newest = sorted(labels.alerted.values(), key=lambda one: one.alert.matched, reverse=True)[:MOST_SHOWN]
    return tuple(
        LastHit(
            one.alert,
            "irrelevant"
            if one.alert.item_id in labels.irrelevant
            else "acknowledged"
            if one.acknowledged
            else "",
        )
        for one in newest
    )


# ── for machines ──────────────────────────────────────────────────────────────────────────────


def as_dict(facts: RuleFacts) -> dict[str, Any]:
    """The facts for JSON."""
    rule, line = facts.line.rule, facts.line
    return {
        "rule": rule.id,
        "severity": rule.severity,
        "owner": rule.owner,
        "state": line.state,
        "receivers": [{"id": one.id, "channel": one.channel} for one in facts.receivers],
        "last_alert": line.last.isoformat() if line.last else None,
        "acknowledged": line.acknowledged,
        "irrelevant": line.irrelevant,
        "missed": line.missed,
        "strip": list(line.days),
        "meaning": asdict(facts.meaning),
        "days": [{"day": day, "hits": hits} for day, hits in facts.days],
        "hours": list(facts.hours),
        "terms": [asdict(one) for one in facts.terms],
        "last_hits": [_hit_dict(one) for one in facts.last_hits],
        "tests": [asdict(one) for one in facts.tests],
        "history": [asdict(one) for one in facts.history],
        "recorded_days": facts.recorded_days,
        "quiet": "" if line.last else quiet_text(facts.recorded_days),
    }


def _hit_dict(hit: LastHit) -> dict[str, Any]:
    alert = hit.alert
    return {
        "alert": alert.id,
        "item": alert.item_id,
        "title": alert.title,
        "link": alert.link,
        "feed": alert.feed_id,
        "matched": alert.matched.isoformat(),
        "mark": hit.mark,
    }
