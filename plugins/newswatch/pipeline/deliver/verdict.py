"""What each outcome means for a message, its channel and the workspace. Pure.

A message that never arrived is retried with backoff. One that may have arrived stays `sending` until
the history has been read. A pause keeps the queue. Only a message that is refused for good becomes a dead
letter. docs/architecture.md has the table.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from newswatch.sending import Outcome

UNREADABLE_LOOKS = 5
"""After this many failed attempts to read the history, a message in doubt is sent again: late is better than lost."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """The consequences of one outcome.

    `message`: what happens to the message; `wait_s`: until it is looked at again. `pause`: whose
    queue is held, for `pause_s`. `problem`: red, with this text, and an ops notice.
    """

    message: Literal["sent", "queued", "sending", "dead"]
    wait_s: float = 0.0
    attempt: bool = False
    minimal: bool = False
    pause: Literal["none", "channel", "workspace"] = "none"
    pause_s: float = 0.0
    problem: str = ""


def backoff_s(tries: int, grace_s: float) -> float:
    """Seconds until the next try: from a sixtieth of the grace period, doubling, up to all of it."""
    return float(min(grace_s / 60 * 2.0 ** min(tries, 10), grace_s))


def judge(outcome: Outcome, *, tries: int, minimal: bool, grace_s: float) -> Verdict:
    """What an answer to `chat.postMessage` leads to. `minimal`: it was the minimal-text resend."""
    if outcome.kind == "sent" and outcome.ts:
        return Verdict("sent")
    if outcome.kind in ("sent", "ambiguous"):
        return Verdict("sending", wait_s=grace_s)
    if outcome.kind == "not_reached":
        return Verdict("queued", wait_s=backoff_s(tries, grace_s), attempt=True)
    if outcome.kind == "ratelimited":
        return Verdict("queued", pause="channel", pause_s=outcome.retry_after_s or 1.0)
    if outcome.kind == "message_limit":
        return Verdict("queued", pause="workspace", pause_s=outcome.retry_after_s or 300.0)
    if outcome.kind == "minimal" and not minimal:
        return Verdict("queued", minimal=True, attempt=True)
    if outcome.kind in ("paused_channel", "paused_workspace"):
        whose: Literal["channel", "workspace"] = (
            "channel" if outcome.kind == "paused_channel" else "workspace"
        )
        return Verdict("queued", pause=whose, pause_s=grace_s, problem=outcome.message)
    plain = f"Slack refuses it as plain text too ({outcome.code})"
    return Verdict("dead", problem=plain if outcome.kind == "minimal" else outcome.message or outcome.code)
