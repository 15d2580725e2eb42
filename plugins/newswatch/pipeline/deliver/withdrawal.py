"""Judges queued messages again at their turn: alerts that are no longer wanted are withdrawn, others wait.

The rules are in `judgement`. If the configuration or the mutes change, alerts that were withdrawn before may return,
and a change that withdraws many queued alerts is reported.
"""

from __future__ import annotations

import logging
import time
from collections import Counter
from datetime import datetime

from newswatch.models import Alert, Message, Ruleset
from newswatch.pipeline.base import notices
from newswatch.pipeline.base.configuration import rules_in_force
from newswatch.pipeline.base.routing import QUIET_HEADING
from newswatch.pipeline.base.services import Services
from newswatch.pipeline.deliver.folding import digests_of, foldable
from newswatch.pipeline.deliver.judgement import (
    RETURNING,
    Conditions,
    Objection,
    held_until,
    objection,
)
from newswatch.pipeline.deliver.moving import Past, destinations, move
from newswatch.pipeline.deliver.queue import Waiting, read_queue, room_of
from newswatch.pipeline.deliver.recall import make_sure
from newswatch.pipeline.deliver.run_state import DeliveryRun
from newswatch.quantity import quantity
from newswatch.store import messages, mutes, outbox, withdrawals
from newswatch.store.codec import to_ms
from newswatch.store.messages import StoredAlert, StoredMessage
from newswatch.store.withdrawals import Withdrawal

log = logging.getLogger("newswatch.deliver")

LOOK_AGAIN_S = 1.0
"""During a run, configuration and mutes are read again at most this often."""
MANY = 20
"""A change that withdraws more queued alerts than this is reported."""
_MOST_RULES_NAMED = 5


async def current_conditions(run: DeliveryRun) -> Conditions:
    """What alerts are judged by now. If it changed, alerts return, and ops is notified if many are withdrawn."""
    if run.conditions is not None and time.monotonic() - run.conditions_read_at < LOOK_AGAIN_S:
        return run.conditions
    redis = run.services.redis
    run.conditions_read_at = time.monotonic()  # the other channels go on meanwhile
    conditions = await _read_conditions(run.services, run.bundle)
    run.conditions, run.bundle = conditions, conditions.bundle
    if conditions.fingerprint != await withdrawals.judged_under(redis):
        await _bring_back(run, conditions)
        await _look_through(run, conditions)
        await withdrawals.note_judged_under(redis, conditions.fingerprint)
    return conditions


async def may_return(services: Services, bundle: Ruleset) -> bool:
    """Whether something was withdrawn, and the configuration or the mutes have changed since."""
    if not await withdrawals.may_return(services.redis, to_ms(services.clock())):
        return False
    conditions = await _read_conditions(services, bundle)
    return conditions.fingerprint != await withdrawals.judged_under(services.redis)


async def judge_again(run: DeliveryRun, queued: StoredMessage) -> StoredMessage | None:
    """The message without what is no longer wanted; None if nothing is left, or if it has to wait."""
    conditions = await current_conditions(run)
    message = queued.message
    if message.kind == "reminder" and await _is_acknowledged(run, queued):
        return None
    if message.kind == "correction" and await _has_no_thread(run, queued):
        return None
    stored = await messages.read_stored_alerts(run.services.redis, message.alert_ids)
    waiting = Waiting(queued, tuple(one.alert for one in stored))
    where = await destinations(run.services, waiting, conditions, _past(run, conditions))
    if where and await move(run.services, waiting, where):
        return None
    if await withdraw_unwanted(run, waiting, conditions):
        again = await messages.read_message(run.services.redis, message.id)
        return again if again is not None and again.delivery.state == "queued" else None
    until = held_until(waiting.alerts, conditions, run.services.clock())
    if until is None:
        return queued
    await _wait_for_the_end_of_quiet(run, queued, conditions, until)
    return None


async def _is_acknowledged(run: DeliveryRun, reminder: StoredMessage) -> bool:
    """Whether somebody acknowledged the message since its reminder was queued. Then the reminder is withdrawn."""
    of = await messages.read_message(run.services.redis, reminder.of)
    if of is None or of.marks.ack is None:
        return False
    reason = f"acknowledged by {of.marks.ack.by}"
    kept_s = run.services.settings.alert_retention_s
    await withdrawals.withdraw(
        run.services.redis, reminder.message, [], reason, now_ms=run.now_ms(), kept_s=kept_s
    )
    return True


async def _has_no_thread(run: DeliveryRun, correction: StoredMessage) -> bool:
    """Whether the message above it will never be posted or was deleted. Then the correction is withdrawn."""
    root = correction.message.root_id
    above = await messages.read_message(run.services.redis, root) if root else None
    if above is not None and not above.deleted and above.delivery.state not in ("dead", "withdrawn"):
        return False
    kept_s = run.services.settings.alert_retention_s
    await withdrawals.withdraw(
        run.services.redis,
        correction.message,
        [],
        "the message that it corrects is not in Slack",
        now_ms=run.now_ms(),
        kept_s=kept_s,
    )
    return True


