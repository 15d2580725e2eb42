"""The match stage: read the items stream, decide which rules each item satisfies, queue the alerts.

Alerts are stored and items acknowledged in one atomic step. After a crash before it the items are still pending
and are matched again. After it the alert ids exist and are never queued twice. Only the holder of the match lease
may hand over.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime

from newswatch.errors import LeaseLost
from newswatch.feeds.host import host_and_port
from newswatch.models import Alert, Bundle, Feed, Item, Match, Rule, Window, alert_id
from newswatch.pipeline.base import notices
from newswatch.pipeline.base.compiled_rules import compiled
from newswatch.pipeline.base.configuration import in_force
from newswatch.pipeline.base.disk_cache import DiskCache
from newswatch.pipeline.base.item_text import item_text
from newswatch.pipeline.base.late_edits import is_late_edit
from newswatch.pipeline.base.past_alerts import Past, read_past
from newswatch.pipeline.base.routing import Route, receivers_named, routes
from newswatch.pipeline.base.services import Services
from newswatch.pipeline.base.shift import SAY_S, Shift, hold_stage, work_shift
from newswatch.pipeline.base.stage_lease import lease_s
from newswatch.pipeline.base.windows import is_release, windows_of
from newswatch.pipeline.match import corrections
from newswatch.pipeline.match.candidates import Candidate, Cap
from newswatch.pipeline.match.log import MatchLog
from newswatch.pipeline.match.placement import MOST_RELEASED, place, question, release, release_question
from newswatch.pipeline.match.wording import wording_of
from newswatch.rules import Watchlist
from newswatch.rules.excerpt import excerpts_for, spoken
from newswatch.settings import Settings
from newswatch.store import feeds, handover, items, messages, windows
from newswatch.store.client import redis_errors
from newswatch.store.codec import to_ms
from newswatch.store.corrections import NO_EDITS, Edits
from newswatch.store.epoch import server_run
from newswatch.store.handover import Plan, Release
from newswatch.store.leases import Lease
from newswatch.store.mutes import Mute, muted_by
from newswatch.store.mutes import read as read_mutes
from newswatch.store.rechecks import NewRecheck
from newswatch.store.windows import WindowName
from newswatch.stories.link import story_id
from newswatch.stories.titles import WINDOW_S, KnownTitle, Titles
from newswatch.stories.wording import Wording

log = logging.getLogger("newswatch.match")

BATCH = 100
MOST_ALERTS = 1_000
"""A hand-over takes no further item beyond this many alerts: more would block Redis for long."""
DECISIONS = 20
"""How often in a row a hand-over is decided again."""
HOUR_MS = 3_600_000
CAP_GRACES = 5
"""Alerts beyond a rule's cap are collected for this many grace periods, usually five minutes."""


@dataclass(frozen=True, slots=True)
class MatchCounts:
    """Items drained and alerts queued."""

    items: int = 0
    alerts: int = 0

    def __add__(self, later: MatchCounts) -> MatchCounts:
        """The sum of two runs."""
        return MatchCounts(self.items + later.items, self.alerts + later.alerts)

    def as_dict(self) -> dict[str, int]:
        """The counts for `--json` and XCom."""
        return asdict(self)


