"""What each outcome means for a message, its channel and the workspace. Pure.

A message that never arrived is retried with backoff. One that may have arrived stays `sending` until
the history has been read; if that happens again and again, it waits longer each time, so that it does not hold up
others. A pause keeps the queue. Only a message that is refused for good becomes a dead letter. docs/architecture.md has
the table.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from newswatch.sending import Outcome, OutcomeKind

MOST_BACKOFF_S = 3_600.0
UNREADABLE_LOOKS = 5
"""After this many failed attempts to read the history, a message in doubt is sent again: late is better than lost."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """The consequences of one outcome.

    `message`: what happens to the message; `wait_s`: until it is looked at again. `alone`: it is posted on its
    own instead of in its thread. `pause`: which queue is held, for `pause_s`. `problem`: red, with this text, and an ops
    notice.
    """

    message: Literal["sent", "queued", "sending", "dead"]
    wait_s: float = 0.0
    attempt: bool = False
    minimal: bool = False
    alone: bool = False
    pause: Literal["none", "channel", "workspace"] = "none"
    pause_s: float = 0.0
    problem: str = ""


def backoff_s(tries: int, grace_s: float) -> float:
    """Seconds until the next try: from a sixtieth of the grace period, doubling, up to all of it."""
    return float(min(grace_s / 60 * 2.0 ** min(tries, 10), grace_s))


def long_backoff_s(tries: int, grace_s: float) -> float:
    """Seconds until the next try of a message that keeps failing while others pass: doubling, up to an hour."""
    return float(max(grace_s, min(grace_s * 2.0 ** min(tries, 10), MOST_BACKOFF_S)))


def judge(
    outcome: Outcome, *, tries: int, minimal: bool, grace_s: float, everywhere: bool = False
) -> Verdict:
    """What an answer to `chat.postMessage` leads to.

    `minimal`: it was the minimal-text resend. `everywhere`: other channels are asked to wait too.
    """
    if outcome.kind == "sent" and outcome.ts:
        return Verdict("sent")
    if outcome.kind in ("sent", "ambiguous"):
        return Verdict("sending", wait_s=long_backoff_s(tries, grace_s))
    if outcome.kind == "not_reached":
        return Verdict("queued", wait_s=backoff_s(tries, grace_s), attempt=True)
    if outcome.kind in ("ratelimited", "message_limit"):
        return _wait(outcome, everywhere=everywhere)
    if outcome.kind == "minimal" and not minimal:
        return Verdict("queued", minimal=True, attempt=True)
    if outcome.kind == "alone":
        return Verdict("queued", alone=True, attempt=True)
    if outcome.kind in ("later", "unknown"):
        return Verdict("queued", wait_s=long_backoff_s(tries, grace_s), attempt=True)
    if outcome.kind in _PAUSED:
        return Verdict("queued", pause=_PAUSED[outcome.kind], pause_s=grace_s, problem=outcome.message)
    return _refused(outcome)


_PAUSED: Mapping[OutcomeKind, Literal["channel", "workspace"]] = {
    "paused_channel": "channel",
    "paused_method": "workspace",
    "paused_workspace": "workspace",
}


WHOLE_APP = "rate_limited"
"""Slack's method reference, chat.postMessage: "Application has posted too many messages"."""


def _wait(outcome: Outcome, *, everywhere: bool) -> Verdict:
    if outcome.kind == "ratelimited":
        whole = everywhere or outcome.code == WHOLE_APP
        return Verdict(
            "queued", pause="workspace" if whole else "channel", pause_s=outcome.retry_after_s or 1.0
        )
    return Verdict("queued", pause="workspace", pause_s=outcome.retry_after_s or 300.0)


def _refused(outcome: Outcome) -> Verdict:
    plain = f"Slack refuses it as plain text too ({outcome.code})"
    return Verdict("dead", problem=plain if outcome.kind == "minimal" else outcome.message or outcome.code)
