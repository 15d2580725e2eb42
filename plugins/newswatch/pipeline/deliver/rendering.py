"""Renders a message as it is sent, with the names by which people know its sources."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass

from redis.asyncio import Redis

from newswatch.models import SEVERITIES, Alert, Ruleset, Severity
from newswatch.pipeline.base.configuration import rules_in_force
from newswatch.pipeline.base.services import Services
from newswatch.sending import Outgoing, Payload
from newswatch.store import feeds, listening, messages
from newswatch.store.messages import StoredMessage
from newswatch.stories.headline import best

KNOWN_FOR_S = 1.0
MOST_ALERTS = 20
"""Alerts of a story's message that its headline is chosen from, for the replies below it."""


@dataclass(frozen=True, slots=True)
class Surrounding:
    """What a message shows beside its alerts."""

    sources: dict[str, str]
    """Feed ids to the names people know."""
    buttons: bool
    receiver: str
    rules: Ruleset | None
    """In force; None before the first configuration."""


class Surroundings:
    """Sources' names, receivers, whether a listener takes clicks. A run that sends much asks for them once a second."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._since = float("-inf")
        self._names: dict[str, str] = {}
        self._receivers: dict[str, str] = {}
        self._rules: Ruleset | None = None
        self._heard = False

    async def of(self, channel: str, alerts: Sequence[Alert]) -> Surrounding:
        """What a message in this channel shows beside these alerts."""
        redis = self._services.redis
        if time.monotonic() - self._since > KNOWN_FOR_S:
            self._since, self._names = time.monotonic(), {}
            self._heard = await listening.heard(redis) is not None
            self._rules = await rules_in_force(self._services)
            receivers = self._rules.receivers if self._rules else ()
            self._receivers = {one.channel: one.id for one in reversed(receivers)}
        names = self._names
        if any(alert.feed_id not in names for alert in alerts):
            names |= await _sources(redis, alerts)
        sources = {alert.feed_id: names[alert.feed_id] for alert in alerts}
        return Surrounding(sources, self._heard, self._receivers.get(channel, ""), self._rules)


async def render(
    services: Services, queued: StoredMessage, alerts: Sequence[Alert], around: Surroundings | None = None
) -> Payload:
    """What is sent; as plain text where the full payload was refused."""
    headline = await _headline(services.redis, queued, alerts)
    shown = [*alerts, headline] if headline is not None else alerts
    beside = await (around or Surroundings(services)).of(queued.message.channel, shown)
    further, belongs_to = await _of_story(services.redis, queued, alerts)
    return services.layout.render(
        Outgoing(
            message=queued.message,
            alerts=alerts,
            sources=beside.sources,
            now=services.clock(),
            further=further,
            headline=headline,
            marks=queued.marks,
            buttons=beside.buttons,
            plain=queued.delivery.minimal,
            receiver=beside.receiver,
            pages=services.settings.pages or "",
            belongs_to=belongs_to,
            mention=await _mention(services.redis, queued, alerts, beside.rules),
            corrected=queued.corrected,
        )
    )


async def _of_story(redis: Redis, queued: StoredMessage, alerts: Sequence[Alert]) -> tuple[int, str]:
    """The publishers of the story that the message does not name, and the headline that it may belong to.

    A reply that may belong to another story counts its own publishers only.
    """
    if queued.message.kind != "reply":
        return queued.further, ""
    root = await messages.read_message(redis, queued.message.root_id or "")
    if root is None:
        return 0, ""
    first = [one.alert for one in await messages.read_stored_alerts(redis, root.message.alert_ids)]
    if queued.message.text:
        shown = await _headline(redis, root, first[:MOST_ALERTS])
        return 0, shown.title if shown is not None else ""
    told = {one.published_by for one in first} | root.in_thread
    return len(told - {one.published_by for one in alerts}), ""


async def _mention(
    redis: Redis, queued: StoredMessage, alerts: Sequence[Alert], rules: Ruleset | None
) -> str:
    """The user group that this message mentions: the first message of a story that has one for its severity, and no other.

    A reply has one only if the whole channel sees it. What was sent without a mention gets none with an update.
    """
    message = queued.message
    asks = message.kind == "story" or (message.kind == "reply" and queued.broadcast)
    if not (asks and alerts and rules):
        return ""
    group = mention_of(rules, message.channel, [alert.severity for alert in alerts])
    if not group:
        return ""
    first = await messages.mentioning(
        redis, message.root_id or message.id, message.id, claim=queued.delivery.ts is None
    )
    return group if first == message.id else ""


def mention_of(bundle: Ruleset, channel: str, severities: Sequence[Severity]) -> str:
    """The user group that the channel's receivers name for the most severe of these, "" for none. Pure."""
    worst = max(severities, key=SEVERITIES.index)
    named = (one.mention for one in bundle.receivers if one.channel == channel and one.mention is not None)
    return next((group for one in named if (group := str(getattr(one, worst)))), "")


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
