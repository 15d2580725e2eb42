"""Queues by channel: how much waits, since when, and why."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from newswatch.models import Bundle, Receiver
from newswatch.pipeline.base.services import Services
from newswatch.quantity import quantity
from newswatch.store import messages, outbox, withdrawals
from newswatch.store.client import redis_errors
from newswatch.store.codec import from_ms, to_ms
from newswatch.store.outbox import ChannelState, Pause

_DAY_MS = 86_400_000
_OLDEST_AMONG = 200
"""The oldest message is looked for among the next of a queue."""


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
    ownerless: tuple[QueueRow, ...] = ()
    """Queues of channels that no receiver has."""


@dataclass(frozen=True, slots=True)
class QueueRow:
    """A channel with a queue. `receiver` is None if no receiver has the channel, so that nothing more comes for it."""

    channel: str
    queued: int
    oldest_s: float
    receiver: str | None
    paused_until: datetime | None

    def as_dict(self) -> dict[str, Any]:
        """For machines."""
        until = self.paused_until.isoformat() if self.paused_until else None
        return {**asdict(self), "oldest_s": round(self.oldest_s, 1), "paused_until": until}


async def waiting_queues(
    services: Services, bundle: Bundle | None, *, ownerless: bool = False
) -> list[QueueRow]:
    """The channels for which messages wait, with `ownerless` those that no receiver has. Raises RedisUnavailable."""
    owners = {receiver.channel: receiver.id for receiver in reversed(bundle.receivers if bundle else ())}
    with redis_errors():
        channels = await outbox.channels_with_queue(services.redis)
        if ownerless:
            channels = [channel for channel in channels if channel not in owners]
        states = await outbox.read_channels(services.redis, channels, most=_OLDEST_AMONG)
        lengths = await outbox.queue_lengths(services.redis)
        workspace = await outbox.read_workspace_pause(services.redis)
        heads = {name for state in states for name, _ in state.due}
        created = await messages.created_times(services.redis, heads)
    now = services.clock()
    rows = []
    for state in states:
        since = [created[name] for name, _ in state.due if name in created]
        until = from_ms(max(state.pause.until_ms, workspace.until_ms))
        rows.append(
            QueueRow(
                channel=state.channel,
                queued=lengths.get(state.channel, 0),
                oldest_s=max((now - min(since, default=now)).total_seconds(), 0.0),
                receiver=owners.get(state.channel),
                paused_until=until if until > now else None,
            )
        )
    return rows


def worst_first(lines: Sequence[QueueLine], now: datetime) -> list[QueueLine]:
    """Paused channels first, then those whose messages have waited for longest, then those with most to come. Pure."""

    def order(line: QueueLine) -> tuple[bool, float, int, str]:
        waits_s = (now - line.next_due).total_seconds() if line.next_due else 0.0
        return (line.pause is None, -max(waits_s, 0.0), -line.queued, line.channel)

    return sorted(lines, key=order)


def without_receiver(row: QueueRow) -> str:
    """What to do about a queue whose channel no receiver has. Pure."""
    return (
        f"{quantity(row.queued, 'message waits', 'messages wait')} for {row.channel}, which no receiver "
        f"has: `newswatch queue move {row.channel} CHANNEL` sends them elsewhere, "
        f"`newswatch queue drop {row.channel} --reason TEXT` discards them"
    )


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
    ownerless = await waiting_queues(services, bundle, ownerless=True)
    ownerless.sort(key=lambda row: (-row.queued, -row.oldest_s))
    return Queues(
        tuple(lines), workspace if workspace.until_ms > now_ms else None, withdrawn, tuple(ownerless)
    )


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
        "; ".join(dict.fromkeys(mode_of(receiver) for receiver in receivers))
        or "no receiver uses it any more"
    )


def mode_of(receiver: Receiver) -> str:
    """When a receiver gets its alerts, in words. Pure."""
    if receiver.mode == "digest" and receiver.digest is not None:
        return f"a digest at {receiver.digest.at} {receiver.digest.timezone}"
    quiet = receiver.quiet
    if quiet is None:
        return "each alert at once"
    but = f", {quiet.except_severity} excepted" if quiet.except_severity else ""
    return f"at once, quiet {quiet.start}–{quiet.end} {quiet.timezone}{but}"
