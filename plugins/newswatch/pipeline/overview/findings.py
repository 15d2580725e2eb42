"""What is not as it should be: raised notices, hand-overs that nobody works, queues that are held. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from newswatch.pipeline.backlog import Backlog
from newswatch.store import outbox
from newswatch.store.codec import from_ms

Level = Literal["error", "warning"]

LATE_S = 120.0
"""A hand-over that waits longer than this is stuck: every stage is woken within ten seconds."""
POLL_LATE_S = 300.0


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is not as it should be: what it is, what to do, where the runbook tells more."""

    cause: str
    level: Level
    what: str
    do: str
    runbook: str
    since: datetime | None = None


KINDS: Mapping[str, tuple[Level, str, str]] = {
    # cause up to its colon: level, what to do, section of the runbook
    "configuration": (
        "error",
        "Correct the places named, in the editor or in the files; alerts go on under the last good version.",
        "the-configuration-is-broken",
    ),
    "redis-memory": (
        "error",
        "Raise maxmemory or shorten NEWSWATCH_ITEM_RETENTION; polling goes on by itself.",
        "redis-is-nearly-full",
    ),
    "slack": (
        "error",
        "Check the connection newswatch_slack and Slack's own status page; all queues are kept.",
        "slack-takes-nothing",
    ),
    "channel": (
        "error",
        "Invite the bot into the channel, or correct its id in receivers.yaml; its queue is kept.",
        "a-channel-is-refused",
    ),
    "history": (
        "warning",
        "Give the bot the scope channels:history (groups:history for private channels).",
        "a-channels-history-cannot-be-read",
    ),
    "dead-letters": ("error", "Look at them under Delivery and try them again.", "dead-letters"),
    "double": (
        "warning",
        "Delete one of the two in Slack; nothing else is needed.",
        "a-message-was-posted-twice",
    ),
    "item-unmatched": (
        "warning",
        "It was set aside and the others went on; report it with its item id.",
        "an-item-could-not-be-matched",
    ),
    "feed": ("warning", "Correct or remove the feed in feeds.yaml.", "a-feed-is-given-up"),
    "stopped": ("warning", "Take the feed out of feeds.yaml, or give its new url.", "a-feed-is-stopped"),
    "silent": ("warning", "See whether the feed was abandoned or moved.", "a-feed-is-silent"),
    "moved": ("warning", "Put its new url into feeds.yaml.", "a-feed-moved"),
    "deadline": (
        "error",
        "Open the DAG's newest runs: red ones say why in their log, missing ones mean no scheduler.",
        "a-dag-is-late",
    ),
}
_OTHER: tuple[Level, str, str] = ("warning", "See the runbook.", "anything-else")


def finding_of(cause: str, notice: Mapping[str, str]) -> Finding:
    """A raised ops notice as a finding. Pure."""
    level, do, section = KINDS.get(cause.partition(":")[0], _OTHER)
    since = notice.get("since") or ""
    moment = from_ms(float(since)) if since.isdigit() and int(since) else None
    return Finding(cause, level, notice.get("text") or cause, do, section, moment)


def backlog_findings(backlog: Backlog) -> list[Finding]:
    """Hand-overs that nobody works. Pure."""
    found = []
    if backlog.oldest_item_age_s > LATE_S:
        found.append(
            Finding(
                "match-late",
                "error",
                f"{backlog.items} items wait for matching, the oldest for {span(backlog.oldest_item_age_s)}.",
                "See whether match_items runs: is it paused, is the scheduler up?",
                "items-wait-for-matching",
            )
        )
    if backlog.oldest_due_age_s > LATE_S:
        found.append(
            Finding(
                "deliver-late",
                "error",
                f"{backlog.due_messages} messages could go out and do not, the oldest for "
                f"{span(backlog.oldest_due_age_s)}.",
                "See whether deliver_alerts runs: is it paused, is the scheduler up?",
                "messages-wait-for-delivery",
            )
        )
    return found


def poll_finding(overdue_s: float) -> list[Finding]:
    """A feed that is due and not asked. Pure."""
    if overdue_s <= POLL_LATE_S:
        return []
    what = f"Feeds are not polled: the longest has been due for {span(overdue_s)}."
    do = "See whether poll_feeds runs: is it paused, is the scheduler up, does Redis have room?"
    return [Finding("poll-late", "error", what, do, "feeds-are-not-polled")]


def pause_findings(
    states: Iterable[outbox.ChannelState], workspace: outbox.Pause, now_ms: int
) -> list[Finding]:
    """Queues that are held on purpose. Pure."""
    found = []
    if workspace.until_ms > now_ms:
        what = f"Nothing is sent until {from_ms(workspace.until_ms):%H:%M:%S} UTC: {workspace.reason}"
        do = "If the reason names the token, correct the connection newswatch_slack; else wait."
        found.append(Finding("workspace-paused", "error", what, do, "slack-takes-nothing"))
    for state in states:
        if state.pause.until_ms > now_ms:
            until = f"{from_ms(state.pause.until_ms):%H:%M:%S} UTC"
            what = f"Channel {state.channel} is paused until {until}: {state.pause.reason}"
            do = "It goes on by itself; if the reason names the channel, invite the bot or correct the id."
            found.append(Finding(f"paused:{state.channel}", "warning", what, do, "a-channel-is-refused"))
    return found


def span(seconds: float) -> str:
    """A duration in its largest fitting unit."""
    whole = timedelta(seconds=int(max(seconds, 0)))
    for unit, size in (("days", 86_400), ("h", 3_600), ("min", 60)):
        if whole.total_seconds() >= size * (2 if unit == "days" else 1):
            return f"{whole.total_seconds() / size:.0f} {unit}"
    return f"{whole.total_seconds():.0f} s"


def count(number: int, one: str, many: str) -> str:
    """A number with its noun."""
    return f"{number:,} {one if number == 1 else many}"


def feeds_finding(counts: Mapping[str, int]) -> list[Finding]:
    """When half of the feeds and more bring nothing it is rarely the feeds: the way out is broken."""
    total = sum(counts.values())
    bad = sum(counts.get(state, 0) for state in ("failing", "refused", "given-up", "stopped"))
    if not bad or bad * 2 < total:
        return []
    what = f"{bad} of {total} feeds brought nothing when they were last polled."
    do = "Look at their last trouble under Feeds: one cause for many is the network, the proxy or DNS."
    return [Finding("feeds", "warning", what, do, "feeds")]
