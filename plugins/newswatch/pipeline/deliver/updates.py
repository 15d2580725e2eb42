"""Updates messages that were posted: "+3 publishers", a better headline, and what readers clicked.

The deliver stage updates whatever is noted as out of date; the listener updates a message at once when it
was clicked. Both render what Redis holds at that moment, so repeating an edit does no harm. If the record
changed during the edit, the message is edited again.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Sequence

from newswatch.models import Alert
from newswatch.pipeline.base import notices
from newswatch.pipeline.base.sender import Sender
from newswatch.pipeline.base.services import Services
from newswatch.pipeline.deliver.rendering import render
from newswatch.pipeline.deliver.run_state import DeliveryRun
from newswatch.sending import Outcome
from newswatch.store import messages, outbox, schema, turns
from newswatch.store.codec import to_ms
from newswatch.store.messages import StoredMessage

log = logging.getLogger("newswatch.updates")

UPDATE_RETRY_S = 30.0
REFUSED_RETRY_S = 300.0
"""After an answer that says that this message cannot be edited now, or one that is unknown."""
WORKSPACE_RETRY_S = 300.0
"""After an answer that needs somebody to act, such as a revoked token."""
LONG_WAIT_S = 300.0
"""A Retry-After above this is reported."""
MOST_EDITS = 5
"""Edits in a row while a message keeps changing. The next run continues."""


async def bring_up_to_date(run: DeliveryRun, within_s: float) -> None:
    """Update messages that are out of date, as many as Slack allows `within_s`, and not beyond the run's end.

    If Slack takes no edits now, all wait.
    """
    if run.halted:
        return
    redis = run.services.redis
    stop_at = min(run.stop_at, time.monotonic() + within_s)
    due = list(await outbox.due_updates(redis, run.now_ms()))
    for number, message_id in enumerate(due):
        while (wait_ms := await run.turn_ms("update")) > 0:
            if time.monotonic() + wait_ms / 1000 > stop_at:
                return
            await asyncio.sleep(wait_ms / 1000)
        if time.monotonic() > run.stop_at:
            return
        wait_s = await refresh(run.services, run.sender, message_id)
        if wait_s is not None:
            for later in due[number + 1 :]:
                await outbox.defer_update(redis, later, run.now_ms() + int(wait_s * 1000))
            return


async def refresh(services: Services, sender: Sender, message_id: str) -> float | None:
    """Update one message. The caller has taken a turn for the first edit.

    If Slack takes no edits now, the update is put off. Returns the seconds until then. Raises RedisRefused for what only a
    newer release can read.
    """
    try:
        return await _refresh(services, sender, message_id)
    except (ValueError, TypeError, LookupError):
        await schema.refuse_if_outgrown(services.redis)
        # One message that cannot be rendered must not hold up the others, nor every run to come.
        log.exception("message %s could not be rendered and is not updated", message_id)
        await outbox.drop_update(services.redis, message_id)
        return None


async def _refresh(services: Services, sender: Sender, message_id: str) -> float | None:
    redis = services.redis
    for number in range(MOST_EDITS):
        if number and await _turn_ms(services):
            return None  # it stays marked as out of date
        queued = await messages.read_message(redis, message_id)
        alerts = await messages.read_alerts(redis, queued.message.alert_ids) if queued else []
        # A message that was not posted, or whose alerts are no longer kept, needs no edit.
        if queued is not None and queued.delivery.ts is not None and alerts:
            outcome = await _edit(services, sender, queued, alerts)
            now_ms = to_ms(services.clock())
            if outcome.kind in ("later", "unknown"):
                await outbox.defer_update(redis, message_id, now_ms + int(REFUSED_RETRY_S * 1000))
                return None
            wait_s = _wait_s(outcome)
            if wait_s is not None:
                if outcome.kind == "ratelimited":
                    await turns.pause_method(redis, "update", now_ms + int(wait_s * 1000))
                if outcome.kind == "ratelimited" and wait_s > LONG_WAIT_S:
                    text = f"Slack asks us to wait {wait_s / 60:.0f} min before messages are updated again."
                    await notices.raise_notice(services, "wait:editing", text)
                await outbox.defer_update(redis, message_id, now_ms + int(wait_s * 1000))
                return wait_s
            await notices.clear_notice(services, "wait:editing", "Messages can be updated again.")
            if not outcome.ok:
                log.warning("message %s stays as it is, Slack refuses the edit: %s", message_id, outcome.code)
        if await outbox.updated(redis, message_id, queued.rev if queued else 0):
            await _look_again_when_a_mute_ends(services, queued)
            break
    return None


async def _turn_ms(services: Services) -> int:
    return await turns.take_turn(
        services.redis, "update", services.settings.slack_tier3, to_ms(services.clock())
    )


async def refresh_soon(services: Services, sender: Sender, message_id: str) -> None:
    """Update a message that a reader clicked, at once if Slack allows; otherwise the deliver stage does it."""
    if not await _turn_ms(services):
        await refresh(services, sender, message_id)


async def _look_again_when_a_mute_ends(services: Services, queued: StoredMessage | None) -> None:
    """When the mute ends, the message offers *Mute* again in place of *Unmute*."""
    mute = queued.marks.mute if queued else None
    if queued is None or mute is None or not mute.on or mute.until is None:
        return
    if mute.until > services.clock():
        await outbox.note_update(services.redis, queued.delivery.message.id, to_ms(mute.until))


async def _edit(
    services: Services, sender: Sender, queued: StoredMessage, alerts: Sequence[Alert]
) -> Outcome:
    """Edit it. A refused layout is not tried as plain text: Slack never replaces rich text by something else."""
    delivery = queued.delivery
    payload = await render(services, queued, alerts)
    return await sender.update(delivery.message.channel, delivery.ts or "", payload)


def _wait_s(outcome: Outcome) -> float | None:
    """Seconds to wait before the next edit; None if this one was taken or refused."""
    if outcome.kind in ("not_reached", "ambiguous", "ratelimited"):
        return outcome.retry_after_s or UPDATE_RETRY_S
    if outcome.kind in ("paused_workspace", "paused_method", "message_limit"):
        return outcome.retry_after_s or WORKSPACE_RETRY_S
    return None
