"""Alerts as people read them: one card for a story and channel, with everything that was reported of it.

    alerts that fit ──by channel and story──▶ cards ◀── the story's other alerts

A story is listed where its newest fitting alert is. Later pages leave out what its card has shown.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from newswatch.models import SEVERITIES, Alert, Excerpt, Severity, TextField, short_hash
from newswatch.pipeline.base.services import Services
from newswatch.pipeline.oversight.alert_search import AlertFilter, list_alerts
from newswatch.pipeline.oversight.alerts import STATES, AlertLine, State, line_of
from newswatch.store import messages
from newswatch.store.archive import Cursor
from newswatch.store.client import redis_errors
from newswatch.store.codec import to_ms
from newswatch.stories.headline import best, points

MOST_ALERTS = 100
"""The newest alerts of a story that its card has."""
MOST_PAGES = 4
"""So many pages of alerts are read for one page of cards, if their stories were all shown before."""

Place = tuple[str, str]
"""A channel and a story."""


@dataclass(frozen=True, slots=True)
class Outlet:
    """A publisher that has the story. `at` is when it first had it, `lag_s` how long after the first one."""

    name: str
    at: datetime
    lag_s: float


@dataclass(frozen=True, slots=True)
class Report:
    """One item of the story, with its alerts and each of its passages once."""

    lines: tuple[AlertLine, ...]
    excerpts: tuple[Excerpt, ...]

    @property
    def alert(self) -> Alert:
        """One of its alerts, for what all of them say of the item."""
        return self.lines[0].alert


@dataclass(frozen=True, slots=True)
class StoryCard:
    """One story in one channel. `headline` is the alert with the best one, `deed` one that says who does what."""

    channel: str
    story_id: str
    headline: Alert
    deed: Alert
    severity: Severity
    rules: tuple[tuple[str, Severity], ...]
    states: tuple[tuple[State, int], ...]
    """How many of its alerts are in each state."""
    whys: tuple[str, ...]
    """Why some of them wait, or were not sent."""
    reports: tuple[Report, ...]
    """The first one first."""
    outlets: tuple[Outlet, ...]
    """The first one first."""
    newest: datetime
    """When the newest of its alerts was matched."""

    @property
    def name(self) -> str:
        """Identifies the card on its page."""
        return f"story-{short_hash(self.channel, self.story_id)}"

    @property
    def alerts(self) -> int:
        """How many alerts it has."""
        return sum(number for _, number in self.states)


@dataclass(frozen=True, slots=True)
class StoryPage:
    """One page of cards, see `AlertPage`."""

    cards: tuple[StoryCard, ...]
    further: Cursor | None
    looked_at: int


async def list_stories(
    services: Services, wanted: AlertFilter, *, before: Cursor | None, limit: int
) -> StoryPage:
    """The stories of the next `limit` alerts that fit, the newest first. Raises RedisUnavailable."""
    looked_at, after = 0, before
    for _ in range(MOST_PAGES):
        page = await list_alerts(services, wanted, before=after, limit=limit)
        looked_at, after = looked_at + page.looked_at, page.further
        cards = await _cards(services, wanted, page.lines, before)
        if cards or page.further is None or not page.lines:  # without lines, the search has run out of time
            break
    return StoryPage(tuple(cards), after, looked_at)


async def _cards(
    services: Services, wanted: AlertFilter, lines: Sequence[AlertLine], before: Cursor | None
) -> list[StoryCard]:
    by_story: dict[Place, list[AlertLine]] = {}
    for line in lines:
        by_story.setdefault((line.alert.channel, line.alert.story_id), []).append(line)
    told = await _told(services, list(by_story))
    return [
        card_of(left)
        for place, found in by_story.items()
        if (left := to_show(wanted, found, told.get(place, []), before))
    ]


async def _told(services: Services, places: Sequence[Place]) -> dict[Place, list[AlertLine]]:
    """The newest alerts of these stories, whatever became of them."""
    now_ms = to_ms(services.clock())
    with redis_errors():
        names = await messages.alerts_of_stories(services.redis, places, MOST_ALERTS)
        stored = await messages.read_stored_alerts(
            services.redis, [name for ids in names.values() for name in ids]
        )
        found = await messages.read_readable(services.redis, [one.message_id for one in stored])
    lines: dict[Place, list[AlertLine]] = {}
    for one in stored:
        place = (one.alert.channel, one.alert.story_id)
        lines.setdefault(place, []).append(line_of(one, found.get(one.message_id), now_ms))
    return lines


def to_show(
    wanted: AlertFilter, found: Sequence[AlertLine], told: Sequence[AlertLine], before: Cursor | None
) -> list[AlertLine]:
    """The alerts of a story's card, none if its card is on an earlier page.

    `found` are those of this page that fit, `told` the story's newest alerts. Pure.
    """
    shown_before = before is not None and any(
        not _place(line).older_than(before) and wanted.admits(line) for line in told
    )
    known = {line.alert.id for line in told}
    return [] if shown_before else [*told, *(line for line in found if line.alert.id not in known)]


def _place(line: AlertLine) -> Cursor:
    return Cursor(to_ms(line.alert.matched), line.alert.id)


def card_of(lines: Sequence[AlertLine]) -> StoryCard:
    """A card of these alerts, at least one. Pure."""
    alerts = sorted((line.alert for line in lines), key=lambda one: (one.first_seen, one.id))
    headline = best(alerts) or alerts[0]
    saying = [one for one in alerts if one.deed]
    worst: dict[str, Severity] = {}
    for one in alerts:
        worst[one.rule_id] = max(worst.get(one.rule_id, one.severity), one.severity, key=SEVERITIES.index)
    rules = sorted(worst.items(), key=lambda pair: (-SEVERITIES.index(pair[1]), pair[0]))
    states = Counter(line.state for line in lines)
    return StoryCard(
        channel=headline.channel,
        story_id=headline.story_id,
        headline=headline,
        deed=headline if headline.deed or not saying else max(saying, key=points),
        severity=rules[0][1],
        rules=tuple(rules),
        states=tuple((state, states[state]) for state in STATES if states[state]),
        whys=tuple(dict.fromkeys(_why(line) for line in lines if line.why)),
        reports=_reports(lines),
        outlets=outlets_of(alerts),
        newest=max(one.matched for one in alerts),
    )


def _why(line: AlertLine) -> str:
    return f"{line.state} {line.why}" if line.state == "acknowledged" else line.why


def _reports(lines: Sequence[AlertLine]) -> tuple[Report, ...]:
    items: dict[str, list[AlertLine]] = {}
    for line in sorted(lines, key=lambda one: (had_at(one.alert), one.alert.id)):
        items.setdefault(line.alert.item_id, []).append(line)
    return tuple(Report(tuple(found), _passages(found)) for found in items.values())


def _passages(lines: Sequence[AlertLine]) -> tuple[Excerpt, ...]:
    """Each passage once, with what any of the rules marked in it. The headline is left out: it is shown anyway."""
    marks: dict[tuple[TextField, str], set[tuple[int, int]]] = {}
    for excerpt in (one for line in lines for one in line.alert.excerpts if one.field != "title"):
        marks.setdefault((excerpt.field, excerpt.text), set()).update(excerpt.marks)
    return tuple(Excerpt(field, text, tuple(sorted(found))) for (field, text), found in marks.items())


def had_at(alert: Alert) -> datetime:
    """When its publisher had it: as the feed says, unless that is later than we saw it. Pure."""
    return min(alert.published or alert.first_seen, alert.first_seen)


def outlets_of(alerts: Sequence[Alert]) -> tuple[Outlet, ...]:
    """The publishers in the order in which they had the story. Pure."""
    first: dict[str, datetime] = {}
    for alert in alerts:
        at = had_at(alert)
        first[alert.published_by] = min(first.get(alert.published_by, at), at)
    ordered = sorted(first.items(), key=lambda pair: (pair[1], pair[0]))
    return tuple(Outlet(name, at, (at - ordered[0][1]).total_seconds()) for name, at in ordered)
