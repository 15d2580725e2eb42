"""Finds out whether Slack is back: one probe at a time, with as little as possible begun."""

from __future__ import annotations

import asyncio
import time

from newswatch.pipeline.deliver.breaker import MOST_BEGUN, in_turn, is_clear
from newswatch.pipeline.deliver.courier import Courier
from newswatch.pipeline.deliver.recall import make_sure
from newswatch.pipeline.deliver.run_state import DeliveryRun
from newswatch.store import messages, outbox
from newswatch.store.messages import StoredMessage
from newswatch.store.outbox import ChannelState

_LOOKED_AT = 20
"""Messages at the head of a queue among which one to probe with is chosen."""


async def probe(run: DeliveryRun, stop_at: float, linger_s: float) -> bool:
    """Probe once when that is due. Returns False if it is due only after the run."""
    now_ms = run.now_ms()
    wait_s = (run.breaker.state.probe_due_ms(now_ms) - now_ms) / 1000
    if wait_s > linger_s or time.monotonic() + wait_s > stop_at:
        return False
    await asyncio.sleep(max(wait_s, 0.0))
    answer = await run.sender.ping()
    if not is_clear(answer):
        await run.breaker.unreached(answer)
        return True
    if answer.kind not in ("sent", "ratelimited"):
        await run.breaker.answered()  # the token is refused, for example: posting says what to do
        return True
    chosen = await _choose(run)
    if chosen is None:
        if not await outbox.channels_with_queue(run.services.redis):
            await run.breaker.answered()
            return True
        await run.breaker.probing(None)  # everything waits for its grace period, or for a message before it
        return True
    state, message_id = chosen
    await run.breaker.probing(state.channel)
    if await make_sure(run, state.channel, message_id):
        await Courier(run).handle(state.channel, message_id, state.next_at_ms, run.server, probe=True)
    return True


async def _choose(run: DeliveryRun) -> tuple[ChannelState, str] | None:
    """A message that was not tried yet, of the channel tried longest ago; later one that is in doubt already.

    One that cannot be read becomes a dead letter.
    """
    redis, now_ms = run.services.redis, run.now_ms()
    channels = await outbox.channels_with_queue(redis)
    states = await outbox.read_channels(redis, channels, most=_LOOKED_AT)
    begun = await _unsettled(run)
    for state in in_turn(run.breaker.state, states):
        if state.pause.until_ms > now_ms:
            continue
        due = [name for name, due_ms in state.due if due_ms <= now_ms]
        known = await messages.read_readable(redis, due)
        for name in due:
            one = known.get(name)
            if one is None or _can_probe(one, begun):
                return state, name
    return None


async def _unsettled(run: DeliveryRun) -> set[str]:
    """The messages begun in this outage of which is not known yet whether they were posted, or that were not."""
    found = await messages.read_readable(run.services.redis, run.breaker.state.begun)
    return {name for name, one in found.items() if one.delivery.state in ("queued", "sending")}


def _can_probe(one: StoredMessage, begun: set[str]) -> bool:
    """Whether a probe may use the message. A reply would wait for its story's message. Pure."""
    if one.message.root_id is not None:
        return False
    if len(begun) < MOST_BEGUN:
        return one.delivery.state == "queued" and one.id not in begun
    return one.id in begun or one.delivery.state == "sending"