class Watch:
    """One bundle, ready to match: the compiled rules, and what alerts need from the configuration."""

    def __init__(self, bundle: Bundle, settings: Settings) -> None:
        self.bundle = bundle
        self._rule_cap = settings.rule_cap
        self._channel_cap = max(settings.channel_cap, settings.rule_cap)
        self._grace_s = {receiver.channel: receiver.grace_s for receiver in bundle.receivers}
        self._rules: dict[str, Rule] = {rule.id: rule for rule in bundle.rules}
        self._feeds: dict[str, Feed] = {feed.id: feed for feed in bundle.feeds}
        self._expected: dict[tuple[str, str], list[Window]] = {}
        for feed, window in windows_of(bundle.feeds):
            self._expected.setdefault((feed.id, window.expect), []).append(window)
        self._watchlist: Watchlist = compiled(
            bundle.rules, bundle.lists, bundle.default_lang, DiskCache(settings.cache)
        )

    def matches(self, item: Item, today: str) -> list[tuple[Rule, Match]]:
        """The rules in force that the item satisfies. `today` is an ISO date."""
        text = item_text(item, self._feeds.get(item.feed_id))
        found = ((self._rules[match.rule_id], match) for match in self._watchlist.match(text))
        return [(rule, match) for rule, match in found if rule.expires is None or rule.expires >= today]

    def candidates(self, item: Item, now: datetime, titles: Titles, mutes: list[Mute]) -> list[Candidate]:
        """The alerts of an item, one for each rule and channel, each with where its rule sends it.

        Silent items (first sight) and items claimed before a rule came into force give none. An edit gives one only while
        the item is younger than 48 h. An item with its article may alert at any time, since late edits queue none. The
        alert id does not depend on the revision, so a rule that matched an earlier revision does not alert again.
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
        known = titles.story_of(link, item.feed_id, self.wording(item), now.timestamp(), _hour(item))
        story = known.story if known is not None else link
        by_channel: dict[str, list[tuple[Rule, Match, Route]]] = {}
        for rule, match in found:
            for route in routes(receivers_named(self.bundle.receivers, rule.notify), rule.severity, now):
                by_channel.setdefault(route.channel, []).append((rule, match, route))
        placed = []
        for matched in by_channel.values():
            high = any(rule.severity == "high" for rule, _, _ in matched)
            doubtful = high and known is not None and not known.certain
            placed += [
                replace(self._candidate(item, *one, story, now, mutes), doubtful=doubtful) for one in matched
            ]
        return placed

    def edit(self, item: Item, past: Past, now: datetime, mutes: list[Mute]) -> Edits:
        """What to do about an item that its feed edited after it alerted."""
        feed = self._feeds.get(item.feed_id)
        return corrections.decide(
            item,
            past,
            {rule.id: match for rule, match in self.matches(item, now.date().isoformat())},
            lambda one: one.rule_id in self._rules and muted_by(mutes, one.rule_id, one.channel, now) is None,
            publisher=feed.publisher if feed else "",
            body=feed is None or not feed.article,
        )

    def rechecks(self, alerts: Iterable[Alert], part: Sequence[items.StreamEntry]) -> list[NewRecheck]:
        """The links of these new alerts that are read again."""
        read = {one.item.id: one.item.body for one in part if one.item is not None and one.item.article}
        links = {one.item_id: one for one in alerts if host_and_port(one.link)}
        return [
            NewRecheck(one.item_id, one.feed_id, one.link, one.title, read.get(one.item_id, ""))
            for one in links.values()
            if (feed := self._feeds.get(one.feed_id)) is not None and feed.recheck
        ]

    def releases(self, alerts: Iterable[Alert]) -> set[WindowName]:
        """The release windows that these new alerts end."""
        return {
            (alert.feed_id, window.at_s)
            for alert in alerts
            for window in self._expected.get((alert.feed_id, alert.rule_id), ())
            if is_release(window, alert)
        }

    def wording(self, item: Item) -> Wording:
        """The words of an item's title and summary. Stories under other links are found by them."""
        return wording_of(item, self.bundle.default_lang)

    def _candidate(
        self, item: Item, rule: Rule, match: Match, route: Route, story: str, now: datetime, mutes: list[Mute]
    ) -> Candidate:
        limits = rule.threshold
        return Candidate(
            alert=self._alert(item, rule, match, route.channel, story, now),
            kind=route.kind,
            group=route.group or story,
            due_ms=to_ms(route.due or now),
            heading=route.heading,
            threshold=(limits.stories, limits.sources, int(limits.within_s * 1000)) if limits else None,
            muted=muted_by(mutes, rule.id, route.channel, now),
            cap=self._cap(route.channel, now),
        )

    def _cap(self, channel: str, now: datetime) -> Cap:
        return Cap(
            most=self._rule_cap,
            hour=to_ms(now) // HOUR_MS,
            due_ms=to_ms(now) + int(self._grace_s[channel] * CAP_GRACES * 1000),
            heading=f"More than {self._rule_cap} messages this hour",
            channel_most=self._channel_cap,
            channel_heading=f"More than {self._channel_cap} messages in this channel this hour",
        )

    def _alert(self, item: Item, rule: Rule, match: Match, channel: str, story: str, now: datetime) -> Alert:
        feed = self._feeds.get(item.feed_id)
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
            event=spoken(item, match),
            modality=match.modality,
            published=item.published,
            first_seen=item.first_seen,
            matched=now,
            config_version=self.bundle.label,
            story_id=story,
            updated=item.revision > 0 and not item.article,
            publisher=feed.publisher if feed else "",
        )


