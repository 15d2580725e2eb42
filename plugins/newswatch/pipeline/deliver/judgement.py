"""Whether an alert that was queued is still to be sent, and whether now. Pure.

An alert was right when it was matched. Until its turn comes its rule may be removed or muted, its receiver may get
another channel, and quiet hours may begin. An alert that is no longer wanted is withdrawn; one that comes in quiet
hours waits for their end.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Literal

from newswatch.models import Alert, Receiver, Rule, Ruleset
from newswatch.pipeline.base.routing import excepted, quiet_end, receivers_named
from newswatch.store.mutes import EVERYWHERE, Mute, muted_by

Cause = Literal["rule", "route", "muted", "dropped"]
RETURNING: tuple[Cause, ...] = ("rule", "route")
"""Alerts withdrawn for these causes return if the rule or the route does. Those that a mute suppressed do not."""


@dataclass(frozen=True, slots=True)
class Objection:
    """Why an alert is not sent. `mute` names the mute that suppresses it, "" for another cause."""

    cause: Cause
    reason: str
    mute: str = ""


@dataclass(frozen=True)
class Conditions:
    """What an alert has to satisfy at its turn: the configuration in force and the mutes."""

    bundle: Ruleset
    mutes: Sequence[Mute] = field(default=())

    @cached_property
    def rules(self) -> Mapping[str, Rule]:
        """The rules in force by id."""
        return {rule.id: rule for rule in self.bundle.rules}

    @cached_property
    def fingerprint(self) -> str:
        """The same for the same conditions."""
        lasting = "\n".join(f"{mute.name} {mute.until.isoformat()}" for mute in self.mutes)
        return f"{self.bundle.label} {hashlib.sha256(lasting.encode()).hexdigest()[:16]}"

    def receivers(self, rule: Rule, channel: str) -> list[Receiver]:
        """The rule's receivers in this channel."""
        named = receivers_named(self.bundle.receivers, rule.notify)
        return [receiver for receiver in named if receiver.channel == channel]


def objection(
    alert: Alert, conditions: Conditions, now: datetime, *, routed: bool = True
) -> Objection | None:
    """Why the alert is not to be sent any more; None if it is. `routed`: its channel must still be the rule's."""
    rule = conditions.rules.get(alert.rule_id)
    if rule is None:
        return Objection("rule", f"rule {alert.rule_id} was removed from the watchlist")
    if rule.expires is not None and rule.expires < now.date().isoformat():
        return Objection("rule", f"rule {rule.id} expired on {rule.expires}")
    if routed and not conditions.receivers(rule, alert.channel):
        return Objection("route", f"rule {rule.id} no longer notifies {alert.channel}")
    name = muted_by(list(conditions.mutes), rule.id, alert.channel, now)
    if name is None:
        return None
    mute = next(one for one in conditions.mutes if one.name == name)
    where = "everywhere" if mute.channel == EVERYWHERE else f"in {mute.channel}"
    until = f"{mute.until:%Y-%m-%d %H:%M} UTC"
    return Objection("muted", f"rule {rule.id} is muted {where} until {until} by {mute.by}", name)


def quiet_until(alert: Alert, conditions: Conditions, now: datetime) -> datetime | None:
    """When the quiet hours end that hold this alert back; None if it may be sent now.

    If receivers share the channel, the earliest end counts. A receiver with digests gets them at its own time, even in quiet
    hours.
    """
    rule = conditions.rules.get(alert.rule_id)
    ends = []
    for receiver in conditions.receivers(rule, alert.channel) if rule else ():
        quiet = None if receiver.mode == "digest" else receiver.quiet
        end = None if excepted(quiet, alert.severity) else quiet_end(quiet, now)
        if end is None:
            return None
        ends.append(end)
    return min(ends, default=None)


def held_until(alerts: Sequence[Alert], conditions: Conditions, now: datetime) -> datetime | None:
    """When a message with these alerts may be sent; None for now. It is sent once one of them may be."""
    ends = [quiet_until(alert, conditions, now) for alert in alerts]
    known = [end for end in ends if end is not None]
    return min(known) if known and len(known) == len(ends) else None
