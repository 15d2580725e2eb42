"""The match stage: drain the items stream, decide which rules each item satisfies, queue the alerts.

Items and alerts pass in one atomic step: a crash before it leaves the items pending, and they are
matched again; after it, the alert ids exist and are never queued twice. Only the holder of the
match lease may hand over.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass
from datetime import datetime

from newswatch.errors import LeaseLost
from newswatch.models import SEVERITIES, Alert, Bundle, Feed, Item, Match, Rule, alert_id
from newswatch.pipeline import notices
from newswatch.pipeline.compiled import compiled
from newswatch.pipeline.configure import in_force
from newswatch.pipeline.identity import is_late_edit
from newswatch.pipeline.match_log import MatchLog
from newswatch.pipeline.routing import names, routes
from newswatch.pipeline.services import DEFAULT_RULE_CAP, Services
from newswatch.rules import ItemText, Watchlist, stem, tokenize
from newswatch.slack.excerpt import excerpts_for
from newswatch.store import feeds, items
from newswatch.store.client import redis_errors
from newswatch.store.codec import to_ms
from newswatch.store.handover import Cap, Placement, hand_over, told_titles
from newswatch.store.leases import Lease
from newswatch.store.mutes import Mute, muted_by
from newswatch.store.mutes import read as read_mutes
from newswatch.stories.story import story_id
from newswatch.stories.titles import WINDOW_S, Titles, Told
from newswatch.stories.words import is_function_word

log = logging.getLogger("newswatch.match")

BATCH = 100
MAX_LEASE_S = 15.0
HOUR_MS = 3_600_000
CAP_GRACES = 5
"""What exceeds a rule's cap is collected for so many grace periods: five minutes as a rule."""


@dataclass(frozen=True, slots=True)
class MatchCounts:
    """Items drained and alerts queued."""

    items: int = 0
    alerts: int = 0

    def __add__(self, later: MatchCounts) -> MatchCounts:
        """Two runs together."""
        return MatchCounts(self.items + later.items, self.alerts + later.alerts)

    def as_dict(self) -> dict[str, int]:
        """For `--json` and XCom."""
        return asdict(self)


def lease_s(bundle: Bundle | None) -> float:
    """How long a stage's lease lasts: half of the shortest grace period, within 0.5–15 s."""
    grace_s = min((receiver.grace_s for receiver in bundle.receivers), default=60.0) if bundle else 60.0
    return min(max(grace_s / 2, 0.5), MAX_LEASE_S)


