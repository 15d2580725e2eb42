"""The circuit breaker: while Slack is away, hardly anything is begun.

It opens after one failed connection, or when unclear answers of the same kind come for two messages of different channels
within a minute, with no clear answer in between. Then one probe is made at a time, with growing pauses: a request that
changes nothing, and if that is answered, one message, each time of another channel. The first clear answer closes it. A single message that fails while others pass does not open it.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import replace

from newswatch.pipeline.base import notices
from newswatch.pipeline.base.services import Services
from newswatch.quantity import quantity
from newswatch.sending import Outcome
from newswatch.store import breaker, outbox
from newswatch.store.breaker import CLOSED, BreakerState, Unclear
from newswatch.store.codec import from_ms, to_ms
from newswatch.store.outbox import ChannelState

log = logging.getLogger("newswatch.breaker")

CAUSE = "slack-away"
ALIKE_WITHIN_MS = 60_000
ALIKE_IN_ONE_CHANNEL = 3
"""Unclear answers for this many messages in a row open it too, where only one channel has messages."""
MOST_BEGUN = 6
"""Messages that may be in doubt at a time during an outage. Later probes use one of these again."""
FIRST_PROBE_SHARE = 1 / 12
"""The pause before the first probe, as a share of the grace period. It doubles, up to the whole grace period."""
MOST_KEPT = 50


def after_unclear(state: BreakerState, answer: Unclear, why: str, grace_s: float) -> BreakerState:
    """An answer left open whether a message was posted. Pure."""
    recent = [one for one in state.unclear if 0 <= answer.at_ms - one.at_ms <= ALIKE_WITHIN_MS]
    alike = [one for one in recent if one.code == answer.code and one.message_id != answer.message_id]
    others = {one.message_id for one in alike}
    known = replace(
        state,
        unclear=(*recent, answer)[-MOST_KEPT:],
        begun=tuple(dict.fromkeys((*state.begun, answer.message_id)))[-MOST_KEPT:],
    )
    if state.is_open:
        return _probe_later(_tried(known, answer.channel), answer.at_ms, grace_s)
    elsewhere = any(one.channel != answer.channel for one in alike)
    if elsewhere or len(others) + 1 >= ALIKE_IN_ONE_CHANNEL:
        return opened(known, answer.at_ms, why, grace_s)
    return known


def opened(state: BreakerState, now_ms: int, why: str, grace_s: float) -> BreakerState:
    """Slack could not be reached. Pure."""
    if state.is_open:
        return _probe_later(state, now_ms, grace_s)
    begun = tuple(one.message_id for one in state.unclear)
    tried = tuple(dict.fromkeys(one.channel for one in state.unclear))
    first = replace(state, away_since_ms=now_ms, why=why, failed_probes=0, begun=begun, probed=tried)
    return _pause(first, now_ms, grace_s)


def _tried(state: BreakerState, channel: str) -> BreakerState:
    probed = (*(one for one in state.probed if one != channel), channel)
    return replace(state, probed=probed[-MOST_KEPT:])


def _probe_later(state: BreakerState, now_ms: int, grace_s: float) -> BreakerState:
    return _pause(replace(state, failed_probes=state.failed_probes + 1), now_ms, grace_s)


def _pause(state: BreakerState, now_ms: int, grace_s: float) -> BreakerState:
    pause_s = min(grace_s, grace_s * FIRST_PROBE_SHARE * 2.0 ** min(state.failed_probes, 10))
    return replace(state, probe_at_ms=now_ms + int(pause_s * 1000), pause_ms=int(pause_s * 1000))


def in_turn(state: BreakerState, channels: Sequence[ChannelState]) -> list[ChannelState]:
    """The channels in the order in which to probe: those not tried yet, then the one tried longest ago. Pure."""
    tried = {channel: number for number, channel in enumerate(state.probed)}
    return sorted(channels, key=lambda one: tried.get(one.channel, -1))


def is_clear(outcome: Outcome) -> bool:
    """Whether the other side answered, even if with a refusal. Pure."""
    return outcome.kind not in ("not_reached", "ambiguous")


class Breaker:
    """The breaker of a run: the state in Redis, and what ops is notified of."""

    def __init__(self, services: Services, state: BreakerState, grace_s: float) -> None:
        self.state = state
        self._services = services
        self._grace_s = grace_s

    @property
    def is_open(self) -> bool:
        """Whether Slack is away."""
        return self.state.is_open

    async def note(self, outcome: Outcome, channel: str, message_id: str) -> None:
        """What became of a request for a message."""
        now_ms = to_ms(self._services.clock())
        if is_clear(outcome):
            await self.answered()
        elif outcome.kind == "not_reached":
            await self.unreached(outcome)
        else:
            answer = Unclear(outcome.code, channel, message_id, now_ms)
            await self._change(after_unclear(self.state, answer, outcome.message, self._grace_s))

    async def unreached(self, outcome: Outcome) -> None:
        """A request never reached Slack, or a probe got no clear answer."""
        now_ms = to_ms(self._services.clock())
        await self._change(opened(self.state, now_ms, outcome.message, self._grace_s))

    async def probing(self, channel: str | None) -> None:
        """A message of this channel is tried now; None: there is none to try. The next probe is made later."""
        now_ms = to_ms(self._services.clock())
        state = _tried(self.state, channel) if channel else self.state
        await self._write(_pause(state, now_ms, self._grace_s))

    async def answered(self) -> None:
        """Slack answered clearly: whatever was wrong is over."""
        if self.state == CLOSED:
            return
        before = self.state
        await self._write(CLOSED)
        if not before.is_open:
            return
        minutes = (to_ms(self._services.clock()) - before.away_since_ms) / 60_000
        text = f"Slack takes messages again after {minutes:.0f} min; {await self._waiting()}."
        log.warning("%s", text)
        await notices.clear_notice(self._services, CAUSE, text)

    async def _change(self, state: BreakerState) -> None:
        was_open = self.is_open
        await self._write(state)
        if not state.is_open:
            return
        if not was_open:
            log.warning("Slack is away: %s", state.why)
        elif state.failed_probes:
            # A single failure may pass in a moment. If the probe after it fails too, the outage lasts.
            await notices.raise_notice(self._services, CAUSE, await self.text())

    async def text(self) -> str:
        """The outage in one sentence: since when, why, and how many messages wait."""
        since = from_ms(self.state.away_since_ms)
        return (
            f"Slack has been away since {since:%H:%M} UTC: {self.state.why}; {await self._waiting()}."
            " All queues are kept"
        )

    async def _waiting(self) -> str:
        number = sum((await outbox.queue_lengths(self._services.redis)).values())
        return quantity(number, "message waits", "messages wait")

    async def _write(self, state: BreakerState) -> None:
        self.state = state
        await breaker.write(self._services.redis, state)
