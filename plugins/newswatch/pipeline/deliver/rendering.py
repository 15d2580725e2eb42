"""A queued message becomes the payload of its kind, with the names people know their sources by."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from redis.asyncio import Redis

from newswatch.models import Alert
from newswatch.pipeline.base.services import Services
from newswatch.slack.buttons import Attention
from newswatch.slack.payload import (
    Payload,
    render_listing,
    render_minimal,
    render_ops,
    render_reply,
    render_story,
)
from newswatch.store import feeds, listening
from newswatch.store.messages import StoredMessage


async def render(services: Services, queued: StoredMessage, alerts: Sequence[Alert]) -> Payload:
    """What goes to Slack; as plain text where the full payload was refused."""
    message, now = queued.delivery.message, services.clock()
    if message.kind == "ops" and not queued.delivery.minimal:
        return render_ops(message)
    sources, heard = await asyncio.gather(_sources(services.redis, alerts), listening.heard(services.redis))
    attention = Attention(queued.marks, buttons=heard is not None, now=now)
    if queued.delivery.minimal:
        return render_minimal(
            message, alerts, sources=sources, now=now, further=queued.further, attention=attention
        )
    if message.kind in ("digest", "surge"):
        return render_listing(message, alerts, sources=sources, now=now, attention=attention)
    if message.kind == "reply":
        return render_reply(message, alerts, sources=sources, now=now, attention=attention)
    return render_story(
        message, alerts, sources=sources, now=now, further=queued.further, attention=attention
    )


async def _sources(redis: Redis, alerts: Sequence[Alert]) -> dict[str, str]:
    """Feed ids to the names people know: the title the feed gives itself, else its id."""
    feed_ids = sorted({alert.feed_id for alert in alerts})
    states = await feeds.read_states(redis, feed_ids)
    return {feed_id: states[feed_id].document.title or feed_id for feed_id in feed_ids}