async def withdraw_unwanted(run: DeliveryRun, waiting: Waiting, conditions: Conditions) -> bool:
    """Withdraw the alerts of a queued message that are no longer wanted. Returns whether any was."""
    gone = _objections(waiting, conditions, run.services.clock())
    if not gone:
        return False
    await withdrawals.withdraw(
        run.services.redis,
        waiting.stored.message,
        [_withdrawal(alert, why) for alert, why in gone],
        gone[0][1].reason,
        now_ms=run.now_ms(),
        kept_s=run.services.settings.alert_retention_s,
    )
    return True


def _past(run: DeliveryRun, conditions: Conditions) -> Past:
    if run.past is None or run.past.bundle is not conditions.bundle:
        run.past = Past(run.services, conditions.bundle)
    return run.past


async def _read_conditions(services: Services, bundle: Ruleset) -> Conditions:
    """With the last known configuration if Redis has lost the one in force."""
    now = services.clock()
    lasting = tuple(mute for mute in await mutes.read(services.redis) if mute.until > now)
    return Conditions(await rules_in_force(services) or bundle, lasting)


def _objections(waiting: Waiting, conditions: Conditions, now: datetime) -> list[tuple[Alert, Objection]]:
    routed = not waiting.stored.moved
    found = [(alert, objection(alert, conditions, now, routed=routed)) for alert in waiting.alerts]
    return [(alert, why) for alert, why in found if why is not None]


def _withdrawal(alert: Alert, why: Objection) -> Withdrawal:
    return Withdrawal(alert.id, why.reason, to_ms(alert.matched), why.cause in RETURNING, why.mute)


# ── quiet hours ───────────────────────────────────────────────────────────────────────────────


async def _wait_for_the_end_of_quiet(
    run: DeliveryRun, queued: StoredMessage, conditions: Conditions, until: datetime
) -> None:
    """Quiet hours have begun: what was queued before joins the digest at their end.

    Lists, and messages that may already be in Slack, wait as they are.
    """
    redis, channel = run.services.redis, queued.message.channel
    if not foldable(queued):
        await outbox.defer(redis, queued.message, to_ms(until))
        return
    held = [
        one.stored
        for one in await read_queue(redis, channel)
        if foldable(one.stored) and held_until(one.alerts, conditions, run.services.clock()) == until
    ]
    for digest in digests_of(held, run.services.layout, least=1):
        folded = await outbox.fold(
            redis,
            channel,
            [one.message for one in digest],
            now_ms=run.now_ms(),
            due_ms=to_ms(until),
            heading=QUIET_HEADING,
        )
        if not folded and queued in digest:  # one of them grew or was begun in the meantime
            await outbox.defer(redis, queued.message, to_ms(until))


# ── changes ───────────────────────────────────────────────────────────────────────────────────


async def _bring_back(run: DeliveryRun, conditions: Conditions) -> None:
    """Queue withdrawn alerts again whose rule and route are back."""
    redis, now = run.services.redis, run.services.clock()
    names = await withdrawals.may_return(redis, run.now_ms())
    stored = await messages.read_stored_alerts(redis, names)
    by_message: dict[str, list[StoredAlert]] = {}
    for one in stored:
        if one.withdrawn and objection(one.alert, conditions, now) is None:
            by_message.setdefault(one.message_id, []).append(one)
    found = await messages.read_readable(redis, by_message)
    for message_id, group in by_message.items():
        alerts = [one.alert for one in group]
        known = found.get(message_id)
        message = known.message if known else _message_of(alerts[0], message_id)
        await withdrawals.reinstate(
            redis,
            message,
            [alert.id for alert in alerts],
            now_ms=run.now_ms(),
            size=room_of(run.services.layout, alerts),
        )
    if by_message:
        log.warning("%d alerts are queued again: their rules are back", sum(map(len, by_message.values())))


def _message_of(alert: Alert, message_id: str) -> Message:
    """For an alert whose message is not kept any more."""
    return Message(message_id, "story", alert.channel, alert.story_id, (alert.id,))


async def _look_through(run: DeliveryRun, conditions: Conditions) -> None:
    """After a change: queues follow their receivers, and if many alerts are no longer wanted, ops is notified."""
    services, past = run.services, _past(run, conditions)
    reasons: Counter[str] = Counter()
    for channel in await outbox.channels_with_queue(services.redis):
        for waiting in await read_queue(services.redis, channel):
            where = await destinations(services, waiting, conditions, past)
            if (
                where
                and await make_sure(run, channel, waiting.stored.id)
                and await move(services, waiting, where)
            ):
                continue
            if waiting.stored.delivery.state == "queued":
                found = _objections(waiting, conditions, services.clock())
                reasons.update(why.reason for _, why in found)
    if reasons.total() > MANY:
        cause = f"withdrawals:{conditions.fingerprint}"
        await notices.notify_once(services, cause, _report_text(reasons, conditions))


def _report_text(reasons: Counter[str], conditions: Conditions) -> str:
    named = reasons.most_common(_MOST_RULES_NAMED)
    lines = [f"{count}: {reason}" for reason, count in named]
    more = len(reasons) - len(named)
    lines += [f"… and {quantity(more, 'more cause')}"] if more else []
    total = reasons.total()
    start = f"{quantity(total, 'queued alert')} will not be sent: configuration {conditions.bundle.label} or a mute excludes"
    if total == 1:
        rest = "it. It is kept as withdrawn, and returns if its rule or receiver is back within 24 hours."
    else:
        rest = (
            "them. They are kept as withdrawn, and return if their rule or receiver is back within 24 hours."
        )
    return "\n".join([f"{start} {rest}", *lines])
