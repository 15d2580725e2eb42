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
from functools import partial
from typing import NamedTuple

from newswatch.errors import LeaseLost
from newswatch.models import Item, Ruleset
from newswatch.pipeline.base import notices
from newswatch.pipeline.base.configuration import (
    FeedsInForce,
    rules_in_force,
    version_in_force,
    windows_in_force,
)
from newswatch.pipeline.base.past_alerts import Past, read_past
from newswatch.pipeline.base.services import Services
from newswatch.pipeline.base.shift import SAY_S, Shift
from newswatch.pipeline.base.shift_work import hold_stage, work_shift
from newswatch.pipeline.base.stage_lease import lease_s
from newswatch.pipeline.match import corrections
from newswatch.pipeline.match.candidates import Candidate
from newswatch.pipeline.match.judging import judge_under_lease
from newswatch.pipeline.match.log import MatchLog
from newswatch.pipeline.match.placement import MOST_RELEASED, place, question, release, release_question
from newswatch.pipeline.match.watch import Watch, hour_of
from newswatch.store import feeds, handover, items, messages, schema, windows
from newswatch.store.client import redis_errors
from newswatch.store.codec import to_ms
from newswatch.store.configuration import Version
from newswatch.store.corrections import NO_EDITS, Edits
from newswatch.store.epoch import server_run
from newswatch.store.handover import Plan, Release
from newswatch.store.leases import Lease
from newswatch.store.mutes import Mute
from newswatch.store.mutes import read as read_mutes
from newswatch.stories.link import story_id
from newswatch.stories.titles import WINDOW_S, KnownTitle, Titles

log = logging.getLogger("newswatch.match")

BATCH = 100
MOST_ALERTS = 1_000
"""A hand-over takes no further item beyond this many alerts: more would block Redis for long."""
PART_SHARE = 0.25
"""Items that take longer together than this share of the lease are handed over in parts, so that none waits for a long text."""
DECISIONS = 20
"""How often in a row a hand-over is decided again."""


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
    ready = await _read_watch(services)
    if ready is None:
        return MatchCounts()
    stop_at = time.monotonic() + deadline_s
    stage = _MatchStage(services, ready, lambda: time.monotonic() >= stop_at)
    with redis_errors():
        lease = Lease(services.redis, "match", lease_s(ready.watch.bundle.receivers))
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

    async def work(_rules: Ruleset, lease: Lease) -> None:
        nonlocal total, at_work
        ready = await _read_watch(services)
        if ready is None:
            return
        at_work = _MatchStage(services, ready, lambda: shift.over)
        try:
            await at_work.stay(lease, shift)
        finally:
            total, at_work = total + at_work.counts(), None

    await work_shift(shift, lambda: hold_stage(shift, rules_in_force, work))
    await shift.verdict(str(total.as_dict()))
    return total


def _is_edit_of(part: Sequence[items.StreamEntry], entry: items.StreamEntry) -> bool:
    """Whether the entry edits an item of the part. It is judged by that item's alerts, which are handed over first."""
    item = entry.item
    if item is None or not corrections.is_edit(item):
        return False
    return any(one.item is not None and one.item.id == item.id for one in part)


class _Ready(NamedTuple):
    """One version of the configuration, ready to match."""

    version: Version
    watch: Watch
    feeds: FeedsInForce


async def _read_watch(services: Services) -> _Ready | None:
    """The configuration in force, None before the first one. Its rules, windows and feeds are of one version."""
    while True:
        rules, feed_windows = await rules_in_force(services), await windows_in_force(services)
        if rules is None:
            return None
        version = (rules.version, rules.digest)
        if await version_in_force(services) == version:
            known = FeedsInForce(services, version)
            return _Ready(version, Watch(rules, services.settings, known, feed_windows), known)


