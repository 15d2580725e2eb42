"""What the pipeline needs of the place that messages are sent to. `newswatch.slack` implements it.

A `Layout` says how a message looks and how much fits into it; it is pure. A `SenderAddress` opens a `Sender`,
which posts, updates and looks for messages. A sender judges each answer itself: it returns an `Outcome` and
never raises for faults of the other side or the network.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from datetime import datetime, timedelta
from typing import Protocol

from newswatch.models import Alert
from newswatch.sending import (
    ChannelName,
    Identity,
    Membership,
    Outcome,
    Outgoing,
    Page,
    Payload,
    SenderCheck,
)

NO_TOKEN = "No Slack token: set SLACK_BOT_TOKEN, or the connection newswatch_slack where Airflow is set up"  # noqa: S105 - it says how


class Layout(Protocol):
    """How messages look, and how much fits into one."""

    @property
    def most_items(self) -> int:
        """Items that a listing holds at most."""
        ...

    @property
    def most_room(self) -> int:
        """The room in one message, in characters."""
        ...

    @property
    def most_alert_ids(self) -> int:
        """Alerts that one message can name."""
        ...

    def room(self, alerts: Sequence[Alert]) -> int:
        """The room that one item takes, at most; `alerts` are the item's."""
        ...

    def render(self, outgoing: Outgoing) -> Payload:
        """The payload. Raises ValueError, TypeError or LookupError for a message that cannot be rendered."""
        ...


class Sender(Protocol):
    """An open connection. `thread_ts` and `ts` name messages that were posted before."""

    async def post(self, payload: Payload, *, thread_ts: str | None, broadcast: bool) -> Outcome:
        """Post once; never repeats by itself. `broadcast`: a reply that the whole channel sees."""
        ...

    async def update(self, channel: str, ts: str, payload: Payload) -> Outcome:
        """Replace a posted message; repeating it does no harm."""
        ...

    async def read(
        self, channel: str, *, since: datetime, thread_ts: str | None = None, cursor: str = ""
    ) -> Page:
        """One page of what is in the channel, or in a thread, since then, in one request."""
        ...

    async def ping(self) -> Outcome:
        """Whether the other side answers and lets us in. It changes nothing."""
        ...

    async def link(self, channel: str, ts: str) -> str:
        """Where people find a posted message."""
        ...

    @property
    def ahead(self) -> timedelta | None:
        """How far our clock is ahead of the other side's, None if that is not known yet."""
        ...

    async def identity(self) -> Identity | None:
        """Which workspace and bot messages are sent as; None if that cannot be asked now."""
        ...

    async def check(self, channels: Mapping[str, str]) -> Sequence[SenderCheck]:
        """What `newswatch doctor` reports. `channels` maps ids to the names that people gave them, or ""."""
        ...

    async def list_channels(self) -> Sequence[ChannelName] | Outcome:
        """The channels that we can see, by name; or why they cannot be listed."""
        ...

    async def membership(self, user_id: str) -> Membership:
        """Whether this is a full member of our workspace."""
        ...


class SenderAddress(Protocol):
    """How to reach the place that messages are sent to."""

    @property
    def timeout_s(self) -> float:
        """How long one request may take."""
        ...

    def open(self, timeout_s: float | None = None) -> AbstractAsyncContextManager[Sender]:
        """A sender, open while the context is."""
        ...
