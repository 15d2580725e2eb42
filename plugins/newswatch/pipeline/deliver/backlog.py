"""Catches up on what could not be sent for hours: one message for a channel, and everything else in its thread.

After a long outage a channel would get thousands of messages one by one, and new ones would wait behind them. So alerts
that have waited longer than the receiver's `stale_after` are listed instead:

1. The newest messages of severity high, at most MOST_SINGLE, are still sent one by one, and go first.
2. One message says how many alerts there are, by rule, and lists the ten most severe stories.
3. All others are listed in its thread, story by story, after everything else in the queue.

`plan` decides, `catch_up` does it.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from newswatch.models import SEVERITIES, Alert
from newswatch.pipeline.base.sender import Layout
from newswatch.pipeline.base.services import Services
from newswatch.pipeline.deliver.folding import foldable
from newswatch.pipeline.deliver.judgement import Conditions, held_until
from newswatch.pipeline.deliver.queue import Waiting, by_item, read_queue
from newswatch.pipeline.deliver.run_state import DeliveryRun
from newswatch.pipeline.deliver.withdrawal import current_conditions, withdraw_unwanted
from newswatch.quantity import quantity
from newswatch.store import messages, outbox
from newswatch.store.codec import to_ms
from newswatch.store.messages import StoredMessage
from newswatch.store.outbox import CatchUp, Listed

MOST_SINGLE = 20
"""How many messages of severity high, the newest, are still sent one by one."""
MOST_A_STEP = 250
"""How many messages are replaced in one step. Redis does nothing else meanwhile."""
MOST_SEVERE = 10
"""How many stories are listed in the message itself."""
DECISIONS = 3
"""How often in a row the decision is made again, if messages grew or were begun meanwhile."""
LOOK_EVERY_S = 10.0
"""A channel's whole queue is searched for stale messages at most this often."""
IN_THREAD = "Catching up, continued"
_MOST_RULES_NAMED = 10


def is_stale(waiting: Waiting, now: datetime, stale_after_s: float) -> bool:
    """Whether all alerts of a story's message or reply were matched too long ago to come one by one. Pure."""
    since = now - timedelta(seconds=stale_after_s)
    return (
        foldable(waiting.stored)
        and bool(waiting.alerts)
        and len(waiting.alerts) == len(waiting.stored.message.alert_ids)  # others become dead letters
        and all(alert.matched <= since for alert in waiting.alerts)
    )


def plan(
    queue: Sequence[Waiting],
    layout: Layout,
    *,
    now: datetime,
    stale_after_s: float,
    most_single: int = MOST_SINGLE,
    root_id: str | None = None,
) -> list[CatchUp]:
    """How to catch up, in steps; none if fewer than two messages would be listed. Pure.

    A catch-up that was not sent yet is made again with what became stale since. If `root_id` was sent, everything goes to
    its thread. The first step makes the message, the others continue its thread.
    """
    stale = [one for one in queue if is_stale(one, now, stale_after_s)]
    high = sorted(filter(_is_high, stale), key=_newest, reverse=True)[:most_single]
    single = {one.stored.id for one in high}
    listed = [one for one in stale if one.stored.id not in single]
    if len(listed) < 2:
        return []
    listed += [] if root_id else [one for one in queue if _is_unsent_catch_up(one)]
    stories = _by_story(alert for one in listed for alert in one.alerts)
    first = [] if root_id else _most_severe(stories)
    named = {alert.id for item in first for alert in item}
    begins = [one for one in listed if any(alert.id in named for alert in one.alerts)]
    begun = {one.stored.id for one in begins}
    others = sorted((one for one in listed if one.stored.id not in begun), key=_order(stories))
    groups = [begins] if begins else []
    groups += [others[at : at + MOST_A_STEP] for at in range(0, len(others), MOST_A_STEP)]
    due = min((one.stored.message.created or now for one in listed), default=now)
    made = CatchUp((), (), _text(stories, shown=len(first)), IN_THREAD, to_ms(due), root_id)
    return [
        replace(
            made,
            old=tuple(one.stored.message for one in group),
            lists=tuple(_group_lists(group, first if group is begins else [], layout)),
            moved=any(one.stored.moved for one in group),
        )
        for group in groups
    ]


def _group_lists(group: Sequence[Waiting], first: Sequence[Item], layout: Layout) -> list[Listed]:
    """The lists of one step: the most severe alerts, then the others of these messages, story by story."""
    named = {alert.id for item in first for alert in item}
    stories = _by_story(alert for one in group for alert in one.alerts if alert.id not in named)
    rest = [item for story in stories for item in story]
    return [*_lists(first, layout, MOST_SEVERE), *_lists(rest, layout, layout.most_items)]


def _order(stories: Sequence[Sequence[Item]]) -> Callable[[Waiting], int]:
    """Messages in the order of their stories."""
    place = {item[0].story_id: number for number, story in enumerate(stories) for item in story}
    return lambda waiting: min(place[alert.story_id] for alert in waiting.alerts)


async def catch_up(run: DeliveryRun, channel: str) -> bool:
    """Catch up in a channel that is about to be sent to. Returns whether its queue changed."""
    redis, stale_after_s = run.services.redis, run.stale_after_s(channel)
    if time.monotonic() - run.caught_up.get(channel, -LOOK_EVERY_S) < LOOK_EVERY_S:
        return False
    changed = False
    if await outbox.waits_since(redis, channel, run.now_ms() - int(stale_after_s * 1000)):
        changed = await _withdraw_stale(run, channel, stale_after_s)
        conditions = await current_conditions(run)
        changed |= await fold_backlog(run.services, conditions, channel, stale_after_s=stale_after_s)
    run.caught_up[channel] = time.monotonic()
    return changed


