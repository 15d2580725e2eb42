"""Turns a channel's backlog into digests while the workspace takes few messages."""

from __future__ import annotations

from collections.abc import Iterable

from redis.asyncio import Redis

from newswatch.pipeline.base.sender import Layout
from newswatch.store import messages, outbox
from newswatch.store.messages import StoredMessage

HEADING = "Collected while the workspace had reached Slack's message limit"
_READ_AT_ONCE = 200


def digests_of(queue: Iterable[StoredMessage], layout: Layout) -> list[list[StoredMessage]]:
    """Which messages become one digest each: neighbours, as many as fit. Pure.

    Only stories and replies that were never begun are folded; one that would be alone stays as it is.
    """
    digests: list[list[StoredMessage]] = []
    alerts = size = 0
    for one in queue:
        message = one.message
        if (
            one.delivery.state != "queued"
            or one.delivery.sending_since
            or message.kind not in ("story", "reply")
        ):
            continue
        alerts += len(message.alert_ids)
        size += message.size
        if not digests or alerts > layout.most_items or size > layout.most_room:
            digests.append([])
            alerts, size = len(message.alert_ids), message.size
        digests[-1].append(one)
    return [digest for digest in digests if len(digest) > 1]


async def fold(redis: Redis, channel: str, layout: Layout, *, now_ms: int, due_ms: int) -> int:
    """Turn what waits in a channel into digests due at `due_ms`. Returns the messages folded."""
    folded = 0
    queue = await outbox.queued_ids(redis, channel)
    for first in range(0, len(queue), _READ_AT_ONCE):
        found = await messages.read_messages(redis, queue[first : first + _READ_AT_ONCE])
        for digest in digests_of(found.values(), layout):
            # A message that grew in the meantime is left for the next time.
            if await outbox.fold(
                redis, channel, [one.message for one in digest], now_ms=now_ms, due_ms=due_ms, heading=HEADING
            ):
                folded += len(digest)
    return folded