class Watch:
    """One bundle, ready to match: the compiled rules and what alerts need to know around them."""

    def __init__(self, bundle: Bundle, rule_cap: int = DEFAULT_RULE_CAP) -> None:
        self.bundle = bundle
        self._rule_cap = rule_cap
        self._grace_s = {receiver.channel: receiver.grace_s for receiver in bundle.receivers}
        self._rules: dict[str, Rule] = {rule.id: rule for rule in bundle.rules}
        self._feeds: dict[str, Feed] = {feed.id: feed for feed in bundle.feeds}
        self._watchlist: Watchlist = compiled(bundle.rules, bundle.lists, bundle.default_lang)

    def matches(self, item: Item, today: str) -> list[tuple[Rule, Match]]:
        """The rules in force that the item satisfies. `today` is an ISO date."""
        feed_tags = self._feeds[item.feed_id].tags if item.feed_id in self._feeds else ()
        text = ItemText(
            title=item.title,
            summary=item.summary,
            body=item.body,
            author=item.author,
            lang=item.lang,
            feed_id=item.feed_id,
            feed_tags=feed_tags,
            tags=item.tags,
        )
        found = ((self._rules[match.rule_id], match) for match in self._watchlist.match(text))
        return [(rule, match) for rule, match in found if rule.expires is None or rule.expires >= today]

    def placements(self, item: Item, now: datetime, titles: Titles, mutes: list[Mute]) -> list[Placement]:
        """The alerts an item gives, each with where it goes: one for each rule and channel.

        Silent items (first sight) and items claimed before a rule came into force give none; an
        edit gives one only while the item is younger than 48 h. An item with its page's text may
        alert whenever the page was read: late edits had none queued. The alert id leaves the
        revision out, so that a rule that matched an earlier revision stays quiet.
        """
        if item.silent or (is_late_edit(item, now) and not item.article):
            return []
        found = [
            (rule, match)
            for rule, match in self.matches(item, now.date().isoformat())
            if self.bundle.rule_since.get(rule.id, 0) <= item.config_version
        ]
        if not found:
            return []
        link = story_id(item)
        told = titles.story_of(link, item.feed_id, self.title_stems(item), now.timestamp())
        placed = []
        for rule, match in found:
            # In doubt a grave alert is not hidden in the thread of another story.
            own = told is None or (rule.severity == "high" and not told.certain)
            story = link if own or told is None else told.story
            placed += self._placed(item, rule, match, story, now, mutes)
        return placed

    def title_stems(self, item: Item) -> frozenset[str]:
        """The stems of an item's title, by which stories under other links are found."""
        return title_stems(item.title, item.lang, self.bundle.default_lang)

    def _placed(
        self, item: Item, rule: Rule, match: Match, story: str, now: datetime, mutes: list[Mute]
    ) -> list[Placement]:
        receivers = names(self.bundle.receivers, rule.notify)
        return [
            Placement(
                alert=self._alert(item, rule, match, route.channel, story, now),
                kind=route.kind,
                group=route.group or story,
                due_ms=to_ms(route.due or now),
                heading=route.heading,
                threshold=rule.threshold,
                muted=muted_by(mutes, rule.id, route.channel, now),
                cap=self._cap(route.channel, now),
            )
            for route in routes(receivers, rule.severity, now)
        ]

    def _cap(self, channel: str, now: datetime) -> Cap:
        return Cap(
            most=self._rule_cap,
            hour=to_ms(now) // HOUR_MS,
            due_ms=to_ms(now) + int(self._grace_s[channel] * CAP_GRACES * 1000),
            heading=f"More than {self._rule_cap} messages this hour",
        )

    def _alert(self, item: Item, rule: Rule, match: Match, channel: str, story: str, now: datetime) -> Alert:
        return Alert(
            id=alert_id(rule.id, item.id, channel),
            rule_id=rule.id,
            severity=rule.severity,
            channel=channel,
            item_id=item.id,
            revision=item.revision,
            feed_id=item.feed_id,
            link=item.link,
            title=item.title,
            excerpts=excerpts_for(item, match.spans),
            published=item.published,
            first_seen=item.first_seen,
            matched=now,
            config_version=self.bundle.label,
            story_id=story,
            updated=item.revision > 0 and not item.article,
        )


def gravest_first(placements: Iterable[Placement]) -> list[Placement]:
    """In the order in which they are to meet their story: gravest first, else as they came."""
    return sorted(placements, key=lambda placed: -SEVERITIES.index(placed.alert.severity))


async def run_match(
    services: Services,
    *,
    deadline_s: float = 120.0,
    on_progress: Callable[[int, int], None] | None = None,
) -> MatchCounts:
    """Drain the stream. Raises RedisUnavailable.

    Where another process holds the lease it waits for that lease to lapse; if it is renewed, the
    other one is at work and this one leaves it to it.
    """
    bundle = await in_force(services)
    if bundle is None:
        return MatchCounts()
    stage = _Stage(services, Watch(bundle, services.rule_cap), time.monotonic() + deadline_s)
    with redis_errors():
        lease = Lease(services.redis, "match", lease_s(bundle))
        if not await lease.take(wait_s=lease.duration_s * 1.5):
            return MatchCounts()
        try:
            return await stage.drain(lease, on_progress)
        except LeaseLost as error:
            log.warning("%s", error)
            return stage.counts()
        finally:
            await lease.release()


