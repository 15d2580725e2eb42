"""A channel's queue, read with the alerts of its messages."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from redis.asyncio import Redis

from newswatch.models import Alert
from newswatch.pipeline.base.sender import Layout
from newswatch.store import messages, outbox
from newswatch.store.messages import StoredMessage

_READ_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class Waiting:
    """A queued message, and those of its alerts that are still kept."""

    stored: StoredMessage
    alerts: tuple[Alert, ...]


async def read_queue(redis: Redis, channel: str) -> list[Waiting]:
    """All of a channel's queue, the earliest first. Records that cannot be parsed are left out."""
    ids = await outbox.queued_ids(redis, channel)
    queue: list[Waiting] = []
    for first in range(0, len(ids), _READ_AT_ONCE):
        found = await messages.read_readable(redis, ids[first : first + _READ_AT_ONCE])
        names = [name for one in found.values() for name in one.message.alert_ids]
        stored = await messages.read_stored_alerts(redis, names)
        alerts = {one.alert.id: one.alert for one in stored}
        queue += [
            Waiting(one, tuple(alerts[name] for name in one.message.alert_ids if name in alerts))
            for one in found.values()
        ]
    return queue


def by_item(alerts: Sequence[Alert]) -> list[list[Alert]]:
    """Alerts of the same item together, in the order of their first. Pure."""
    items: dict[str, list[Alert]] = {}
    for alert in alerts:
        items.setdefault(alert.item_id, []).append(alert)
    return list(items.values())


def room_of(layout: Layout, alerts: Sequence[Alert]) -> int:
    """The room that these alerts take in a list. Pure."""
    return sum(layout.room(item) for item in by_item(alerts))
