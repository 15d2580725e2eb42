"""If a receiver gets another channel, its queue moves there.

Alerts are queued for a channel. Which receiver that was is in the last configuration in which one of the rule's
receivers had the channel; if that receiver has another channel now, its alerts go there.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from newswatch.config.receivers_file import OPS_ID
from newswatch.errors import PermanentError
from newswatch.models import Alert, Message, Ruleset
from newswatch.pipeline.base.configuration import past_bundle
from newswatch.pipeline.base.routing import receivers_named
from newswatch.pipeline.base.services import Services
from newswatch.pipeline.deliver.judgement import Conditions
from newswatch.pipeline.deliver.queue import Waiting, room_of
from newswatch.store import moves
from newswatch.store.codec import to_ms


def new_channel(alert: Alert, before: Conditions, after: Conditions) -> str | None:
    """The new channel of the receiver that had the alert's channel before; None if there is no such receiver. Pure."""
    then, now = before.rules.get(alert.rule_id), after.rules.get(alert.rule_id)
    if then is None or now is None:
        return None
    had = {receiver.id for receiver in before.receivers(then, alert.channel)}
    for receiver in receivers_named(after.bundle.receivers, now.notify):
        if receiver.id in had and receiver.channel != alert.channel:
            return receiver.channel
    return None


_MOST_VERSIONS = 20


class Past:
    """The configurations before the one in force, the newest first, as far back as they are kept."""

    def __init__(self, services: Services, bundle: Ruleset) -> None:
        self.bundle = bundle
        self._services = services
        self._after = Conditions(bundle)
        self._read: dict[int, Conditions | None] = {}

    async def new_channel(self, alert: Alert) -> str | None:
        """Where the alert goes now; None if its receiver has no other channel."""
        matched = alert.config_version.partition("-")[0]
        first = int(matched) if matched.isascii() and matched.isdigit() else self.bundle.version
        for version in range(
            self.bundle.version - 1, max(first, self.bundle.version - _MOST_VERSIONS) - 1, -1
        ):
            before = await self._of(version)
            found = new_channel(alert, before, self._after) if before else None
            if found is not None:
                return found
        return None

    async def _of(self, version: int) -> Conditions | None:
        if version not in self._read:
            try:
                before = await past_bundle(self._services, version)
            except PermanentError:  # another release wrote it: the same as not kept
                before = None
            self._read[version] = Conditions(before) if before is not None else None
        return self._read[version]


def _addressee(message: Message) -> str:
    """The receiver of a message without alerts: `ops` for notices, or the one that gets a daily line."""
    kind, _, name = message.story_id.partition(":")
    return name if kind == "alive" else OPS_ID


Destinations = Mapping[str, Sequence[Alert]]
"""Channels, each with the alerts that go there; a notice goes without any."""


async def destinations(
    services: Services, waiting: Waiting, conditions: Conditions, past: Past
) -> Destinations:
    """Where parts of a queued message go now, because their receivers have other channels."""
    message = waiting.stored.message
    if waiting.stored.delivery.state != "queued" or waiting.stored.moved:
        return {}
    if message.kind == "ops":
        channels = {receiver.id: receiver.channel for receiver in conditions.bundle.receivers}
        to = channels.get(_addressee(message))
        return {to: ()} if to is not None and message.channel not in channels.values() else {}
    by_channel: dict[str, list[Alert]] = {}
    for alert in waiting.alerts:
        rule = conditions.rules.get(alert.rule_id)
        if rule is None or conditions.receivers(rule, alert.channel):
            continue
        to = await past.new_channel(alert)
        if to is not None and not await moves.known_there(services.redis, alert, to):
            by_channel.setdefault(to, []).append(alert)
    return by_channel


async def move(
    services: Services, waiting: Waiting, where: Destinations, *, by_operator: bool = False
) -> int:
    """Move these parts of a queued message. Returns how many were moved; none if it was begun meanwhile."""
    moved = 0
    for channel, alerts in where.items():
        moved += await moves.move(
            services.redis,
            waiting.stored.message,
            alerts,
            channel,
            now_ms=to_ms(services.clock()),
            size=room_of(services.layout, alerts),
            kept_s=services.settings.alert_retention_s,
            by_operator=by_operator,
        )
    return moved
