"""Dead letters: making one, reading them with what a retry would send, and the retry."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime

from newswatch.errors import PermanentError
from newswatch.models import Alert, Message
from newswatch.pipeline.base import notices
from newswatch.pipeline.base.services import Services
from newswatch.pipeline.deliver.rendering import Surroundings, render
from newswatch.sending import Payload
from newswatch.store import messages, outbox
from newswatch.store.client import redis_errors
from newswatch.store.codec import from_ms, to_ms
from newswatch.store.messages import StoredMessage


class NoSuchDeadLetter(PermanentError):
    """The id given names no dead letter."""


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """One dead letter: why it died, when, what it is about, and its payload as it would be sent now."""

    message: Message
    error: str
    died: datetime
    alerts: tuple[Alert, ...]
    payload: Payload
    """Empty if the message cannot be rendered. Then that is why it is a dead letter."""

    @property
    def title(self) -> str:
        """The headline that its readers would see, or the heading of a notice or a listing."""
        if self.message.kind in ("story", "reply") and self.alerts:
            return min(self.alerts, key=lambda alert: alert.first_seen).title
        return self.message.text.partition("\n")[0]


async def make_dead_letter(services: Services, message: Message, error: str) -> None:
    """Move a message to the dead letters and notify ops. A notice to ops that fails causes no further notice."""
    await outbox.mark_dead(services.redis, message, error, to_ms(services.clock()))
    if message.kind != "ops":
        text = (
            f"A message for {message.channel} became a dead letter: {error}. "
            "The page Delivery shows them, and sends them again."
        )
        await notices.raise_notice(services, "dead-letters", text)


async def read_dead_letters(services: Services, ids: Collection[str] | None = None) -> list[DeadLetter]:
    """The dead letters with these ids, or all, newest first. Raises RedisUnavailable."""
    with redis_errors():
        died = await messages.dead_letters(services.redis)
        chosen = died if ids is None else [name for name in died if name in ids]
        found = await messages.read_messages(services.redis, chosen)
        alert_ids = [name for stored in found.values() for name in stored.message.alert_ids]
        alerts = {
            one.alert.id: one.alert for one in await messages.read_stored_alerts(services.redis, alert_ids)
        }
        around = Surroundings(services)
        letters = []
        for name, stored in found.items():
            own = tuple(alerts[one] for one in stored.message.alert_ids if one in alerts)
            letters.append(await _letter(services, stored, own, died[name], around))
        return letters


async def _letter(
    services: Services, stored: StoredMessage, alerts: tuple[Alert, ...], died_ms: int, around: Surroundings
) -> DeadLetter:
    # A retry begins with the full payload, also where the minimal one was refused.
    again = replace(stored, delivery=replace(stored.delivery, minimal=False))
    try:
        payload = await render(services, again, alerts, around)
    except (ValueError, KeyError, TypeError, IndexError):
        payload = {}
    return DeadLetter(stored.message, stored.delivery.error, from_ms(died_ms), alerts, payload)


async def retry_dead_letters(services: Services, ids: Collection[str] = ()) -> int:
    """Queue dead letters again: those with the given ids, or all of them. Returns how many.

    Raises NoSuchDeadLetter, with nothing changed, and RedisUnavailable.
    """
    with redis_errors():
        known = await messages.dead_letters(services.redis)
        unknown = [name for name in ids if name not in known]
        if unknown:
            raise NoSuchDeadLetter(
                f"no dead letter has the id {unknown[0]}: it may have been queued again meanwhile"
            )
        now_ms = to_ms(services.clock())
        chosen = await messages.read_messages(services.redis, ids or known)
        for stored in chosen.values():
            await outbox.revive(services.redis, stored.message, now_ms)
        if not await messages.dead_letters(services.redis, most=1):
            await notices.clear_notice(services, "dead-letters", "All dead letters are queued again.")
    return len(chosen)
