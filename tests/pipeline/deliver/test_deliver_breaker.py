"""When the circuit breaker opens, when it probes, and with whose messages. Pure."""

from __future__ import annotations

import asyncio

from newswatch.pipeline.deliver.breaker import after_unclear, in_turn, opened
from newswatch.pipeline.deliver.window import LEAST, MOST, Window
from newswatch.store.breaker import CLOSED, Unclear
from newswatch.store.outbox import ChannelState, Pause

GRACE_S = 60.0


def unclear(state, *answers: tuple[str, str, str, int]):
    for code, channel, message_id, at_s in answers:
        state = after_unclear(state, Unclear(code, channel, message_id, at_s * 1000), "why", GRACE_S)
    return state


def test_one_failed_connection_opens_it():
    state = opened(CLOSED, 1_000, "refused", GRACE_S)
    assert (state.is_open, state.away_since_ms, state.probe_at_ms) == (True, 1_000, 6_000)


def test_two_answers_alike_from_different_channels_within_a_minute_open_it():
    assert unclear(CLOSED, ("http_503", "C1", "m1", 0), ("http_503", "C2", "m2", 59)).is_open


def test_different_kinds_a_long_time_or_one_message_do_not_open_it():
    assert not unclear(CLOSED, ("http_503", "C1", "m1", 0), ("timeout", "C2", "m2", 1)).is_open
    assert not unclear(CLOSED, ("http_503", "C1", "m1", 0), ("http_503", "C2", "m2", 61)).is_open
    assert not unclear(CLOSED, ("http_503", "C1", "m1", 0), ("http_503", "C1", "m1", 1)).is_open


def test_one_channel_alone_needs_three_messages():
    two = unclear(CLOSED, ("timeout", "C1", "m1", 0), ("timeout", "C1", "m2", 1))
    assert not two.is_open
    assert unclear(two, ("timeout", "C1", "m3", 2)).is_open


def test_probes_come_at_growing_intervals_up_to_the_grace_period():
    state, pauses = opened(CLOSED, 1_000, "refused", GRACE_S), []
    for _ in range(6):
        now_ms = state.probe_at_ms
        state = opened(state, now_ms, "refused", GRACE_S)
        pauses.append((state.probe_at_ms - now_ms) / 1000)
    assert pauses == [10, 20, 40, 60, 60, 60]
    assert state.away_since_ms == 1_000


def test_time_that_went_back_does_not_put_the_next_probe_off():
    state = opened(CLOSED, 7_200_000, "refused", GRACE_S)
    assert state.probe_due_ms(7_203_000) == 7_205_000
    assert state.probe_due_ms(3_000) == 3_000


def test_probe_takes_the_channel_that_was_tried_longest_ago():
    state = unclear(
        CLOSED, ("timeout", "C1", "m1", 0), ("timeout", "C3", "m3", 1), ("timeout", "C1", "m4", 9)
    )
    channels = [ChannelState(name, 0, Pause(), ()) for name in ("C1", "C2", "C3")]
    assert [one.channel for one in in_turn(state, channels)] == ["C2", "C3", "C1"]


async def test_window_lets_few_pass_and_more_while_answers_come():
    window = Window()
    entered = 0

    async def send():
        nonlocal entered
        await window.enter()
        entered += 1

    tasks = [asyncio.ensure_future(send()) for _ in range(100)]
    await asyncio.sleep(0)
    assert entered == LEAST
    window.leave(answered=True)
    await asyncio.sleep(0)
    assert entered == LEAST + 2
    window.leave(answered=False)
    await asyncio.sleep(0)
    assert (window.size, entered) == (LEAST, LEAST + 2)
    for _ in range(100):
        window.leave(answered=True)
        await asyncio.sleep(0)
    assert entered == 100
    assert LEAST < window.size <= MOST
    await asyncio.gather(*tasks)


async def test_window_forgets_a_caller_that_is_cancelled():
    window = Window()
    for _ in range(LEAST):
        await window.enter()
    waiting = asyncio.ensure_future(window.enter())
    await asyncio.sleep(0)
    waiting.cancel()
    await asyncio.gather(waiting, return_exceptions=True)
    window.leave(answered=False)
    await asyncio.wait_for(window.enter(), 1.0)
