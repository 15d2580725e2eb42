"""What the residents' pulses say about them: whether one is silent or slow, and reporting silence to ops."""

from __future__ import annotations

from datetime import datetime

from newswatch.pipeline.base import notices
from newswatch.pipeline.base.beats import LATE_S
from newswatch.pipeline.base.services import Services
from newswatch.store import pulses
from newswatch.store.client import redis_errors
from newswatch.store.pulses import Pulse

SILENT_S = 60.0
"""A stage that has not beaten for this long is reported by the others."""
BETWEEN_S = 30.0
"""How long a shift may take to follow the one before. Usually it is a few seconds."""


async def report_silence(services: Services, mine: str) -> None:
    """Notify ops of other residents that have stopped beating, and of their return."""
    now = services.clock()
    with redis_errors():
        found = await pulses.read(services.redis, pulses.resident_stages(services.settings.poll_shards))
    for pulse in found:
        if pulse.stage == mine:
            continue
        cause = f"silent-stage:{pulse.stage}"
        if is_silent(pulse, now):
            await notices.raise_notice(services, cause, silence_text(pulse, now))
        else:
            await notices.clear_notice(services, cause, f"The {pulse.stage} stage is working again.")


def is_silent(pulse: Pulse, now: datetime) -> bool:
    """Whether a resident should have been heard from. Pure."""
    return pulse.age_s(now) > SILENT_S


def silence_text(pulse: Pulse, now: datetime) -> str:
    """What is wrong, and what to check. Pure."""
    ended = f" Its last shift ended: {pulse.note}." if pulse.state == "ended" and pulse.note else ""
    return (
        f"The {pulse.stage} stage has been silent for {pulse.age_s(now):.0f} s.{ended} Is its DAG paused, is the scheduler "
        "up, is a slot free, is the machine overloaded?"
    )


def is_slow(pulse: Pulse, now: datetime) -> bool:
    """Whether a resident that is not silent beats late, or its next shift begins late. Pure.

    A shift that ended for a reason is not slow: its DAG was paused, for example.
    """
    if is_silent(pulse, now) or (pulse.state == "ended" and pulse.note):
        return False
    usual_s = BETWEEN_S if pulse.state == "ended" else LATE_S
    return pulse.late_since is not None or pulse.age_s(now) > usual_s


def slowness_text(pulse: Pulse, now: datetime) -> str:
    """How it is slow. Pure."""
    heard = f"The {pulse.stage} stage was last heard from {pulse.age_s(now):.0f} s ago"
    if pulse.state == "ended":
        return f"{heard}, and its next shift has not begun."
    if pulse.late_since is not None:
        return f"The {pulse.stage} stage beats late: every {pulses.BEAT_S:.0f} s is usual, and more than {LATE_S:.0f} s passed."
    return f"{heard}; every {pulses.BEAT_S:.0f} s is usual."