async def run_match(
    services: Services,
    *,
    deadline_s: float = 120.0,
    on_progress: Callable[[int, int], None] | None = None,
) -> MatchCounts:
    """Match all waiting items. Raises RedisUnavailable.

    If another process holds the lease, this one waits until the lease expires. If the other process renews it, that
    one is at work, and this one ends.
    """
    bundle = await in_force(services)
    if bundle is None:
        return MatchCounts()
    stop_at = time.monotonic() + deadline_s
    stage = _MatchStage(services, Watch(bundle, services.settings), lambda: time.monotonic() >= stop_at)
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


WAIT_MS = 1_000
"""How long one look at the stream waits for an item."""


async def stay_matching(shift: Shift) -> MatchCounts:
    """Match items as they come, until the shift is over.

    Nothing that is remembered outlives Redis: if another server takes over, or this one was restarted, it begins again with
    what is stored there. Raises StageRed, and errors of Redis that do not pass.
    """
    services, total = shift.services, MatchCounts()
    at_work: _MatchStage | None = None

    def counts() -> dict[str, int]:
        return (total if at_work is None else total + at_work.counts()).as_dict()

    shift.counts = counts

    async def work(bundle: Bundle, lease: Lease) -> None:
        nonlocal total, at_work
        at_work = _MatchStage(services, Watch(bundle, services.settings), lambda: shift.over)
        try:
            await at_work.stay(lease, shift)
        finally:
            total, at_work = total + at_work.counts(), None

    await work_shift(shift, lambda: hold_stage(shift, work))
    await shift.verdict(str(total.as_dict()))
    return total


def _hour(item: Item) -> int:
    """When it was published, in hours since 1970."""
    return to_ms(item.published or item.first_seen) // HOUR_MS


def _is_edit_of(part: Sequence[items.StreamEntry], entry: items.StreamEntry) -> bool:
    """Whether the entry edits an item of the part. It is judged by that item's alerts, which are handed over first."""
    item = entry.item
    if item is None or not corrections.is_edit(item):
        return False
    return any(one.item is not None and one.item.id == item.id for one in part)


