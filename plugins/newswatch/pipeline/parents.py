"""The parent's "+3 sources": story messages say how many further sources their threads hold."""

from __future__ import annotations

from newswatch.pipeline.delivery_run import DeliveryRun
from newswatch.pipeline.rendering import render
from newswatch.store import outbox

UPDATE_RETRY_S = 30.0


async def bring_up_to_date(run: DeliveryRun) -> None:
    """Edit the messages whose threads have grown; repeating an edit does no harm."""
    redis = run.services.redis
    if run.stopped:
        return
    for root in await outbox.read_messages(redis, await outbox.due_updates(redis, run.now_ms())):
        message, ts = root.delivery.message, root.delivery.ts
        alerts = await outbox.read_alerts(redis, message.alert_ids)
        if ts is None or not alerts:
            await outbox.updated(redis, message.id)
            continue
        outcome = await run.client.update(message.channel, ts, await render(run.services, root, alerts))
        if outcome.kind in ("not_reached", "ambiguous", "ratelimited"):
            due_ms = run.now_ms() + int((outcome.retry_after_s or UPDATE_RETRY_S) * 1000)
            await outbox.defer_update(redis, message.id, due_ms)
        else:
            await outbox.updated(redis, message.id)
