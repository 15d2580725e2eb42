"""Alerts before they are placed: where the rule of each one sends it. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from newswatch.models import SEVERITIES, Alert

HIGH = SEVERITIES.index("high")


@dataclass(frozen=True, slots=True)
class Cap:
    """How many messages a rule may bring to a channel in `hour`, and the digest for the others.

    `channel_most` is for all rules together. Alerts of severity high are only limited by their rule's cap.
    """

    most: int
    hour: int
    due_ms: int
    heading: str
    channel_most: int
    channel_heading: str


@dataclass(frozen=True, slots=True)
class Candidate:
    """An alert, and where its own rule sends it.

    `each`: to its story's message, or a reply in that story's thread. `digest`: to the message that collects `group`
    until `due_ms`, under `heading`. `muted` names the mute that keeps it out of Slack.
    """

    alert: Alert
    kind: Literal["each", "digest"]
    group: str
    due_ms: int
    heading: str = ""
    threshold: tuple[int, int, int] | None = None
    """Held until this many stories from this many publishers came within this many ms."""
    muted: str | None = None
    cap: Cap | None = None
    doubtful: bool = False
    """The item has a high alert, and may not belong to the story that it joined."""

    @property
    def rank(self) -> int:
        """The severity as a number, higher is more severe."""
        return SEVERITIES.index(self.alert.severity)

    @property
    def surge(self) -> tuple[str, str]:
        """What identifies its rule's surge: rule and channel."""
        return self.alert.rule_id, self.alert.channel

    @property
    def hour(self) -> int:
        """The hour in which its messages are counted; 0 for one without a cap."""
        return self.cap.hour if self.cap else 0

    @property
    def rate(self) -> tuple[str, str, int]:
        """What its rule's messages are counted by: rule, channel and hour."""
        return self.alert.rule_id, self.alert.channel, self.hour

    @property
    def channel_rate(self) -> tuple[str, str, int]:
        """What the messages of all rules in its channel are counted by."""
        return "", self.alert.channel, self.hour

    @property
    def cap_story(self) -> str:
        """The story of the digest that takes it when its rule has reached its cap."""
        return f"cap:{self.alert.rule_id}:{self.hour}"

    @property
    def channel_cap_story(self) -> str:
        """The story of the digest that takes it when its channel has reached its cap."""
        return f"cap::{self.hour}"
