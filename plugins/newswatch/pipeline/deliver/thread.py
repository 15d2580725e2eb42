"""Where a message goes: the channel, or the thread of its story's message."""

from __future__ import annotations

from dataclasses import dataclass

from newswatch.models import Message
from newswatch.pipeline.deliver.run_state import DeliveryRun
from newswatch.store import messages, outbox
from newswatch.store.codec import to_ms


@dataclass(frozen=True, slots=True)
class Thread:
    """Where a message goes: `ts` None is the channel itself."""

    message: Message
    ts: str | None


async def thread_of(run: DeliveryRun, message: Message) -> Thread | None:
    """Where it goes. None if it has to wait for its story's message."""
    if message.root_id is None:
        return Thread(message, None)
    redis = run.services.redis
    found = await messages.read_if_readable(redis, message.root_id)
    root = found.delivery if found and not found.deleted else None
    if root is None or root.state in ("dead", "withdrawn"):
        await outbox.detach_reply(redis, message)
        again = await messages.read_message(redis, message.id)
        return await thread_of(run, again.message) if again else None
    if root.ts is None:
        due_ms = max(to_ms(root.due) if root.due else 0, run.now_ms()) + 100
        await outbox.defer(redis, message, due_ms)
        return None
    return Thread(message, root.ts)
