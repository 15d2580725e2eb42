"""What the residents' pulses say about them: whether one is silent or slow, and reporting silence to ops.

The stage that works on demand may be idle, so how old its pulse is says nothing. Ops is notified if work has waited for it
and it is not there.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from newswatch.pipeline.base import notices
from newswatch.pipeline.base.beats import LATE_S
from newswatch.pipeline.base.services import Services
from newswatch.residents import ON_DEMAND, resident_stages
from newswatch.store import articles, pulses
from newswatch.store.client import redis_errors
from newswatch.store.codec import to_ms
from newswatch.store.pulses import Pulse

SILENT_S = 60.0
"""A stage that has not beaten for this long is reported by the others."""
BETWEEN_S = 30.0
"""How long a shift may take to follow the one before. Usually it is a few seconds."""
RECENT_S = 3600.0
"""An error of the last hour is trouble that may not be over."""
SILENCE_REMEDY = (
    "check whether its DAG is paused, the scheduler is down, no slot is free or the machine is overloaded."
)
MISSED_S = 120.0
"""How long work may wait for the stage that works on demand, before ops is notified that nobody does it."""


async def report_silence(services: Services, mine: str) -> None:
    """Notify ops of other residents that have stopped beating, and of their return."""
    now = services.clock()
    with redis_errors():
        found = await pulses.read(services.redis, resident_stages(services.settings.poll_shards))
        missed_s = await _missed_for_s(services, found, now)
    for pulse in found:
        if pulse.stage not in (mine, ON_DEMAND):
            silent = is_silent(pulse, now)
            text = f"{silence_text(pulse, now)}{notices.WHAT_TO_DO}{SILENCE_REMEDY}" if silent else ""
            await _report(services, pulse.stage, text)
    if mine != ON_DEMAND:
        await _report(services, ON_DEMAND, missed_text(missed_s) if missed_s > MISSED_S else "")


async def _report(services: Services, stage: str, text: str) -> None:
    """Raise the notice about a stage with this text, or end it if there is none."""
    cause = f"silent-stage:{stage}"
    if text:
        await notices.raise_notice(services, cause, text)
    else:
        await notices.clear_notice(services, cause, f"The {stage} stage is working again.")


async def _missed_for_s(services: Services, found: Iterable[Pulse], now: datetime) -> float:
    """How long work has waited for the stage that works on demand while it is not there."""
    if any(pulse.stage == ON_DEMAND and is_there(pulse, now) for pulse in found):
        return 0.0
    now_ms = to_ms(now)
    _, since_ms = await articles.due_since(services.redis, now_ms)
    if since_ms is None or await pulses.drain_request(services.redis):
        return 0.0
    return (now_ms - since_ms) / 1000


def is_there(pulse: Pulse, now: datetime) -> bool:
    """Whether its process was heard from within a minute, and has not ended. Pure."""
    return pulse.state != "ended" and pulse.age_s(now) <= SILENT_S


def is_silent(pulse: Pulse, now: datetime) -> bool:
    """Whether a resident should have been heard from. Pure."""
    return pulse.stage != ON_DEMAND and pulse.age_s(now) > SILENT_S


def state_of(pulse: Pulse, now: datetime) -> str:
    """Its state as people see it: `silent`, or `idle` if it begins when work waits for it, or what it said last. Pure."""
    if is_silent(pulse, now):
        return "silent"
    return "idle" if pulse.stage == ON_DEMAND and not is_there(pulse, now) else pulse.state


def silence_text(pulse: Pulse, now: datetime) -> str:
    """What is wrong. Pure."""
    ended = (
        f" Its last shift ended: {pulse.note.rstrip('.')}." if pulse.state == "ended" and pulse.note else ""
    )
    return f"The {pulse.stage} stage has been silent for {pulse.age_s(now):.0f} s.{ended}"


def missed_text(waited_s: float) -> str:
    """Work waits for the stage that works on demand: what is wrong, and what to check. Pure."""
    return (
        f"Articles have waited for {waited_s:.0f} s, and nobody reads them. Is fetch_articles paused, is the scheduler up, is a "
        "slot free? poll_feeds starts it: does that work?"
    )


def is_slow(pulse: Pulse, now: datetime) -> bool:
    """Whether a resident that is not silent beats late, or its next shift begins late. Pure.

    A shift that ended for a reason is not slow: its DAG was paused, for example.
    """
    if state_of(pulse, now) in ("silent", "idle") or (pulse.state == "ended" and pulse.note):
        return False
    usual_s = BETWEEN_S if pulse.state == "ended" else LATE_S
    return pulse.late_since is not None or pulse.age_s(now) > usual_s


def worst_first(found: Iterable[Pulse], now: datetime) -> list[Pulse]:
    """Silent ones first, the longest silent before the others; then slow ones, then those whose last error is recent. Pure."""

    def trouble(pulse: Pulse) -> tuple[int, float]:
        if is_silent(pulse, now):
            return 0, -pulse.age_s(now)
        if is_slow(pulse, now):
            return 1, -pulse.age_s(now)
        error_s = (now - pulse.error_at).total_seconds() if pulse.error_at else RECENT_S
        return (2, error_s) if error_s < RECENT_S else (3, 0.0)

    return sorted(found, key=trouble)


def slowness_text(pulse: Pulse, now: datetime) -> str:
    """How it is slow. Pure."""
    heard = f"The {pulse.stage} stage was last heard from {pulse.age_s(now):.0f} s ago"
    if pulse.state == "ended":
        return f"{heard}, and its next shift has not begun."
    if pulse.late_since is not None:
        return f"The {pulse.stage} stage beats late: every {pulses.BEAT_S:.0f} s is usual, and more than {LATE_S:.0f} s passed."
    return f"{heard}; every {pulses.BEAT_S:.0f} s is usual."
