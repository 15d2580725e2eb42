"""Messages in Slack are brought up to date: "+3 sources", and what readers said with the buttons.

The deliver stage does it for whatever is noted as out of date; the listener does it at once for
the message that was clicked. Both render what Redis holds at that moment, so that repeating an edit
does no harm; who finds that things changed while Slack was asked edits once more.
"""

from __future__ import annotations

from newswatch.pipeline.delivery_run import DeliveryRun
from newswatch.pipeline.rendering import render
from newswatch.pipeline.services import Services
from newswatch.slack.client import SlackClient
from newswatch.store import outbox
from newswatch.store.codec import to_ms

UPDATE_RETRY_S = 30.0
MOST_EDITS = 5
"""Edits in a row while a message keeps changing; the next run goes on."""


async def bring_up_to_date(run: DeliveryRun) -> None:
    """Edit the messages that no longer show how things stand."""
    if run.stopped:
        return
    for message_id in await outbox.due_updates(run.services.redis, run.now_ms()):
        await refresh(run.services, run.client, message_id)


async def refresh(services: Services, client: SlackClient, message_id: str) -> None:
    """Let one message in Slack show how things stand; where Slack does not take it now, it is tried later."""
    redis = services.redis
    for _ in range(MOST_EDITS):
        found = await outbox.read_messages(redis, [message_id])
        delivery = found[0].delivery if found else None
        alerts = await outbox.read_alerts(redis, delivery.message.alert_ids) if delivery else []
        if delivery is None or delivery.ts is None or not alerts:
            await outbox.drop_update(redis, message_id)
            return
        payload = await render(services, found[0], alerts)
        outcome = await client.update(delivery.message.channel, delivery.ts, payload)
        if outcome.kind in ("not_reached", "ambiguous", "ratelimited"):
            due_ms = to_ms(services.clock()) + int((outcome.retry_after_s or UPDATE_RETRY_S) * 1000)
            await outbox.defer_update(redis, message_id, due_ms)
            return
        if await outbox.updated(redis, message_id, found[0].rev):
            return