async def fold_backlog(
    services: Services,
    conditions: Conditions,
    channel: str,
    *,
    stale_after_s: float,
    most_single: int = MOST_SINGLE,
) -> bool:
    """Replace what waited longer than `stale_after_s` by a catch-up. Returns whether anything was replaced."""
    for _ in range(DECISIONS):
        now = services.clock()
        queue = await read_queue(services.redis, channel)
        made = plan(
            [one for one in queue if held_until(one.alerts, conditions, now) is None],
            services.layout,
            now=now,
            stale_after_s=stale_after_s,
            most_single=most_single,
            root_id=await _root(services, channel, stale_after_s),
        )
        if not made:
            return False
        root_id = made[0].root_id
        for number, step in enumerate(made):
            done = await outbox.catch_up(services.redis, channel, replace(step, root_id=root_id), to_ms(now))
            if done is None and number == 0:
                break
            if done is None:
                return True  # the next look continues
            root_id = done
        else:
            return True
    return False


async def _withdraw_stale(run: DeliveryRun, channel: str, stale_after_s: float) -> bool:
    """Withdraw first what is no longer wanted, so that the numbers are right."""
    conditions, now = await current_conditions(run), run.services.clock()
    stale = [
        one for one in await read_queue(run.services.redis, channel) if is_stale(one, now, stale_after_s)
    ]
    return any([await withdraw_unwanted(run, one, conditions) for one in stale])


async def latest_catch_up(services: Services, channel: str, stale_after_s: float) -> StoredMessage | None:
    """The channel's catch-up, if it waits or was sent not longer ago than `stale_after_s`."""
    name = await outbox.last_catch_up(services.redis, channel)
    found = await messages.read_if_readable(services.redis, name)
    if found is None or found.delivery.state in ("dead", "withdrawn"):
        return None
    sent = found.delivery.sent
    late = sent is not None and services.clock() - sent > timedelta(seconds=stale_after_s)
    return None if late else found


async def _root(services: Services, channel: str, stale_after_s: float) -> str | None:
    """The catch-up whose thread is continued: it was begun."""
    found = await latest_catch_up(services, channel, stale_after_s)
    return None if found is None or _never_begun(found) else found.id


def _never_begun(stored: StoredMessage) -> bool:
    return stored.delivery.state == "queued" and stored.delivery.sending_since is None


def _is_unsent_catch_up(waiting: Waiting) -> bool:
    return waiting.stored.message.kind == "catch-up" and _never_begun(waiting.stored)


def _is_high(waiting: Waiting) -> bool:
    return any(alert.severity == "high" for alert in waiting.alerts)


def _newest(waiting: Waiting) -> datetime:
    return max(alert.matched for alert in waiting.alerts)


# ── what is listed where ──────────────────────────────────────────────────────────────────────

Item = list[Alert]


def _rank(alerts: Iterable[Alert]) -> int:
    return max(SEVERITIES.index(alert.severity) for alert in alerts)


def _by_story(alerts: Iterable[Alert]) -> list[list[Item]]:
    """The items of each story together: the most severe stories first, then those that came first."""
    stories: dict[str, list[Alert]] = {}
    for alert in sorted(alerts, key=lambda alert: alert.matched):
        stories.setdefault(alert.story_id, []).append(alert)
    ranked = sorted(stories.values(), key=lambda story: -_rank(story))
    return [by_item(story) for story in ranked]


def _most_severe(stories: Sequence[Sequence[Item]]) -> list[Item]:
    """One item of each of the most severe stories. Among equals, the newest come first."""
    severest = [max(story, key=_rank) for story in stories]
    return sorted(severest, key=lambda item: (-_rank(item), -item[0].matched.timestamp()))[:MOST_SEVERE]


def _lists(items: Sequence[Item], layout: Layout, most_items: int) -> list[Listed]:
    """The items in their order, in as few lists as they fit into."""
    lists: list[Listed] = []
    count = 0
    for item in items:
        ids, size = tuple(alert.id for alert in item), layout.room(item)
        last = lists[-1] if lists else None
        fits = (
            last is not None
            and count < most_items
            and last.size + size <= layout.most_room
            and len(last.alert_ids) + len(ids) <= layout.most_alert_ids
        )
        if last is not None and fits:
            lists[-1] = replace(last, alert_ids=last.alert_ids + ids, size=last.size + size)
            count += 1
        else:
            lists.append(Listed(ids, size))
            count = 1
    return lists


def _text(stories: Sequence[Sequence[Item]], *, shown: int) -> str:
    """The numbers above the list."""
    alerts = [alert for story in stories for item in story for alert in item]
    rules = Counter(alert.rule_id for alert in alerts)
    named = [f"{rule} {count}" for rule, count in rules.most_common(_MOST_RULES_NAMED)]
    left = len(rules) - len(named)
    named += [quantity(left, "more rule")] if left > 0 else []
    first, last = min(alert.matched for alert in alerts), max(alert.matched for alert in alerts)
    span = f"{first:%d %b %H:%M} to {last:%d %b %H:%M} UTC"
    items = sum(map(len, stories))
    most_severe = f"{shown} most severe are" if shown > 1 else "most severe is"
    which = (
        f"The {most_severe} listed here, the others in the thread."
        if items > shown
        else "All are listed here."
    )
    return (
        f"Catching up: {quantity(len(alerts), 'alert')} of {quantity(len(stories), 'story', 'stories')} could not be"
        f" sent in time ({span}). "
        f"By rule: {', '.join(named)}. {which}"
    )
