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
from datetime import datetime, timedelta

from newswatch.errors import LeaseLost
from newswatch.models import SEVERITIES, Alert, Bundle, Feed, Item, Match, Receiver, Rule, alert_id
from newswatch.pipeline import notices
from newswatch.pipeline.configure import in_force
from newswatch.pipeline.services import Services
from newswatch.rules import ItemText, Watchlist, compile_watchlist
from newswatch.slack.excerpt import excerpts_for
from newswatch.store import feeds, items
from newswatch.store.client import redis_errors
from newswatch.store.codec import to_ms
from newswatch.store.leases import Lease
from newswatch.stories.story import story_id

log = logging.getLogger("newswatch.match")

BATCH = 100
MAX_LEASE_S = 15.0
COLLECT_S = 3.0
UPDATE_WINDOW = timedelta(hours=48)


@dataclass(frozen=True, slots=True)
class MatchCounts:
    """Items drained and alerts queued."""

    items: int = 0
    alerts: int = 0

    def as_dict(self) -> dict[str, int]:
        """For `--json` and XCom."""
        return asdict(self)


def lease_s(bundle: Bundle | None) -> float:
    """How long a stage's lease lasts: a quarter of the shortest grace period, within 0.5–15 s."""
    grace_s = min((receiver.grace_s for receiver in bundle.receivers), default=60.0) if bundle else 60.0
    return min(max(grace_s / 4, 0.5), MAX_LEASE_S)


class Watch:
    """One bundle, ready to match: the compiled rules and what alerts need to know around them."""

    def __init__(self, bundle: Bundle) -> None:
        self.bundle = bundle
        self._rules: dict[str, Rule] = {rule.id: rule for rule in bundle.rules}
        self._feeds: dict[str, Feed] = {feed.id: feed for feed in bundle.feeds}
        self._receivers: dict[str, Receiver] = {receiver.id: receiver for receiver in bundle.receivers}
        self._watchlist: Watchlist = compile_watchlist(bundle.rules, bundle.lists, bundle.default_lang)

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

    def alerts(self, item: Item, now: datetime) -> list[Alert]:
        """The alerts an item gives: one for each rule and channel, none for what may not alert.

        Silent items (first sight) and items claimed before a rule came into force give none; an
        edit gives one only while the item is younger than 48 h. The alert id leaves the revision
        out, so that a rule that matched an earlier revision stays quiet.
        """
        if item.silent or (item.revision and now - (item.published or item.first_seen) >= UPDATE_WINDOW):
            return []
        return [
            self._alert(item, rule, match, channel, now)
            for rule, match in self.matches(item, now.date().isoformat())
            if self.bundle.rule_since.get(rule.id, 0) <= item.config_version
            for channel in self._channels(rule)
        ]

    def _channels(self, rule: Rule) -> list[str]:
        found = (self._receivers[name].channel for name in rule.notify if name in self._receivers)
        return list(dict.fromkeys(found))

    def _alert(self, item: Item, rule: Rule, match: Match, channel: str, now: datetime) -> Alert:
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
            story_id=story_id(item),
            updated=item.revision > 0,
        )


def gravest_first(alerts: Iterable[Alert]) -> list[Alert]:
    """Alerts in the order in which they are to meet their story: gravest first, else as they came."""
    return sorted(alerts, key=lambda alert: -SEVERITIES.index(alert.severity))


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
    stage = _Stage(services, Watch(bundle), time.monotonic() + deadline_s)
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


class _Stage:
    """One drain of the stream."""

    def __init__(self, services: Services, watch: Watch, stop_at: float) -> None:
        self._services = services
        self._watch = watch
        self._stop_at = stop_at
        self._items = self._alerts = 0

    def counts(self) -> MatchCounts:
        return MatchCounts(self._items, self._alerts)

    async def drain(self, lease: Lease, on_progress: Callable[[int, int], None] | None) -> MatchCounts:
        await feeds.ensure_group(self._services.redis)
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
        return self.counts()

    async def _refresh(self) -> None:
        """Match by the configuration in force now, also when it changed during the drain."""
        bundle = await in_force(self._services)
        if bundle is not None and bundle.version != self._watch.bundle.version:
            self._watch = Watch(bundle)

    async def _hand_over(self, lease: Lease, batch: list[items.StreamEntry]) -> None:
        now = self._services.clock()
        alerts: list[Alert] = []
        for entry in batch:
            alerts += await self._alerts_of(entry, now)
        queued = await items.hand_over(
            self._services.redis,
            lease,
            [entry.stream_id for entry in batch],
            gravest_first(alerts),
            now_ms=to_ms(now),
            collect_ms=int(COLLECT_S * 1000),
        )
        if queued is None:
            raise LeaseLost("the match stage is worked by another process now; it goes on there")
        self._items += len(batch)
        self._alerts += queued

    async def _alerts_of(self, entry: items.StreamEntry, now: datetime) -> list[Alert]:
        if entry.item is None:
            await self._bury(entry, entry.error)
            return []
        try:
            return self._watch.alerts(entry.item, now)
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
