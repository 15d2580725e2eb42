"""The circuit breaker's state: whether Slack is away, since when, and what was tried.

It is in Redis because each run of the deliver stage may be a process of its own.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass

from redis.asyncio import Redis

from newswatch.store import keys
from newswatch.store.client import script_of, text


@dataclass(frozen=True, slots=True)
class Unclear:
    """An answer that leaves open whether a message was posted: its kind, whose, and when (ms)."""

    code: str
    channel: str
    message_id: str
    at_ms: int


@dataclass(frozen=True, slots=True)
class BreakerState:
    """`away_since_ms` is 0 while Slack answers; the rest is about the current outage.

    The next probe is made at `probe_at_ms`, `pause_ms` after it was decided on. `unclear` are the unclear answers since the last clear one. `begun` are the messages that may have been posted
    during the outage, `probed` the channels in the order in which they were tried.
    """

    away_since_ms: int = 0
    why: str = ""
    probe_at_ms: int = 0
    pause_ms: int = 0
    failed_probes: int = 0
    unclear: tuple[Unclear, ...] = ()
    begun: tuple[str, ...] = ()
    probed: tuple[str, ...] = ()

    @property
    def is_open(self) -> bool:
        """Whether Slack is away, so that only probes are made."""
        return self.away_since_ms > 0

    def probe_due_ms(self, now_ms: int) -> int:
        """When to probe next. A time that is further away than the pause was noted before the clock went back. Pure."""
        return now_ms if self.probe_at_ms - now_ms > self.pause_ms else self.probe_at_ms


CLOSED = BreakerState()


async def read(redis: Redis) -> BreakerState:
    """The state; closed if there is none, or none that can be read."""
    stored = text(await redis.get(keys.BREAKER))
    try:
        raw = json.loads(stored) if stored else {}
        unclear = tuple(Unclear(**one) for one in raw.pop("unclear", ()))
        begun, probed = tuple(raw.pop("begun", ())), tuple(raw.pop("probed", ()))
        return BreakerState(**raw, unclear=unclear, begun=begun, probed=probed)
    except (ValueError, TypeError, AttributeError):
        return CLOSED


async def write(redis: Redis, state: BreakerState) -> None:
    """Store the state, also if Redis is out of memory."""
    await script_of(redis, "small")(keys=[keys.BREAKER], args=["SET", json.dumps(asdict(state))])
