"""Queues by channel: how much waits, since when, and why."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from newswatch.models import Bundle, Receiver
from newswatch.pipeline.base.services import Services
from newswatch.store import outbox, withdrawals
from newswatch.store.client import redis_errors
from newswatch.store.codec import from_ms, to_ms
from newswatch.store.outbox import ChannelState, Pause

_DAY_MS = 86_400_000


@dataclass(frozen=True, slots=True)
class QueueLine:
    """One channel. `next_due` is when its first message may be sent; in the past if it is due."""

    channel: str
    receivers: tuple[str, ...]
    how: str
    queued: int
    next_due: datetime | None
    pause: Pause | None


@dataclass(frozen=True, slots=True)
class Queues:
    """All channels, the pause of the whole workspace if there is one, and how many of a day's alerts were withdrawn."""

    lines: tuple[QueueLine, ...]
    pause: Pause | None
    withdrawn: int = 0


async def read_queues(services: Services, bundle: Bundle | None) -> Queues:
    """Channels with a queue or a receiver. Raises RedisUnavailable."""
    by_channel: dict[str, list[Receiver]] = {}
    for receiver in bundle.receivers if bundle else ():
        by_channel.setdefault(receiver.channel, []).append(receiver)
    with redis_errors():
        waiting = await outbox.channels_with_queue(services.redis)
        channels = sorted({*by_channel, *waiting})
        states = await outbox.read_channels(services.redis, channels, most=1)
        lengths = await outbox.queue_lengths(services.redis)
        workspace = await outbox.read_workspace_pause(services.redis)
        now_ms = to_ms(services.clock())
        withdrawn = await withdrawals.count_since(services.redis, now_ms - _DAY_MS)
    lines = queue_lines(states, lengths, by_channel, now_ms)
    return Queues(tuple(lines), workspace if workspace.until_ms > now_ms else None, withdrawn)


def queue_lines(
    states: Sequence[ChannelState],
    lengths: Mapping[str, int],
    by_channel: Mapping[str, Sequence[Receiver]],
    now_ms: int,
) -> list[QueueLine]:
    """What is shown of each channel. Pure."""
    return [
        QueueLine(
            channel=state.channel,
            receivers=tuple(receiver.id for receiver in by_channel.get(state.channel, ())),
            how=_how(by_channel.get(state.channel, ())),
            queued=lengths.get(state.channel, 0),
            next_due=from_ms(state.due[0][1]) if state.due else None,
            pause=state.pause if state.pause.until_ms > now_ms else None,
        )
        for state in states
    ]


def _how(receivers: Iterable[Receiver]) -> str:
    """A receiver's mode in words."""
    return (
        "; ".join(dict.fromkeys(_wish(receiver) for receiver in receivers)) or "no receiver uses it any more"
    )


def _wish(receiver: Receiver) -> str:
    if receiver.mode == "digest" and receiver.digest is not None:
        return f"a digest at {receiver.digest.at} {receiver.digest.timezone}"
    quiet = receiver.quiet
    if quiet is None:
        return "each alert at once"
    but = f", {quiet.except_severity} excepted" if quiet.except_severity else ""
    return f"at once, quiet {quiet.start}–{quiet.end} {quiet.timezone}{but}"
