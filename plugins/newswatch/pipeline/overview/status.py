"""Is everything all right, in one sentence; and what is not, with what to do.

The findings come from the ops notices that the stages raise, from the queues and from the
schedule. Whoever knows more (Airflow's own state, say) hands further findings in.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

from newswatch.models import Bundle
from newswatch.pipeline.backlog import Backlog, read_backlog
from newswatch.pipeline.configure import in_force
from newswatch.pipeline.services import Services
from newswatch.store import archive, keys, notices, outbox
from newswatch.store.archive import Cursor
from newswatch.store.client import redis_errors
from newswatch.store.codec import from_ms, to_ms

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


@dataclass(frozen=True, slots=True)
class Figures:
    """The numbers beneath the sentence. Times are None for never."""

    feeds: int
    rules: int
    version: str
    items_waiting: int
    queued: int
    dead: int
    items_today: int
    alerts_today: int
    last_item_hours: tuple[int, ...]
    last_alert: datetime | None


@dataclass(frozen=True, slots=True)
class Status:
    """All of the first page."""

    now: datetime
    sentence: str
    findings: tuple[Finding, ...]
    figures: Figures

    @property
    def ok(self) -> bool:
        """Whether nobody has to act at once: warnings alone are fine."""
        return all(finding.level != "error" for finding in self.findings)


_KINDS: Mapping[str, tuple[Level, str, str]] = {
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
        "a-message-stands-twice",
    ),
    "item-unmatched": (
        "warning",
        "It was set aside and the others went on; report it with its item id.",
        "an-item-could-not-be-matched",
    ),
    "feed": ("warning", "Correct or remove the feed in feeds.yaml.", "a-feed-is-given-up"),
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
    level, do, section = _KINDS.get(cause.partition(":")[0], _OTHER)
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
                f"{backlog.items} items wait for matching, the oldest for {_span(backlog.oldest_item_age_s)}.",
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
                f"{_span(backlog.oldest_due_age_s)}.",
                "See whether deliver_alerts runs: is it paused, is the scheduler up?",
                "messages-wait-for-delivery",
            )
        )
    return found


def poll_finding(overdue_s: float) -> list[Finding]:
    """A feed that is due and not asked. Pure."""
    if overdue_s <= POLL_LATE_S:
        return []
    what = f"Feeds are not polled: the longest has been due for {_span(overdue_s)}."
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


def sentence_of(findings: Sequence[Finding], figures: Figures, now: datetime) -> str:
    """Everything in one sentence. Pure."""
    errors = sum(finding.level == "error" for finding in findings)
    if errors:
        more = len(findings) - errors
        also = f"; {_count(more, 'more is', 'more are')} worth a look" if more else ""
        return f"{_count(errors, 'thing needs', 'things need')} someone to act{also}."
    last = (
        f"the last alert came {_span((now - figures.last_alert).total_seconds())} ago"
        if figures.last_alert
        else ("no alert has come yet")
    )
    running = f"{_count(figures.feeds, 'feed', 'feeds')} watched by {_count(figures.rules, 'rule', 'rules')}, {last}"
    if findings:
        return f"News flows: {running}; {_count(len(findings), 'thing is', 'things are')} worth a look."
    return f"Everything is all right: {running}."


async def read_status(services: Services, further: Iterable[Finding] = ()) -> Status:
    """The whole of it. Raises RedisUnavailable."""
    now = services.clock()
    now_ms = to_ms(now)
    bundle = await in_force(services)
    backlog = await read_backlog(services)
    with redis_errors():
        active = await notices.active(services.redis)
        channels = await outbox.channels_with_queue(services.redis)
        states = await outbox.read_channels(services.redis, channels, most=1)
        workspace = await outbox.read_workspace_pause(services.redis)
        overdue_s = await _overdue_s(services, bundle, now_ms)
        figures = await _figures(services, bundle, backlog, now)
    findings = [
        *further,
        *_no_configuration(bundle, active),
        *(finding_of(cause, notice) for cause, notice in active.items()),
        *backlog_findings(backlog),
        *poll_finding(overdue_s),
        *pause_findings(states, workspace, now_ms),
        *_dead_finding(figures.dead, active),
    ]
    findings.sort(key=lambda finding: finding.level)
    return Status(now, sentence_of(findings, figures, now), tuple(findings), figures)


def _no_configuration(bundle: Bundle | None, active: Mapping[str, Any]) -> list[Finding]:
    if bundle is not None or "configuration" in active:
        return []
    do = "Run the DAG check_config; if it is red, its log lists what to correct."
    return [
        Finding(
            "configuration", "error", "No configuration is in force yet.", do, "the-configuration-is-broken"
        )
    ]


def _dead_finding(dead: int, active: Mapping[str, Any]) -> list[Finding]:
    if not dead or "dead-letters" in active:
        return []
    level, do, section = _KINDS["dead-letters"]
    return [
        Finding(
            "dead-letters",
            level,
            f"{_count(dead, 'message', 'messages')} could not be delivered.",
            do,
            section,
        )
    ]


async def _overdue_s(services: Services, bundle: Bundle | None, now_ms: int) -> float:
    if bundle is None or not bundle.feeds:
        return 0.0
    rows: Any = await services.redis.zrangebyscore(keys.FEEDS_DUE, 1, "+inf", start=0, num=1, withscores=True)
    return max(0.0, (now_ms - float(rows[0][1])) / 1000) if rows else 0.0


async def _figures(services: Services, bundle: Bundle | None, backlog: Backlog, now: datetime) -> Figures:
    redis, now_ms = services.redis, to_ms(now)
    newest: list[Cursor] = await archive.alerts_before(redis, None, 1)
    day_ago_ms = now_ms - 86_400_000
    hours = await archive.items_by_hour(redis, now_ms, 24)
    return Figures(
        feeds=len(bundle.feeds) if bundle else 0,
        rules=len(bundle.rules) if bundle else 0,
        version=bundle.label if bundle else "none",
        items_waiting=backlog.items,
        queued=sum((await outbox.queue_lengths(redis)).values()),
        dead=int(await redis.zcard(keys.DEAD)),
        items_today=sum(hours),
        alerts_today=int(await redis.zcount(keys.ALERTS, day_ago_ms, "+inf")),
        last_item_hours=tuple(hours),
        last_alert=from_ms(newest[0].matched_ms) if newest else None,
    )


def _span(seconds: float) -> str:
    whole = timedelta(seconds=int(max(seconds, 0)))
    for unit, size in (("days", 86_400), ("h", 3_600), ("min", 60)):
        if whole.total_seconds() >= size * (2 if unit == "days" else 1):
            return f"{whole.total_seconds() / size:.0f} {unit}"
    return f"{whole.total_seconds():.0f} s"


def _count(number: int, one: str, many: str) -> str:
    return f"{number:,} {one if number == 1 else many}"


def as_dict(status: Status) -> dict[str, Any]:
    """For monitors."""
    return {
        "ok": status.ok,
        "sentence": status.sentence,
        "checked": status.now.isoformat(),
        "findings": [
            {
                "cause": finding.cause,
                "level": finding.level,
                "what": finding.what,
                "do": finding.do,
                "runbook": finding.runbook,
                "since": finding.since.isoformat() if finding.since else None,
            }
            for finding in status.findings
        ],
        "figures": {
            "feeds": status.figures.feeds,
            "rules": status.figures.rules,
            "version": status.figures.version,
            "items_waiting": status.figures.items_waiting,
            "messages_queued": status.figures.queued,
            "dead_letters": status.figures.dead,
            "items_24h": status.figures.items_today,
            "alerts_24h": status.figures.alerts_today,
        },
    }
