"""Alerts for people: the state of each, and the whole life of one."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, get_args

from newswatch.models import Alert
from newswatch.pipeline.base.services import Services
from newswatch.quantity import quantity
from newswatch.store import messages, outbox
from newswatch.store.client import redis_errors
from newswatch.store.codec import to_ms
from newswatch.store.messages import Outline, StoredAlert, StoredMessage

State = Literal["queued", "held", "sending", "sent", "acknowledged", "muted", "withdrawn", "dead"]
STATES: tuple[State, ...] = get_args(State)

MOST_SOURCES = 100

_SOON_MS = 60_000


@dataclass(frozen=True, slots=True)
class AlertLine:
    """An alert, its state, why it waits if it does, and its message if there is one."""

    alert: Alert
    state: State
    why: str
    message: StoredMessage | None


def state_word(one: Outline, now_ms: int) -> State:
    """The state of an alert. Pure."""
    if one.muted:
        return "muted"
    if one.withdrawn:
        return "withdrawn"
    if not one.state:
        return "sent" if one.message_id else "held"  # a message past its retention was sent
    if one.state == "sent":
        return "acknowledged" if one.acknowledged else "sent"
    if one.state == "dead":
        return "dead"
    if one.state == "sending":
        return "sending"
    waits = one.kind == "digest" and one.due_ms is not None and one.due_ms > now_ms + _SOON_MS
    return "held" if waits else "queued"


def state_of(stored: StoredAlert, message: StoredMessage | None, now_ms: int) -> tuple[State, str]:
    """The state of an alert, and in words why it is not sent yet. Pure."""
    state = state_word(_outline(stored, message), now_ms)
    return state, _why(state, stored, message)


def _outline(stored: StoredAlert, message: StoredMessage | None) -> Outline:
    own = (stored.message_id, stored.muted, bool(stored.withdrawn))
    if message is None:
        return Outline(*own)
    due = message.delivery.due
    due_ms = to_ms(due) if due else None
    return Outline(*own, message.delivery.state, message.message.kind, due_ms, message.marks.ack is not None)


def _why(state: State, stored: StoredAlert, message: StoredMessage | None) -> str:
    if state == "muted":
        return "the rule was muted"
    if state == "withdrawn":
        return stored.withdrawn
    if message is None:
        if state == "sent":
            return "its message is past its retention"
        return "the rule's threshold has not been reached"
    delivery, ack = message.delivery, message.marks.ack
    if state == "acknowledged" and ack is not None:
        return f"by {ack.by}"
    if state == "sending":
        return "sent to Slack; waiting for its answer, or looking for it in the channel's history"
    if state == "held" and delivery.due:
        name = message.message.text or "Digest"
        return f"waits until {delivery.due:%d %b %H:%M} UTC for the digest “{name}”"
    return "" if state == "sent" else delivery.error


def line_of(stored: StoredAlert, message: StoredMessage | None, now_ms: int) -> AlertLine:
    """An alert with its state. Pure."""
    state, why = state_of(stored, message, now_ms)
    return AlertLine(stored.alert, state, why, message)


async def count_states(services: Services, most: int) -> Counter[State]:
    """How many of the newest alerts are in each state. Raises RedisUnavailable."""
    now_ms = to_ms(services.clock())
    with redis_errors():
        ids = await outbox.recent_alerts(services.redis, most)
        found = await messages.read_outlines(services.redis, ids)
    return Counter(state_word(one, now_ms) for one in found)


@dataclass(frozen=True, slots=True)
class Step:
    """One step in an alert's life. `at` is None for a step that has not come yet."""

    name: str
    at: datetime | None
    about: str
    dag_id: str = ""


@dataclass(frozen=True, slots=True)
class AlertLife:
    """One alert in full. `also` are the other alerts of its message, `thread` those in the story's replies."""

    line: AlertLine
    steps: tuple[Step, ...]
    also: tuple[Alert, ...]
    thread: tuple[Alert, ...]


async def read_life(services: Services, alert_id: str) -> AlertLife | None:
    """One alert with its story; None if there is no such alert. Raises RedisUnavailable."""
    with redis_errors():
        found = await messages.read_stored_alerts(services.redis, [alert_id])
        if not found:
            return None
        (stored,) = found
        message = await messages.read_message(services.redis, stored.message_id)
        line = line_of(stored, message, to_ms(services.clock()))
        also, thread = await _around(services, line)
    return AlertLife(line, life_steps(line), also, thread)