def title_stems(title: str, lang: str, default_lang: str = "en") -> frozenset[str]:
    """What a headline is about: the stems of its words, function words left out."""
    words = (token.text for token in tokenize(title))
    return frozenset(
        stem(word, lang, default_lang) for word in words if not is_function_word(word, lang or default_lang)
    )


class _Stage:
    """One drain of the stream."""

    def __init__(self, services: Services, watch: Watch, stop_at: float) -> None:
        self._services = services
        self._watch = watch
        self._stop_at = stop_at
        self._titles = Titles()
        self._items = self._alerts = 0
        self._log = MatchLog(services.redis)

    def counts(self) -> MatchCounts:
        return MatchCounts(self._items, self._alerts)

    async def drain(self, lease: Lease, on_progress: Callable[[int, int], None] | None) -> MatchCounts:
        await feeds.ensure_group(self._services.redis)
        await self._recall()
        pending = True
        while time.monotonic() < self._stop_at:
            batch = await items.read_batch(self._services.redis, BATCH, pending=pending)
            if not batch and not pending:
                break
            if not batch:
                pending = False
                continue
            await lease.renew()
            await self._refresh()
            await self._hand_over(lease, batch)
            if on_progress is not None:
                on_progress(self._items, self._alerts)
        self._log.finish()
        return self.counts()

    async def _recall(self) -> None:
        """The titles told within the last two days."""
        since_ms = to_ms(self._services.clock()) - int(WINDOW_S * 1000)
        for row, at_ms in await told_titles(self._services.redis, since_ms):
            self._titles.add(Told.from_json(row, at_ms / 1000))

    async def _refresh(self) -> None:
        """Match by the configuration in force now, also when it changed during the drain."""
        bundle = await in_force(self._services)
        if bundle is not None and bundle.version != self._watch.bundle.version:
            self._watch = Watch(bundle, self._services.rule_cap)

    async def _hand_over(self, lease: Lease, batch: list[items.StreamEntry]) -> None:
        now = self._services.clock()
        placements: list[Placement] = []
        told: list[Told] = []
        mutes = await read_mutes(self._services.redis)
        for entry in batch:
            placed = await self._place(entry, now, mutes)
            if placed and entry.item is not None:
                told.append(self._tell(entry.item, placed[0].alert.story_id, now))
            placements += placed
        queued = await hand_over(
            self._services.redis,
            lease,
            [entry.stream_id for entry in batch],
            gravest_first(placements),
            [one.to_json() for one in told],
            now_ms=to_ms(now),
            alerts_kept_s=self._services.retention.alerts_s,
            titles_since_ms=to_ms(now) - int(WINDOW_S * 1000),
        )
        if queued is None:
            raise LeaseLost("the match stage is worked by another process now; it goes on there")
        self._items += len(batch)
        self._alerts += queued
        await self._log.batch(batch, [placed.alert for placed in placements])

    def _tell(self, item: Item, story: str, now: datetime) -> Told:
        """Remember the title for the items that follow, in this batch too."""
        stems = self._watch.title_stems(item)
        told = Told(story, story_id(item), item.feed_id, stems, now.timestamp())
        self._titles.add(told)
        return told

    async def _place(self, entry: items.StreamEntry, now: datetime, mutes: list[Mute]) -> list[Placement]:
        if entry.item is None:
            await self._bury(entry, entry.error)
            return []
        try:
            return self._watch.placements(entry.item, now, self._titles, mutes)
        except (ValueError, KeyError, IndexError, TypeError, RecursionError) as error:
            # One bad item must not hold up the others; what it was stands in the dead items.
            log.exception("item %s could not be matched", entry.item.id)
            await self._bury(entry, f"{type(error).__name__}: {error}")
            return []

    async def _bury(self, entry: items.StreamEntry, error: str) -> None:
        await items.bury(self._services.redis, entry.stream_id, error)
        name = entry.item.id if entry.item else entry.stream_id
        text = f"Item {name} could not be matched and was set aside: {error}"
        await notices.raise_notice(self._services, "item-unmatched", text)
