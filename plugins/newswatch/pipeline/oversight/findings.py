"""Problems: notices that were raised, stages that do nothing or are silent, outages, paused queues. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from newswatch.models import Receiver
from newswatch.pipeline.base.notices import WHAT_TO_DO
from newswatch.pipeline.base.routing import named_channel
from newswatch.pipeline.base.silence import (
    SILENCE_REMEDY,
    SILENT_S,
    is_silent,
    is_slow,
    silence_text,
    slowness_text,
)
from newswatch.pipeline.oversight.standstill import Stage, Standstill, dag_of
from newswatch.quantity import quantity
from newswatch.store import outbox
from newswatch.store.breaker import BreakerState
from newswatch.store.codec import from_ms
from newswatch.store.pulses import Pulse

Level = Literal["error", "warning"]


@dataclass(frozen=True, slots=True)
class Finding:
    """One problem: what it is, what to do, and the section of the runbook.

    `do` is "" if the notice's own text ends with what to do.
    """

    cause: str
    level: Level
    what: str
    do: str
    runbook: str
    since: datetime | None = None
    late: str = ""
    """The stage that works, but late; "" for every other problem."""


LOST_S = 300.0
"""A stage that is silent for longer is not just late: Airflow starts a task again that did not start within this time."""

KINDS: Mapping[str, tuple[Level, str, str]] = {
    # cause up to its colon: level, what to do ("": each of its notices says it), section of the runbook
    "configuration": (
        "error",
        "Correct them in the editor or in the files.",
        "the-configuration-is-broken",
    ),
    "configuration-origin": ("warning", "", "two-copies-of-the-configuration-differ"),
    "redis-memory": ("error", "", "redis-is-nearly-full"),
    "redis-full": ("error", "", "redis-is-nearly-full"),
    "redis-writes": (
        "error",
        "Until then no stage can work, and this page may be out of date. Nothing is lost.",
        "redis-is-away",
    ),
    "redis-eviction": (
        "error",
        "Set it in the file of Redis too. A full Redis then refuses new items, and deletes nothing.",
        "redis-may-delete-data",
    ),
    "slack": ("error", "", "slack-takes-nothing"),
    "workspace": ("error", "", "the-token-is-for-another-workspace"),
    "workspace-bot": ("warning", "", "the-token-is-for-another-workspace"),
    "slack-away": (
        "error",
        "Nothing can be sent. Check Slack's status page, the network and the proxy; sending resumes automatically.",
        "slack-is-away",
    ),
    "wait": (
        "warning",
        "Nothing has to be done: it resumes automatically.",
        "slack-asks-for-a-long-wait",
    ),
    "behind": (
        "warning",
        "Look at the channel's queue under Delivery: does it get more than one alert a second?",
        "a-channel-is-behind",
    ),
    "clock": (
        "warning",
        "Set the clocks by NTP. Times in messages and quiet hours depend on them.",
        "a-clock-is-wrong",
    ),
    "answer": (
        "warning",
        "The message is tried again at growing intervals. Look up the code in Slack's method reference.",
        "an-answer-that-newswatch-does-not-know",
    ),
    "unclear": (
        "warning",
        "See Slack's status page; if it lasts, look the message up under Alerts and report it.",
        "a-message-gets-no-clear-answer",
    ),
    "undecided": (
        "warning",
        "Look at the linked messages, and delete what is posted twice.",
        "messages-that-do-not-name-their-alerts",
    ),
    "channel": ("error", "", "a-channel-is-refused"),
    "history": (
        "warning",
        "Give the bot the scope channels:history (groups:history for private channels).",
        "a-channels-history-cannot-be-read",
    ),
    "dead-letters": ("error", "", "dead-letters"),
    "double": (
        "warning",
        "Delete one of the two in Slack; nothing else is needed.",
        "a-message-was-posted-twice",
    ),
    "item-unmatched": (
        "warning",
        "The others were matched. Look at it under Delivery, report the error, and retry it after an upgrade.",
        "an-item-could-not-be-matched",
    ),
    "feed": ("warning", "", "a-feed-is-given-up"),
    "stopped": ("warning", "", "a-feed-is-stopped"),
    "silent": ("warning", "", "a-feed-is-silent"),
    "unread": ("warning", "", "a-feed-has-unreadable-entries"),
    "fallback": ("warning", "", "a-feed-is-read-from-a-fallback"),
    "gap": ("warning", "", "a-feed-has-a-gap"),
    "layout": ("warning", "", "a-feed-has-another-layout"),
    "moved": ("warning", "", "a-feed-moved"),
    "silent-stage": (
        "error",
        f"{SILENCE_REMEDY[:1].upper()}{SILENCE_REMEDY[1:]} Work waits in Redis, nothing is lost.",
        "a-stage-is-silent",
    ),
    "slow-stage": (
        "warning",
        "Nothing is lost, but alerts come late. If it lasts, give the machine more processor time; docs/operations.md has sizes.",
        "a-stage-is-slow",
    ),
    "slots": (
        "error",
        "A setting needs a restart of the scheduler or the workers; a pool does not.",
        "a-task-gets-no-slot",
    ),
    "deadline": ("error", "", "a-dag-is-late"),
}
_STANDSTILLS: Mapping[Stage, str] = {
    # stage: section of the runbook
    "poll": "feeds-are-not-polled",
    "match": "items-wait-for-matching",
    "articles": "articles-wait-to-be-read",
    "deliver": "messages-wait-for-delivery",
}
_AGAIN = "Sending is tried again then."
_OTHER: tuple[Level, str, str] = ("warning", "See the runbook.", "anything-else")


def finding_of(cause: str, notice: Mapping[str, str]) -> Finding:
    """A raised ops notice as a finding. Pure."""
    level, do, section = KINDS.get(cause.partition(":")[0], _OTHER)
    since = notice.get("since") or ""
    moment = from_ms(float(since)) if since.isdigit() and int(since) else None
    text = notice.get("text") or cause
    if WHAT_TO_DO in text:
        text, _, advice = text.rpartition(WHAT_TO_DO)
        do = advice[:1].upper() + advice[1:]
    return Finding(cause, level, text, do, section, moment)


def standstill_findings(found: Iterable[Standstill]) -> list[Finding]:
    """Stages that do nothing while work waits, or are behind, as findings. Pure."""
    return [
        Finding(
            f"{one.stage}-late",
            "error" if one.urgent else "warning",
            one.what,
            one.do,
            _STANDSTILLS[one.stage],
            one.since,
            late=one.stage if one.behind else "",
        )
        for one in found
    ]


def outage_findings(away: BreakerState, waiting: int) -> list[Finding]:
    """An outage of Slack as a finding: since when, and how many messages wait. Pure."""
    if not away.is_open:
        return []
    level, do, section = KINDS["slack-away"]
    since = from_ms(away.away_since_ms)
    wait = quantity(waiting, "message waits", "messages wait")
    what = f"Slack has been away since {since:%H:%M} UTC, {wait}: {away.why}."
    return [Finding("slack-away", level, what, do, section, since)]


def silence_findings(
    residents: Sequence[Pulse], now: datetime, begun: Mapping[str, datetime]
) -> list[Finding]:
    """Residents that should have been heard from, as findings. `begun`: when Airflow last began a task of each DAG. Pure.

    One that is silent for a few minutes is late if others are at work, or if Airflow has begun its task since: that is
    being started on a busy machine.
    """
    level, do, section = KINDS["silent-stage"]
    some_at_work = any(one.age_s(now) <= SILENT_S for one in residents)
    found = []
    for one in residents:
        if is_silent(one, now):
            ended = one.state == "ended" and one.note
            again = begun.get(dag_of(one.stage))
            starting = again is not None and again > one.at
            late = (some_at_work or starting) and not ended and one.age_s(now) <= LOST_S
            cause, text = f"silent-stage:{one.stage}", silence_text(one, now)
            if again is not None and starting:
                text += f" Airflow began its next task at {again:%H:%M:%S} UTC."
            found.append(Finding(cause, level, text, do, section, one.at, late=one.stage if late else ""))
    return found


def slowness_findings(residents: Iterable[Pulse], now: datetime) -> list[Finding]:
    """Residents that beat late, or whose next shift begins late, as findings. Pure."""
    level, do, section = KINDS["slow-stage"]
    return [
        Finding(
            f"slow-stage:{one.stage}",
            level,
            slowness_text(one, now),
            do,
            section,
            one.late_since or one.at,
            late=one.stage,
        )
        for one in residents
        if is_slow(one, now)
    ]


def pause_findings(
    states: Iterable[outbox.ChannelState],
    workspace: outbox.Pause,
    receivers: Sequence[Receiver],
    now_ms: int,
) -> list[Finding]:
    """Pauses of channels and of the workspace, as findings. Pure."""
    found = []
    if workspace.until_ms > now_ms:
        what = f"Nothing is sent until {from_ms(workspace.until_ms):%H:%M:%S} UTC: {workspace.reason}"
        found.append(Finding("workspace-paused", "error", what, _AGAIN, "slack-takes-nothing"))
    for state in states:
        if state.pause.until_ms > now_ms:
            until = f"{from_ms(state.pause.until_ms):%H:%M:%S} UTC"
            what = f"Channel {named_channel(state.channel, receivers)} is paused until {until}: {state.pause.reason}"
            found.append(Finding(f"paused:{state.channel}", "warning", what, _AGAIN, "a-channel-is-refused"))
    return found


def span(seconds: float) -> str:
    """A duration in its largest fitting unit."""
    whole = timedelta(seconds=int(max(seconds, 0)))
    for unit, size in (("days", 86_400), ("h", 3_600), ("min", 60)):
        if whole.total_seconds() >= size * (2 if unit == "days" else 1):
            return f"{whole.total_seconds() / size:.0f} {unit}"
    return f"{whole.total_seconds():.0f} s"


def unread_of(counts: Mapping[str, int]) -> int:
    """How many of the feeds in these states could not be read when last polled. Pure."""
    return sum(
        counts.get(state, 0) for state in ("failing", "refused", "layout-changed", "given-up", "stopped")
    )


def feeds_finding(counts: Mapping[str, int]) -> list[Finding]:
    """If half of the feeds or more fail, the cause is usually the network, not the feeds. Pure."""
    total = sum(counts.values())
    bad = unread_of(counts)
    if not bad or bad * 2 < total:
        return []
    what = f"{bad:,} of {quantity(total, 'feed')} failed when last polled."
    do = "Look at their last errors under Feeds. If many have the same one, the cause is the network, the proxy or DNS."
    return [Finding("feeds", "warning", what, do, "feeds")]
