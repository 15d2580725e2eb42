"""What one run of the deliver stage shares among its channels."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from newswatch.models import Bundle
from newswatch.pipeline.base import notices
from newswatch.pipeline.base.sender import Sender
from newswatch.pipeline.base.services import Services
from newswatch.pipeline.deliver.judgement import Conditions
from newswatch.pipeline.deliver.moving import Past
from newswatch.sending import Outcome
from newswatch.store.codec import to_ms
from newswatch.store.leases import Lease

BURST_S = 0.25


class Budget:
    """Limits the messages a second over all channels. A quarter of a second's worth may be sent at once."""

    def __init__(self, per_second: float, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._gap_s = 1 / per_second
        self._monotonic = monotonic
        self._next = 0.0

    async def take(self) -> None:
        """Wait until one more message fits."""
        now = self._monotonic()
        self._next = max(self._next + self._gap_s, now - BURST_S)
        await asyncio.sleep(max(0.0, self._next - now))


@dataclass
class DeliveryRun:
    """What one run of the deliver stage shares among its channels, and what it counts."""

    services: Services
    bundle: Bundle
    sender: Sender
    lease: Lease
    timeout_s: float
    budget: Budget
    on_progress: Callable[[int, int], None] | None = None
    sent: int = 0
    dead: int = 0
    problems: list[str] = field(default_factory=list)
    stopped: bool = False
    """The whole workspace is paused: nothing more is sent in this run."""
    waiting: set[str] = field(default_factory=set)
    well: set[str] = field(default_factory=set)
    conditions: Conditions | None = None
    """What queued alerts are judged by, as read at `conditions_read_at` on the monotonic clock."""
    conditions_read_at: float = 0.0
    past: Past | None = None
    """The configurations before the one in force, as far as they were needed."""
    caught_up: dict[str, float] = field(default_factory=dict)
    """When a channel's backlog was looked at last, on the monotonic clock."""
    recalled: set[str] = field(default_factory=set)
    """Channels whose Redis is known to be the one that delivered to them last."""

    @property
    def retrying(self) -> int:
        """Messages that were tried and are not sent yet."""
        return len(self.waiting)

    def interval_s(self, channel: str) -> float:
        """The pace of a channel; the slowest if receivers share it."""
        found = [r.per_channel_interval_s for r in self.bundle.receivers if r.channel == channel]
        return max(found, default=1.0)

    def grace_s(self, channel: str) -> float:
        """How long a message may be in doubt before history is read."""
        return max((r.grace_s for r in self.bundle.receivers if r.channel == channel), default=60.0)

    def stale_after_s(self, channel: str) -> float:
        """How long alerts may wait before they are caught up; the longest if receivers share the channel."""
        found = [r.stale_after_s for r in self.bundle.receivers if r.channel == channel]
        return max(found, default=7_200.0)

    def now_ms(self) -> int:
        """The wall clock."""
        return to_ms(self.services.clock())

    def problem(self, text: str) -> None:
        """Turn the run red, once for each text."""
        if text not in self.problems:
            self.problems.append(text)

    async def unreached(self, outcome: Outcome) -> None:
        """Slack cannot be reached at all: end the run, so that not every channel spends an attempt."""
        self.stopped = True
        self.problem(outcome.message)
        await notices.raise_notice(self.services, "slack", outcome.message)
