"""What an operator does with a whole queue: move it to another channel, fold it into a list, or drop it.

Messages that may already be in Slack stay: only the history can say what became of them.
"""

from __future__ import annotations

from newswatch.config.words import check_channel
from newswatch.errors import PermanentError
from newswatch.pipeline.base.configuration import in_force
from newswatch.pipeline.base.services import Services
from newswatch.pipeline.deliver.backlog import fold_backlog
from newswatch.pipeline.deliver.judgement import Conditions
from newswatch.pipeline.deliver.moving import move
from newswatch.pipeline.deliver.queue import Waiting, read_queue
from newswatch.store import outbox, withdrawals
from newswatch.store.client import redis_errors
from newswatch.store.codec import to_ms
from newswatch.store.withdrawals import Withdrawal


class QueueRefused(PermanentError):
    """This cannot be done with this queue."""


async def move_queue(services: Services, channel: str, to: str) -> tuple[int, int]:
    """Move a channel's queue to another channel. Returns how many messages were moved, and how many stay.

    They are sent to that channel although their rules do not notify it. Raises QueueRefused, RedisUnavailable.
    """
    try:
        check_channel(to)
    except ValueError as error:
        raise QueueRefused(str(error)) from error
    if to == channel:
        raise QueueRefused(f"{channel} is the queue's own channel: name another one")
    with redis_errors():
        moved = 0
        for waiting in await _queue(services, channel):
            moved += await move(services, waiting, {to: waiting.alerts}, by_operator=True)
        return moved, await _left(services, channel)


async def fold_queue(services: Services, channel: str) -> int:
    """Put what waits in a channel into one message and its thread. Returns how many messages that replaces.

    Digests, notices and messages that were tried already stay as they are. Raises QueueRefused, RedisUnavailable.
    """
    bundle = await in_force(services)
    if bundle is None:
        raise QueueRefused("no configuration is in force: check the files, then poll")
    with redis_errors():
        before = {one.stored.id for one in await _queue(services, channel)}
        await fold_backlog(services, Conditions(bundle), channel, stale_after_s=0.0, most_single=0)
        after = {one.stored.id for one in await read_queue(services.redis, channel)}
    return len(before - after)


async def drop_queue(services: Services, channel: str, reason: str, by: str) -> tuple[int, int]:
    """Withdraw everything that waits in a channel. Returns how many messages that is, and how many stay.

    The alerts are kept with the reason, and do not return. Raises QueueRefused, RedisUnavailable.
    """
    why = f"dropped by {by}: {reason}"
    with redis_errors():
        dropped = 0
        for waiting in await _queue(services, channel):
            left = await withdrawals.withdraw(
                services.redis,
                waiting.stored.message,
                [Withdrawal(one.id, why, to_ms(one.matched), returns=False) for one in waiting.alerts],
                why,
                now_ms=to_ms(services.clock()),
                kept_s=services.settings.alert_retention_s,
            )
            dropped += left >= 0
        return dropped, await _left(services, channel)


async def _queue(services: Services, channel: str) -> list[Waiting]:
    queue = await read_queue(services.redis, channel)
    if not queue:
        raise QueueRefused(f"nothing waits for {channel}")
    return queue


async def _left(services: Services, channel: str) -> int:
    return (await outbox.queue_lengths(services.redis)).get(channel, 0)
