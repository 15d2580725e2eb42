"""Reminds a channel of a high alert that nobody acknowledged: once, in its thread, shown in the channel too."""

from __future__ import annotations

from newswatch.models import Ruleset
from newswatch.pipeline.deliver.run_state import DeliveryRun
from newswatch.store import messages, reminders


def remind_after_s(bundle: Ruleset, channel: str) -> float | None:
    """After how long a channel is reminded, None for never; the shortest if receivers share it. Pure."""
    found = [r.remind_after_s for r in bundle.receivers if r.channel == channel]
    return min((after_s for after_s in found if after_s is not None), default=None)


def reminder_text(after_s: float) -> str:
    """What a reminder says. Pure."""
    minutes = max(round(after_s / 60), 1)
    length = f"{minutes} min" if minutes < 120 else f"{round(minutes / 60)} h"
    return f"No one has acknowledged this alert for {length}."


async def queue_reminders(run: DeliveryRun) -> None:
    """Queue the reminders that are due. Drop those of channels that no longer want any."""
    redis = run.services.redis
    found = await messages.read_readable(redis, await reminders.due(redis, run.now_ms()))
    for name, stored in found.items():
        after_s = remind_after_s(run.bundle, stored.message.channel)
        await reminders.remind(redis, name, "" if after_s is None else reminder_text(after_s), run.now_ms())
