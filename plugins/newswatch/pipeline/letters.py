"""Dead letters: looked at with what would be sent, and queued again."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from newswatch.errors import PermanentError
from newswatch.models import Alert, Message
from newswatch.pipeline import notices
from newswatch.pipeline.services import Services
from newswatch.slack.payload import render_listing, render_ops, render_reply, render_story
from newswatch.store import feeds, keys, outbox
from newswatch.store.client import redis_errors, text
from newswatch.store.codec import from_ms, to_ms


class NoSuchLetter(PermanentError):
    """The id given names no dead letter."""


@dataclass(frozen=True, slots=True)
class Letter:
    """One dead letter: why it died, when, what it is about, and its payload as it would be sent now."""

    message: Message
    error: str
    died: datetime
    alerts: tuple[Alert, ...]
    payload: dict[str, Any]


async def read_letters(services: Services, most: int) -> tuple[list[Letter], int]:
    """The newest dead letters, and how many there are. Raises RedisUnavailable."""
    with redis_errors():
        rows: Any = await services.redis.zrevrange(keys.DEAD, 0, most - 1, withscores=True)
        died = {text(name): int(score) for name, score in rows}
        found = await outbox.read_messages(services.redis, died)
        letters = [await _letter(services, queued, died) for queued in found]
        return letters, int(await services.redis.zcard(keys.DEAD))


async def _letter(services: Services, queued: outbox.Queued, died: dict[str, int]) -> Letter:
    message = queued.delivery.message
    alerts = await outbox.read_alerts(services.redis, message.alert_ids)
    states = await feeds.read_states(services.redis, sorted({alert.feed_id for alert in alerts}))
    sources = {feed_id: state.title or feed_id for feed_id, state in states.items()}
    payload = _payload(message, alerts, sources, services, queued.further)
    return Letter(message, queued.delivery.error, from_ms(died[message.id]), tuple(alerts), payload)


def _payload(
    message: Message, alerts: list[Alert], sources: dict[str, str], services: Services, further: int
) -> dict[str, Any]:
    now = services.clock()
    if message.kind == "ops":
        return dict(render_ops(message))
    if not alerts:
        return {}
    if message.kind in ("digest", "surge"):
        return dict(render_listing(message, alerts, sources=sources, now=now))
    if message.kind == "reply":
        return dict(render_reply(message, alerts, sources=sources, now=now))
    return dict(render_story(message, alerts, sources=sources, now=now, further=further))


async def retry_letters(services: Services, ids: Collection[str] = ()) -> int:
    """Queue dead letters again, all of them without ids; the number of them.

    Raises NoSuchLetter, with nothing changed, and RedisUnavailable.
    """
    with redis_errors():
        known = await outbox.dead_letters(services.redis)
        unknown = [name for name in ids if name not in known]
        if unknown:
            raise NoSuchLetter(f"no dead letter has the id {unknown[0]}; `newswatch dead` lists them")
        now_ms = to_ms(services.clock())
        chosen = await outbox.read_messages(services.redis, ids or known)
        for queued in chosen:
            await outbox.revive(services.redis, queued.delivery.message, now_ms)
        if not await outbox.dead_letters(services.redis):
            await notices.clear_notice(services, "dead-letters", "All dead letters are queued again.")
    return len(chosen)
