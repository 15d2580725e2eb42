"""Reports a channel that is far behind, and clocks that differ.

A channel is behind if an alert has waited in it for more than ten minutes, only for its turn. The channel gets one line
when it has caught up, unless a catch-up said so. During an outage of Slack nothing is reported here, because the outage is.
"""

from __future__ import annotations

import time
from datetime import timedelta

from newswatch.models import Message
from newswatch.pipeline.base import notices
from newswatch.pipeline.deliver.backlog import latest_catch_up
from newswatch.pipeline.deliver.run_state import DeliveryRun
from newswatch.store import epoch, outbox
from newswatch.store import notices as stored_notices
from newswatch.store.codec import to_ms

BEHIND_MS = 600_000
CAUGHT_UP_MS = 60_000
MOST_SKEW_S = 30.0
CAUGHT_UP = "newswatch was more than ten minutes behind in this channel. It has caught up: everything that waited is above."


def note_lateness(run: DeliveryRun, message: Message) -> None:
    """A message was sent: was it late? Digests and notices have times of their own."""
    created_ms = to_ms(message.created) if message.created is not None else run.now_ms()
    if message.kind in ("story", "reply") and run.now_ms() - created_ms > BEHIND_MS:
        run.late.add(message.channel)


async def report_lateness(run: DeliveryRun) -> None:
    """Notify ops of channels that are behind, and the channels that have caught up."""
    if run.breaker.is_open:
        return
    redis, services = run.services.redis, run.services
    ages = await outbox.waiting_since(redis, await outbox.channels_with_queue(redis), run.now_ms())
    causes = await stored_notices.active(redis)
    known = {cause.partition(":")[2] for cause in causes if cause.startswith("behind:")}
    for channel in sorted({*ages, *known, *run.late}):
        waited_ms = run.now_ms() - ages[channel] if channel in ages else 0
        if waited_ms > BEHIND_MS:
            text = f"Channel {run.named(channel)} is {waited_ms / 60_000:.0f} min behind."
            await notices.raise_notice(services, f"behind:{channel}", text)
        elif waited_ms < CAUGHT_UP_MS and channel in known | run.late:
            await notices.clear_notice(
                services, f"behind:{channel}", f"Channel {run.named(channel)} has caught up."
            )
            if await latest_catch_up(services, channel, run.stale_after_s(channel)) is None:
                await notices.say(services, channel, f"caught-up:{channel}", CAUGHT_UP)


async def compare_clocks(run: DeliveryRun) -> None:
    """Report a clock that is more than half a minute from Slack's or Redis's."""
    theirs_ms = (await epoch.server_run(run.services.redis)).now_ms
    faults = skews(time.time() - theirs_ms / 1000 if theirs_ms else 0.0, run.sender.ahead)
    for name, text in faults.items():
        if text:
            await notices.raise_notice(run.services, f"clock:{name}", text)
        else:
            await notices.clear_notice(
                run.services, f"clock:{name}", f"This machine's clock and {name}'s agree again."
            )


def skews(ahead_of_redis_s: float, ahead_of_slack: timedelta | None) -> dict[str, str]:
    """What is wrong with each clock that is known, "" if it agrees with ours. Pure."""
    known = {"Redis": ahead_of_redis_s}
    if ahead_of_slack is not None:
        known["Slack"] = ahead_of_slack.total_seconds()
    return {
        name: f"The clock of this machine is {abs(ahead_s):.0f} s {'ahead of' if ahead_s > 0 else 'behind'} {name}'s."
        if abs(ahead_s) > MOST_SKEW_S
        else ""
        for name, ahead_s in known.items()
    }