class _MatchStage:
    """One run over the stream. Nothing new is begun once it is `over`."""

    def __init__(self, services: Services, ready: _Ready, over: Callable[[], bool]) -> None:
        self._services = services
        self._ready = ready
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
            await self._refresh(batch)
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
        await self.drain(lease, lambda *_: shift.did())
        said_at = time.monotonic()
        while not shift.over:
            if time.monotonic() - said_at > SAY_S:
                said_at = time.monotonic()
                self._log.finish()
                self._log = MatchLog(redis)
            # A process whose lease has just passed to this one may still have been given an item, which it does not match.
            batch = await items.read_batch(redis, BATCH, pending=True)
            batch = batch or await items.read_batch(redis, BATCH, pending=False, wait_ms=WAIT_MS)
            if (await server_run(redis)).run != run:
                log.warning("Redis was restarted or another server took over: reading everything again")
                return
            await self._refresh(batch)
            if batch:
                await self._hand_over(lease, batch)
                shift.did()
            await self._release(lease)

    async def _recall(self) -> None:
        """Load the titles of the last two days."""
        since_ms = to_ms(self._services.clock()) - int(WINDOW_S * 1000)
        for row, at_ms in await handover.known_titles(self._services.redis, since_ms):
            self._titles.add(KnownTitle.from_json(row, at_ms / 1000))

    async def _refresh(self, batch: Iterable[items.StreamEntry]) -> None:
        """Switch to the configuration in force, in case it changed during the run, and read the feeds of these items.

        If Redis has lost the configuration, the last known one counts.
        """
        feed_ids = {entry.item.feed_id for entry in batch if entry.item is not None}
        while (version := await version_in_force(self._services))[0]:
            if version != self._ready.version:
                self._ready = await _read_watch(self._services) or self._ready
            if await self._ready.feeds.read(feed_ids):
                return

    async def _hand_over(self, lease: Lease, batch: list[items.StreamEntry]) -> None:
        """Match a batch and hand it over, in parts if its items give very many alerts."""
        now = self._services.clock()
        candidates: list[Candidate] = []
        titles: list[KnownTitle] = []
        mutes = await read_mutes(self._services.redis)
        first, began = 0, time.monotonic()
        for after, entry in enumerate(batch, start=1):
            found = await self._match(lease, entry, now, mutes)
            if found and entry.item is not None:
                titles.append(self._remember(entry.item, found[0].alert.story_id, now))
            candidates += found
            took_long = time.monotonic() - began > lease.duration_s * PART_SHARE
            whole = len(candidates) >= MOST_ALERTS or took_long or after == len(batch)
            if whole or _is_edit_of(batch[first:after], batch[after]):
                await self._hand_over_part(lease, now, batch[first:after], candidates, titles, mutes)
                candidates, titles, first = [], [], after
                await lease.renew()
                began = time.monotonic()

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
            for name in self._ready.watch.releases(placed.alert for placed in plan.alerts):
                await windows.hit(self._services.redis, name)
            again = self._ready.watch.rechecks(
                [placed.alert for placed in plan.alerts if placed.muted is None], part
            )
            return replace(plan, edits=await self._edits(lease, edited, now, mutes), rechecks=again)

        plan = await self._take_over(
            lease, now_ms, decide, [entry.stream_id for entry in part], [one.to_json() for one in titles]
        )
        self._items += len(part)
        self._alerts += len(plan.alerts)
        await self._log.batch(part, [placed.alert for placed in plan.alerts])

    async def _edits(
        self, lease: Lease, edited: Mapping[str, Item], now: datetime, mutes: list[Mute]
    ) -> Edits:
        """What to do about these edited items, those that alerted before."""
        if not edited:
            return NO_EDITS
        known = await read_past(self._services.redis, list(edited))
        found = [
            (past, await self._edit(lease, edited[name], past, now, mutes)) for name, past in known.items()
        ]
        return await corrections.together(self._services.redis, found)

    async def _edit(self, lease: Lease, item: Item, past: Past, now: datetime, mutes: list[Mute]) -> Edits:
        try:
            return await judge_under_lease(
                lease, item, partial(self._ready.watch.edit, item, past, now, mutes)
            )
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
        wording = self._titles.remembered(self._ready.watch.wording(item))
        title = KnownTitle(story, story_id(item), item.feed_id, wording, now.timestamp(), hour_of(item))
        self._titles.add(title)
        return title

    async def _match(
        self, lease: Lease, entry: items.StreamEntry, now: datetime, mutes: list[Mute]
    ) -> list[Candidate]:
        if entry.item is None:
            await self._set_aside(entry, entry.error)
            return []
        work = partial(self._ready.watch.candidates, entry.item, now, self._titles, mutes)
        try:
            return await judge_under_lease(lease, entry.item, work)
        except (ValueError, KeyError, IndexError, TypeError, RecursionError) as error:
            # One bad item must not hold up the others. It is kept as a dead item.
            log.exception("item %s could not be matched", entry.item.id)
            await self._set_aside(entry, f"{type(error).__name__}: {error}")
            return []

    async def _set_aside(self, entry: items.StreamEntry, error: str) -> None:
        await schema.refuse_if_outgrown(self._services.redis)
        kept_s = self._services.settings.alert_retention_s
        await items.set_aside(self._services.redis, entry.stream_id, error, kept_s=kept_s)
        name = entry.item.id if entry.item else entry.stream_id
        text = f"Item {name} could not be matched and was set aside: {error}"
        await notices.raise_notice(self._services, "item-unmatched", text)