async def _around(services: Services, line: AlertLine) -> tuple[tuple[Alert, ...], tuple[Alert, ...]]:
    if line.message is None:
        return (), ()
    message = line.message.message
    ids = await messages.story_messages(services.redis, message.channel, message.story_id)
    story = await messages.read_messages(services.redis, [name for name in ids if name != message.id])
    own = [name for name in message.alert_ids if name != line.alert.id]
    others = [name for one in story.values() for name in one.message.alert_ids]
    wanted = [*own[:MOST_SOURCES], *others[:MOST_SOURCES]]
    stored = await messages.read_stored_alerts(services.redis, wanted)
    alerts = {one.alert.id: one.alert for one in stored}
    return tuple(alerts[n] for n in own if n in alerts), tuple(alerts[n] for n in others if n in alerts)


def life_steps(line: AlertLine) -> tuple[Step, ...]:
    """Published, seen, matched, queued, sent: each with its time and the DAG that did it. Pure."""
    alert, message = line.alert, line.message
    queued = message.message.created if message else None
    sent = message.delivery.sent if message and line.state != "withdrawn" else None
    revised = f"revision {alert.revision}" if alert.revision else "as first published"
    return (
        Step(
            "Published",
            alert.published,
            "the date in the feed" if alert.published else "the feed has no date",
        ),
        Step("Seen", alert.first_seen, f"in feed {alert.feed_id}", "poll_feeds"),
        Step("Matched", alert.matched, f"by rule {alert.rule_id}, {revised}", "match_items"),
        *(_unsent(line) if message is None and line.state != "sent" else ()),
        *(
            (
                Step("Queued", queued, _queued_about(line), "match_items" if queued else ""),
                Step("Sent", sent, _sent_about(line), "deliver_alerts" if sent else ""),
            )
            if line.state != "muted"
            else ()
        ),
        *_said(message),
    )


def _unsent(line: AlertLine) -> tuple[Step, ...]:
    """What became of an alert that is in no message. A muted one is never queued."""
    if line.state in ("muted", "held"):
        return (Step(line.state.capitalize(), line.alert.matched, line.why, "match_items"),)
    return ()


def _said(message: StoredMessage | None) -> list[Step]:
    """What readers did with the message's buttons."""
    if message is None:
        return []
    marks = message.marks
    named = (("Acknowledged", marks.ack), ("Muted", marks.mute), ("Marked not relevant", marks.irrelevant))
    said = [(name, mark) for name, mark in named if mark is not None and mark.on]
    return [
        Step(name, mark.at, f"by {mark.by}" + (f" until {mark.until:%d %b %H:%M} UTC" if mark.until else ""))
        for name, mark in sorted(said, key=lambda pair: pair[1].at)
    ]


def _queued_about(line: AlertLine) -> str:
    if line.message is None:
        return line.why
    message = line.message.message
    kind = {"story": "a message of its own story", "reply": "a reply in its story's thread"}
    return kind.get(message.kind, f"a {message.kind}") + f" for {message.channel}"


def _sent_about(line: AlertLine) -> str:
    if line.state == "withdrawn":
        return f"withdrawn: {line.why}"
    if line.message is None or line.state in ("sent", "acknowledged", "muted"):
        return ""
    tried = line.message.delivery.attempts
    attempts = f" after {quantity(tried, 'attempt')}" if tried else ""
    return f"{line.state}{attempts}{': ' + line.why if line.why else ''}"


def as_dict(line: AlertLine) -> dict[str, Any]:
    """An alert for machines."""
    alert, message = line.alert, line.message
    sent = message.delivery.sent if message else None
    return {
        "id": alert.id,
        "state": line.state,
        "why": line.why,
        "rule": alert.rule_id,
        "severity": alert.severity,
        "feed": alert.feed_id,
        "channel": alert.channel,
        "title": alert.title,
        "link": alert.link,
        "published": alert.published.isoformat() if alert.published else None,
        "first_seen": alert.first_seen.isoformat(),
        "matched": alert.matched.isoformat(),
        "acknowledged_by": message.marks.ack.by if message and message.marks.ack else None,
        "sent": sent.isoformat() if sent else None,
        "ts": message.delivery.ts if message else None,
        "message_id": message.id if message else None,
    }
