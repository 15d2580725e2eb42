"""Turns a channel's backlog into digests while the workspace takes few messages."""

from __future__ import annotations

from collections.abc import Iterable

from redis.asyncio import Redis

from newswatch.pipeline.base.sender import Layout
from newswatch.store import messages, outbox
from newswatch.store.messages import StoredMessage

HEADING = "Collected while the workspace had reached Slack's message limit"
_READ_AT_ONCE = 200


def foldable(one: StoredMessage) -> bool:
    """Whether a message may become part of another: a story or a reply that was never begun. Pure."""
    delivery = one.delivery
    return (
        delivery.state == "queued" and not delivery.sending_since and one.message.kind in ("story", "reply")
    )


def digests_of(
    queue: Iterable[StoredMessage], layout: Layout, *, least: int = 2
) -> list[list[StoredMessage]]:
    """Which messages become one digest each: neighbours, as many as fit. Pure.

    Fewer than `least` messages stay as they are.
    """
    digests: list[list[StoredMessage]] = []
    alerts = size = 0
    for one in queue:
        message = one.message
        if not foldable(one):
            continue
        alerts += len(message.alert_ids)
        size += message.size
        if not digests or alerts > layout.most_items or size > layout.most_room:
            digests.append([])
            alerts, size = len(message.alert_ids), message.size
        digests[-1].append(one)
    return [digest for digest in digests if len(digest) >= least]


async def fold(redis: Redis, channel: str, layout: Layout, *, now_ms: int, due_ms: int) -> int:
    """Turn what waits in a channel into digests due at `due_ms`. Returns the messages folded."""
    folded = 0
    queue = await outbox.queued_ids(redis, channel)
    for first in range(0, len(queue), _READ_AT_ONCE):
        found = await messages.read_readable(redis, queue[first : first + _READ_AT_ONCE])
        for digest in digests_of(found.values(), layout):
            # A message that grew in the meantime is left for the next time.
            if await outbox.fold(
                redis, channel, [one.message for one in digest], now_ms=now_ms, due_ms=due_ms, heading=HEADING
            ):
                folded += len(digest)
    return folded
