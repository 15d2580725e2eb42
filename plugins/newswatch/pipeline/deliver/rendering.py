"""Renders a message as it is sent, with the names by which people know its sources."""

from __future__ import annotations

import time
from collections.abc import Sequence

from redis.asyncio import Redis

from newswatch.models import Alert
from newswatch.pipeline.base.services import Services
from newswatch.sending import Outgoing, Payload
from newswatch.store import feeds, listening, messages
from newswatch.store.messages import StoredMessage
from newswatch.stories.headline import best

KNOWN_FOR_S = 1.0


class Surroundings:
    """The sources' names and whether a listener takes clicks. A run that sends much asks for them once a second."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis
        self._since = float("-inf")
        self._names: dict[str, str] = {}
        self._heard = False

    async def of(self, alerts: Sequence[Alert]) -> tuple[dict[str, str], bool]:
        """The names of these alerts' sources, and whether messages have buttons."""
        if time.monotonic() - self._since > KNOWN_FOR_S:
            self._since, self._names = time.monotonic(), {}
            self._heard = await listening.heard(self._redis) is not None
        names = self._names
        if any(alert.feed_id not in names for alert in alerts):
            names |= await _sources(self._redis, alerts)
        return {alert.feed_id: names[alert.feed_id] for alert in alerts}, self._heard


async def render(
    services: Services, queued: StoredMessage, alerts: Sequence[Alert], around: Surroundings | None = None
) -> Payload:
    """What is sent; as plain text where the full payload was refused."""
    headline = await _headline(services.redis, queued, alerts)
    shown = [*alerts, headline] if headline is not None else alerts
    sources, buttons = await (around or Surroundings(services.redis)).of(shown)
    return services.layout.render(
        Outgoing(
            message=queued.message,
            alerts=alerts,
            sources=sources,
            now=services.clock(),
            further=queued.further,
            headline=headline,
            marks=queued.marks,
            buttons=buttons,
            plain=queued.delivery.minimal,
            corrected=queued.corrected,
        )
    )


async def _headline(redis: Redis, queued: StoredMessage, alerts: Sequence[Alert]) -> Alert | None:
    """The alert whose headline the message shows: one from its thread, or else the best of its own."""
    found = await messages.read_stored_alerts(redis, [queued.headline]) if queued.headline else []
    return found[0].alert if found else best(alerts)


async def _sources(redis: Redis, alerts: Sequence[Alert]) -> dict[str, str]:
    """Feed ids to the names people know: the title the feed gives itself, else its id."""
    feed_ids = sorted({alert.feed_id for alert in alerts})
    if not feed_ids:
        return {}
    states = await feeds.read_states(redis, feed_ids)
    return {feed_id: states[feed_id].document.title or feed_id for feed_id in feed_ids}