class _MatchStage:
    """One run over the stream. Nothing new is begun once it is `over`."""

    def __init__(self, services: Services, watch: Watch, over: Callable[[], bool]) -> None:
        self._services = services
        self._watch = watch
        self._over = over
        self._titles = Titles()
        self._items = self._alerts = 0
        self._log = MatchLog(services.redis)

    def counts(self) -> MatchCounts:
        return MatchCounts(self._items, self._alerts)

    async def drain(self, lease: Lease, on_progress: Callable[[int, int], None] | None) -> MatchCounts:
        await feeds.ensure_group(self._services.redis)
        await self._recall()
        await self._release(lease)
        pending = True
        while not self._over():
            batch = await items.read_batch(self._services.redis, BATCH, pending=pending)
            if not batch and not pending:
                break
            if not batch:
                pending = False
                continue
            await lease.renew()
            await self._refresh()
            await self._hand_over(lease, batch)
            await self._release(lease)
            if on_progress is not None:
                on_progress(self._items, self._alerts)
        self._log.finish()
        return self.counts()

    async def stay(self, lease: Lease, shift: Shift) -> None:
        """Drain, then wait for more, until the shift is over or Redis is another server."""
        redis = self._services.redis
        run = (await server_run(redis)).run
        await self.drain(lease, None)
        said_at = time.monotonic()
        while not shift.over:
            if time.monotonic() - said_at > SAY_S:
                said_at = time.monotonic()
                self._log.finish()
                self._log = MatchLog(redis)
            batch = await items.read_batch(redis, BATCH, pending=False, wait_ms=WAIT_MS)
            if (await server_run(redis)).run != run:
                log.warning("Redis was restarted or another server took over: reading everything again")
                return
            await self._refresh()
            if batch:
                await self._hand_over(lease, batch)
                shift.did()
            await self._release(lease)

    async def _recall(self) -> None:
        """Load the titles of the last two days."""
        since_ms = to_ms(self._services.clock()) - int(WINDOW_S * 1000)
        for row, at_ms in await handover.known_titles(self._services.redis, since_ms):
            self._titles.add(KnownTitle.from_json(row, at_ms / 1000))

    async def _refresh(self) -> None:
        """Switch to the configuration in force, in case it changed during the run."""
        bundle = await in_force(self._services)
        if bundle is not None and bundle.version != self._watch.bundle.version:
            self._watch = Watch(bundle, self._services.settings)

    async def _hand_over(self, lease: Lease, batch: list[items.StreamEntry]) -> None:
        """Match a batch and hand it over, in parts if its items give very many alerts."""
        now = self._services.clock()
        candidates: list[Candidate] = []
        titles: list[KnownTitle] = []
        mutes = await read_mutes(self._services.redis)
        first = 0
        for after, entry in enumerate(batch, start=1):
            found = await self._match(entry, now, mutes)
            if found and entry.item is not None:
                titles.append(self._remember(entry.item, found[0].alert.story_id, now))
            candidates += found
            whole = len(candidates) >= MOST_ALERTS or after == len(batch)
            if whole or _is_edit_of(batch[first:after], batch[after]):
                await self._hand_over_part(lease, now, batch[first:after], candidates, titles, mutes)
                candidates, titles, first = [], [], after
                await lease.renew()

    async def _hand_over_part(
        self,
        lease: Lease,
        now: datetime,
        part: list[items.StreamEntry],
        candidates: list[Candidate],
        titles: list[KnownTitle],
        mutes: list[Mute],
    ) -> None:
        now_ms = to_ms(now)
        edited = {
            one.item.id: one.item for one in part if one.item is not None and corrections.is_edit(one.item)
        }

        async def decide() -> Plan:
            situation = await handover.read_situation(self._services.redis, question(candidates, now_ms))
            plan = place(candidates, situation, now_ms, self._services.layout)
            # Before the alerts are handed over: after a crash in between, their items are matched again.
            for name in self._watch.releases(placed.alert for placed in plan.alerts):
                await windows.hit(self._services.redis, name)
            again = self._watch.rechecks(
                [placed.alert for placed in plan.alerts if placed.muted is None], part
            )
            return replace(plan, edits=await self._edits(edited, now, mutes), rechecks=again)

        plan = await self._take_over(
            lease, now_ms, decide, [entry.stream_id for entry in part], [one.to_json() for one in titles]
        )
        self._items += len(part)
        self._alerts += len(plan.alerts)
        await self._log.batch(part, [placed.alert for placed in plan.alerts])

    async def _edits(self, edited: Mapping[str, Item], now: datetime, mutes: list[Mute]) -> Edits:
        """What to do about these edited items, those that alerted before."""
        if not edited:
            return NO_EDITS
        known = await read_past(self._services.redis, list(edited))
        found = [(past, self._edit(edited[name], past, now, mutes)) for name, past in known.items()]
        return await corrections.together(self._services.redis, found)

    def _edit(self, item: Item, past: Past, now: datetime, mutes: list[Mute]) -> Edits:
        try:
            return self._watch.edit(item, past, now, mutes)
        except (ValueError, KeyError, IndexError, TypeError, RecursionError):
            # An edit that cannot be judged must not hold up the others: its thread says nothing.
            log.exception("the edit of item %s could not be judged", item.id)
            return NO_EDITS

    async def _release(self, lease: Lease) -> None:
        """Put the alerts of begun surges into messages, part by part, also those that a killed run left."""
        redis = self._services.redis
        for given in await handover.releases(redis):
            more = True
            while more:
                held = await handover.next_released(redis, given, MOST_RELEASED)
                more = len(held) == MOST_RELEASED
                now_ms = to_ms(self._services.clock())
                await lease.renew()

                async def decide(
                    given: Release = given, held: Mapping[str, str] = held, now_ms: int = now_ms
                ) -> Plan:
                    situation = await handover.read_situation(redis, release_question(given))
                    stored = await messages.read_stored_alerts(redis, list(held.values()))
                    waiting = {one.alert.id: one.alert for one in stored if not one.message_id}
                    members = {member: waiting.get(name) for member, name in held.items()}
                    return release(given, members, situation, now_ms, self._services.layout)

                await self._take_over(lease, now_ms, decide)

    async def _take_over(
        self,
        lease: Lease,
        now_ms: int,
        decide: Callable[[], Awaitable[Plan]],
        stream_ids: Sequence[str] = (),
        titles: Sequence[str] = (),
    ) -> Plan:
        """Decide and hand over. If delivery changed the situation meanwhile, decide again.

        Raises LeaseLost, also if the situation keeps changing: the items stay pending for the next run.
        """
        for _ in range(DECISIONS):
            plan = await decide()
            answer = await handover.hand_over(
                self._services.redis,
                lease,
                plan,
                now_ms=now_ms,
                stream_ids=stream_ids,
                titles=titles,
                titles_since_ms=now_ms - int(WINDOW_S * 1000),
                alerts_kept_s=self._services.settings.alert_retention_s,
            )
            if answer == "taken":
                return plan
            if answer == "lost":
                raise LeaseLost("another process runs the match stage now and continues the work")
            await lease.renew()
        raise LeaseLost(
            f"the situation changed {DECISIONS} times while it was decided where alerts go; the next run continues"
        )

    def _remember(self, item: Item, story: str, now: datetime) -> KnownTitle:
        """Remember the title for the items that follow, also in this batch."""
        wording = self._titles.remembered(self._watch.wording(item))
        title = KnownTitle(story, story_id(item), item.feed_id, wording, now.timestamp(), _hour(item))
        self._titles.add(title)
        return title

    async def _match(self, entry: items.StreamEntry, now: datetime, mutes: list[Mute]) -> list[Candidate]:
        if entry.item is None:
            await self._set_aside(entry, entry.error)
            return []
        try:
            return self._watch.candidates(entry.item, now, self._titles, mutes)
        except (ValueError, KeyError, IndexError, TypeError, RecursionError) as error:
            # One bad item must not hold up the others. It is kept as a dead item.
            log.exception("item %s could not be matched", entry.item.id)
            await self._set_aside(entry, f"{type(error).__name__}: {error}")
            return []

    async def _set_aside(self, entry: items.StreamEntry, error: str) -> None:
        kept_s = self._services.settings.alert_retention_s
        await items.set_aside(self._services.redis, entry.stream_id, error, kept_s=kept_s)
        name = entry.item.id if entry.item else entry.stream_id
        text = f"Item {name} could not be matched and was set aside: {error}"
        await notices.raise_notice(self._services, "item-unmatched", text)
