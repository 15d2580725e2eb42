"""What delivery and a sender give each other: a message to be sent, what became of it, what was found. Plain data."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from newswatch.models import NO_MARKS, Alert, Marks, Message

Payload = Mapping[str, Any]
"""A rendered message. Only its layout and its sender know what is in it."""


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A message with everything that its layout depends on.

    `sources` maps feed ids to the names people know; `further` counts the publishers that are only in its
    thread, of a reply the others of its story; `headline` is the alert whose headline comes first; `buttons` says whether a listener receives clicks; `plain` asks for the smallest form.
    `mention` is the user group that it mentions, "" for none; `corrected` says what was corrected in its thread.
    """

    message: Message
    alerts: Sequence[Alert]
    sources: Mapping[str, str]
    now: datetime
    further: int = 0
    headline: Alert | None = None
    marks: Marks = NO_MARKS
    buttons: bool = False
    plain: bool = False
    receiver: str = ""
    """Whose channel it is, "" if that is not known."""
    pages: str = ""
    """The address of newswatch's pages, for links; "" if that is not known."""
    belongs_to: str = ""
    """The headline of the story that a reply may belong to, if that is not certain."""
    mention: str = ""
    corrected: str = ""


OutcomeKind = Literal[
    "sent",
    "not_reached",
    "ambiguous",
    "ratelimited",
    "message_limit",
    "minimal",
    "alone",
    "later",
    "unknown",
    "paused_channel",
    "paused_method",
    "paused_workspace",
    "failed",
]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one request to the place that messages are sent to.

    - `sent`: posted as `ts`.
    - `not_reached`: it never reached Slack; retry with backoff.
    - `ambiguous`: it may have been posted; look it up in history after the grace period.
    - `ratelimited`: pause the channel for `retry_after_s`; does not count as an attempt.
    - `message_limit`: pause the workspace for `retry_after_s`, fold the backlog.
    - `minimal`: this payload is refused; resend once as minimal text, then give up.
    - `alone`: the message cannot be a reply; post it on its own.
    - `later`: this message cannot be handled at the moment; try again with backoff.
    - `unknown`: refused for an unknown reason; try again later, behind the others.
    - `paused_channel`: nothing can be sent to this channel until someone acts.
    - `paused_method`: requests of this kind are refused until someone acts.
    - `paused_workspace`: nothing can be sent at all until someone acts.
    - `failed`: this message is refused for good (`code` says why); a dead letter.

    `code` is Slack's error string, or a short word for a network error. `message` is for people
    and says what to do. `parentless`: it was posted as a reply, and is in the channel itself, since the message above it
    was deleted.
    """

    kind: OutcomeKind
    ts: str | None = None
    code: str = ""
    retry_after_s: float | None = None
    message: str = ""
    parentless: bool = False

    @property
    def ok(self) -> bool:
        """Whether Slack did what was asked."""
        return self.kind == "sent"


@dataclass(frozen=True, slots=True)
class Posted:
    """One message of ours in a channel.

    `alert_ids` is None if the message does not say which alerts it holds. `latest_reply` is the ts of the newest
    reply in its thread, "" if it has none. `thread_ts` is the message that it is a reply to, "" for none.
    """

    message_id: str
    ts: str
    alert_ids: tuple[str, ...] | None
    latest_reply: str = ""
    thread_ts: str = ""


@dataclass(frozen=True, slots=True)
class Page:
    """One page of a channel or a thread: our messages in it.

    `cursor` leads to the next page; "" after the last one. `problem` says why the page could not be read.
    """

    posts: tuple[Posted, ...] = ()
    cursor: str = ""
    problem: Outcome | None = None


@dataclass(frozen=True, slots=True)
class Identity:
    """Whose token a sender has: the workspace and the bot, by id and by name."""

    team_id: str
    team: str
    bot_id: str
    bot: str

    @property
    def workspace(self) -> str:
        """The workspace for people."""
        return f"{self.team} ({self.team_id})" if self.team else self.team_id


@dataclass(frozen=True, slots=True)
class Membership:
    """Whether somebody is a full member of our workspace.

    `refusal` says for people why not, "" for a full member. `said` is False if the other side did not say who it is.
    """

    refusal: str = ""
    said: bool = True


CheckLevel = Literal["ok", "warning", "error"]


@dataclass(frozen=True, slots=True)
class ChannelName:
    """A channel as people know it. `member`: whether we may post there."""

    id: str
    name: str
    member: bool


@dataclass(frozen=True, slots=True)
class SenderCheck:
    """One thing examined: what it is, how it is, and what to do."""

    subject: str
    level: CheckLevel
    message: str
