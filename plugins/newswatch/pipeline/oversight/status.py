"""Is everything all right, in one sentence, and if not, what to do.

The findings come from the ops notices that the stages raise, from the queues and from the schedule. A caller that
knows more (about Airflow, for example) adds findings of its own.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Literal

from newswatch.errors import RedisFull, RedisRefused, RedisUnavailable
from newswatch.models import Bundle
from newswatch.pipeline.base.configuration import in_force
from newswatch.pipeline.base.services import Services
from newswatch.pipeline.base.silence import state_of
from newswatch.pipeline.oversight.backlog import Backlog, read_backlog
from newswatch.pipeline.oversight.feeds import counted, read_statuses
from newswatch.pipeline.oversight.findings import (
    KINDS,
    Finding,
    feeds_finding,
    finding_of,
    outage_findings,
    pause_findings,
    silence_findings,
    slowness_findings,
    span,
    standstill_findings,
    unread_of,
)
from newswatch.pipeline.oversight.standstill import read_polling, sampled, standstills
from newswatch.quantity import quantity
from newswatch.residents import resident_stages
from newswatch.store import archive, breaker, keys, notices, outbox, pulses
from newswatch.store.archive import Cursor
from newswatch.store.client import redis_errors
from newswatch.store.codec import from_ms, to_ms
from newswatch.store.pulses import Pulse
from newswatch.store.server import try_writing

_RED = "a-run-is-red"
_REASONS: Mapping[str, frozenset[str]] = {
    "dag:check_config": frozenset({"configuration"}),
    "dag:deliver_alerts": frozenset({"slack", "slack-away", "channel", "workspace"}),
}
"""The kinds of notices that say why a run of this DAG is red."""
_FIRST_START = "Correct them in the editor or in the files. Until then nothing is polled."


@dataclass(frozen=True, slots=True)
class Figures:
    """The numbers below the sentence. Times are None for never."""

    feeds: int
    rules: int
    version: str
    items_waiting: int
    oldest_item_s: float
    """How long the oldest of them has waited."""
    queued: int
    dead: int
    items_today: int
    alerts_today: int
    last_item_hours: tuple[int, ...]
    last_alert: datetime | None
    unread: int = 0
    """Feeds that could not be read when last polled. Of many feeds it is an estimate, from a sample."""


@dataclass(frozen=True, slots=True)
class Status:
    """Everything on the first page."""

    now: datetime
    sentence: str
    findings: tuple[Finding, ...]
    figures: Figures
    residents: tuple[Pulse, ...] = ()
    """The residents, as they were last heard from."""

    @property
    def ok(self) -> bool:
        """Whether nothing needs immediate action. Warnings alone are fine."""
        return all(finding.level != "error" for finding in self.findings)

    @property
    def state(self) -> Literal["ok", "late", "failing"]:
        """`late`: everything works, but slower than usual, and nothing else needs action. `failing`: something does."""
        if any(finding.level == "error" and not finding.late for finding in self.findings):
            return "failing"
        return "late" if self.late else "ok"

    @property
    def late(self) -> tuple[str, ...]:
        """The stages that work, but late."""
        return late_stages(self.findings)


def late_stages(findings: Iterable[Finding]) -> tuple[str, ...]:
    """The stages that work, but late, each once. Pure."""
    return tuple(dict.fromkeys(finding.late for finding in findings if finding.late))


def sentence_of(findings: Sequence[Finding], figures: Figures, now: datetime) -> str:
    """The findings in one sentence. Pure."""
    errors = sum(finding.level == "error" for finding in findings)
    late = late_stages(findings)
    only_late = late and all(finding.late for finding in findings if finding.level == "error")
    if errors:
        more = len(findings) - errors
        also = f"; {quantity(more, 'more is', 'more are')} worth a look" if more else ""
        action = f"{quantity(errors, 'problem needs', 'problems need')} action{also}."
        return f"{_late_sentence(late)} {action}" if only_late else action
    if only_late:
        return _late_sentence(late)
    last = (
        f"the last alert came {span((now - figures.last_alert).total_seconds())} ago"
        if figures.last_alert
        else "no alert has come yet"
    )
    unread = f" ({figures.unread:,} cannot be read at the moment)" if figures.unread else ""
    running = (
        f"{quantity(figures.feeds, 'feed')}{unread} watched by {quantity(figures.rules, 'rule')}, {last}"
    )
    if findings:
        return f"newswatch is working: {running}; {quantity(len(findings), 'thing is', 'things are')} worth a look."
    if unread:
        return f"newswatch is working: {running}."
    return f"Everything is all right: {running}."


def _late_sentence(stages: Sequence[str]) -> str:
    named = " and ".join([", ".join(stages[:-1]), stages[-1]] if len(stages) > 1 else stages)
    slow = "stage is slow" if len(stages) == 1 else "stages are slow"
    return f"newswatch is late: the {named} {slow}. Alerts come later than usual; none is lost."


async def read_status(
    services: Services, further: Iterable[Finding] = (), begun: Mapping[str, datetime] | None = None
) -> Status:
    """Read everything. `begun`: when Airflow last began a task of each DAG, if known. Raises RedisUnavailable."""
    now = services.clock()
    now_ms = to_ms(now)
    bundle = await in_force(services)
    backlog = await read_backlog(services)
    receivers = bundle.receivers if bundle else ()
    polling = await read_polling(services, bundle)
    with redis_errors():
        active = await notices.active(services.redis)
        channels = await outbox.channels_with_queue(services.redis)
        states = await outbox.read_channels(services.redis, channels, most=1)
        workspace = await outbox.read_workspace_pause(services.redis)
        residents = await pulses.read(services.redis, resident_stages(services.settings.poll_shards))
        away = await breaker.read(services.redis)
        figures = await _figures(services, bundle, backlog, now)
    states_of_feeds = await _states_of_feeds(services, bundle)
    figures = replace(figures, unread=_unread(states_of_feeds, figures.feeds))
    still = standstills(backlog, polling, now, residents)
    findings = [
        *await _refused_writes(services),
        *_unexplained(further, active),
        *_no_configuration(bundle, active),
        *(_raised(cause, notice, bundle) for cause, notice in active.items() if not _is_read_again(cause)),
        *outage_findings(away, figures.queued),
        *standstill_findings(still),
        *silence_findings(residents, now, begun or {}),
        *slowness_findings(residents, now),
        *(
            one
            for one in pause_findings(states, workspace, receivers, now_ms)
            if not _is_reported(one, active)
        ),
        *feeds_finding(states_of_feeds),
        *_dead_finding(figures.dead, active),
    ]
    findings.sort(key=lambda finding: finding.level)
    return Status(now, sentence_of(findings, figures, now), tuple(findings), figures, tuple(residents))


async def _refused_writes(services: Services) -> list[Finding]:
    """What is wrong with a Redis that can be read and not written to. That it is full, the stage that polls reports."""
    try:
        await try_writing(services.redis)
    except RedisFull:
        return []
    except (RedisUnavailable, RedisRefused) as error:
        level, do, section = KINDS["redis-writes"]
        return [Finding("redis-writes", level, f"{error}.", do, section)]
    return []


def _unexplained(further: Iterable[Finding], active: Mapping[str, Any]) -> list[Finding]:
    """Without the red runs for which a notice gives the reason. Pure."""
    kinds = {cause.partition(":")[0] for cause in active}
    return [one for one in further if one.runbook != _RED or not kinds & _REASONS.get(one.cause, frozenset())]


def _raised(cause: str, notice: Mapping[str, str], bundle: Bundle | None) -> Finding:
    """A notice as a finding. With nothing in force, no alerts continue. Pure."""
    found = finding_of(cause, notice)
    return replace(found, do=_FIRST_START) if cause == "configuration" and bundle is None else found


def _is_read_again(cause: str) -> bool:
    """Whether what a notice says is known better from elsewhere. Pure."""
    return cause == "slack-away" or cause.startswith("silent-stage:")


def _is_reported(pause: Finding, active: Mapping[str, Any]) -> bool:
    """Whether a raised notice already reports this paused channel, or why nothing is sent at all. Pure."""
    kind, _, channel = pause.cause.partition(":")
    if pause.cause == "workspace-paused":
        return "slack" in active
    return kind == "paused" and f"channel:{channel}" in active


async def _states_of_feeds(services: Services, bundle: Bundle | None) -> dict[str, int]:
    """How many feeds, or how many of a sample of many, are in each state."""
    if bundle is None:
        return {}
    sample = replace(bundle, feeds=tuple(sampled(bundle.feeds)))
    return counted(await read_statuses(services, sample))


def _unread(states: Mapping[str, int], feeds: int) -> int:
    """How many of so many feeds cannot be read, if the others are as those that were counted. Pure."""
    seen = sum(states.values())
    return round(unread_of(states) * feeds / seen) if seen else 0


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
    level, _, section = KINDS["dead-letters"]
    return [
        Finding(
            "dead-letters",
            level,
            f"{quantity(dead, 'message')} could not be delivered.",
            "Look at them under Delivery and retry them.",
            section,
        )
    ]


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
        oldest_item_s=backlog.oldest_item_age_s,
        queued=sum((await outbox.queue_lengths(redis)).values()),
        dead=int(await redis.zcard(keys.DEAD)),
        items_today=sum(hours),
        alerts_today=int(await redis.zcount(keys.ALERTS, day_ago_ms, "+inf")),
        last_item_hours=tuple(hours),
        last_alert=from_ms(newest[0].matched_ms) if newest else None,
    )


def as_dict(status: Status) -> dict[str, Any]:
    """For monitors."""
    return {
        "ok": status.ok,
        "state": status.state,
        "late": list(status.late),
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
            "feeds_unread": status.figures.unread,
            "rules": status.figures.rules,
            "version": status.figures.version,
            "items_waiting": status.figures.items_waiting,
            "messages_queued": status.figures.queued,
            "dead_letters": status.figures.dead,
            "items_24h": status.figures.items_today,
            "alerts_24h": status.figures.alerts_today,
        },
        "residents": [
            {
                "stage": one.stage,
                "state": state_of(one, status.now),
                "since": one.since.isoformat(),
                "heard": one.at.isoformat(),
                "work": one.work.isoformat() if one.work else None,
                "note": one.note,
                "error": one.error,
                "error_at": one.error_at.isoformat() if one.error_at else None,
            }
            for one in status.residents
        ],
    }
