"""What one run of the deliver stage shares among its channels."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from newswatch.models import Ruleset
from newswatch.pipeline.base.routing import named_channel
from newswatch.pipeline.base.sender import Sender
from newswatch.pipeline.base.services import Services
from newswatch.pipeline.deliver.breaker import Breaker
from newswatch.pipeline.deliver.judgement import Conditions
from newswatch.pipeline.deliver.moving import Past
from newswatch.pipeline.deliver.rendering import Surroundings
from newswatch.pipeline.deliver.window import Window
from newswatch.store import turns
from newswatch.store.codec import to_ms
from newswatch.store.epoch import Server
from newswatch.store.leases import Lease
from newswatch.store.turns import Method

BURST_S = 0.25
LEAST_BURST = 3
SHARE = 0.98
"""The share of the budget that is used, so that a minute with a burst stays within it: Slack counts requests as they arrive."""
LONG_TURN_S = 20.0
TOGETHER_S = 1.0
"""If two channels are asked to wait within this time, it is the workspace that is too fast."""


class Budget:
    """Limits the messages a second over all channels. A quarter of a second's worth, or three, may be sent at once."""

    def __init__(self, per_second: float, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._gap_s = 1 / (per_second * SHARE)
        self._burst_s = max(BURST_S, LEAST_BURST / per_second)
        self._monotonic = monotonic
        self._next = 0.0

    async def take(self) -> None:
        """Wait until one more message fits."""
        now = self._monotonic()
        self._next = max(self._next + self._gap_s, now - self._burst_s)
        await asyncio.sleep(max(0.0, self._next - now))


@dataclass
class DeliveryRun:
    """What one run of the deliver stage shares among its channels, and what it counts."""

    services: Services
    bundle: Ruleset
    sender: Sender
    lease: Lease
    timeout_s: float
    budget: Budget
    breaker: Breaker
    window: Window = field(default_factory=Window)
    around: Surroundings = field(init=False)
    on_progress: Callable[[int, int], None] | None = None
    sent: int = 0
    dead: int = 0
    causes: dict[str, str] = field(default_factory=dict)
    """What somebody has to act on: a sentence for each cause that lasts."""
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
    late: set[str] = field(default_factory=set)
    """Channels to which something was sent more than ten minutes after it was matched."""
    recalled: set[str] = field(default_factory=set)
    """Channels whose Redis is known to be the one that delivered to them last."""
    redis_run: Server | None = None
    """Which run of Redis this is; None if we have to ask."""
    data_since_ms: int = 0
    """Since when, by our clock, the data of `redis_run` may be what it is: since that began, or since the configuration was
    stored, whichever is later. The clocks of the two machines may differ."""
    delivered_by: dict[str, str | None] = field(default_factory=dict)
    """Channel → the run of Redis that delivered to it last."""
    read_again_at: float = 0.0
    """When the next history may be read, by the monotonic clock."""
    hold_until: float = 0.0
    """Until when the whole workspace was asked to wait, by the monotonic clock."""
    refused: tuple[str, float] = ("", 0.0)
    """The channel that was asked to wait last, and when, by the monotonic clock."""
    stop_at: float = float("inf")
    """When the run has to end, by the monotonic clock."""

    def __post_init__(self) -> None:
        self.around = Surroundings(self.services)

    @property
    def retrying(self) -> int:
        """Messages that were tried and are not sent yet."""
        return len(self.waiting)

    def named(self, channel: str) -> str:
        """A channel with the names of its receivers, for texts."""
        return named_channel(channel, self.bundle.receivers)

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

    def problem(self, cause: str, text: str) -> None:
        """Turn the run red while the cause lasts."""
        self.causes[cause] = text
        self.well.discard(cause)

    @property
    def server(self) -> str:
        """The id of the run of Redis that was found; "" for none."""
        return self.redis_run.run if self.redis_run else ""

    @property
    def halted(self) -> bool:
        """Whether nothing more may be begun: the workspace is paused, or Slack is away."""
        return self.stopped or self.breaker.is_open

    def asked_to_wait(self, channel: str) -> bool:
        """Slack asks the channel to wait. Returns whether another channel was asked just before."""
        now = time.monotonic()
        before, when = self.refused
        self.refused = channel, now
        return before not in ("", channel) and now - when <= TOGETHER_S

    def another_server(self) -> None:
        """Redis was restarted, or a replica took over: check again what was delivered."""
        self.redis_run = None
        self.recalled.clear()
        self.delivered_by.clear()

    async def turn_ms(self, method: Method) -> int:
        """Take a turn for a request to a method with a limit. Returns 0 if it was taken, else how long to wait."""
        rate = self.services.settings.slack_tier3
        return await turns.take_turn(self.services.redis, method, rate, self.now_ms())

    async def turn_soon_ms(self, method: Method) -> int:
        """The same, but wait if it comes within seconds."""
        deadline = time.monotonic() + LONG_TURN_S
        while (wait_ms := await self.turn_ms(method)) > 0:
            if time.monotonic() + wait_ms / 1000 > deadline:
                return wait_ms
            await asyncio.sleep(wait_ms / 1000)
        return 0
