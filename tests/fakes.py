"""Fakes that behave: in memory, and held to the same tests as the real thing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from newswatch.models import Alert
from newswatch.sending import (
    ChannelName,
    Identity,
    Membership,
    Outcome,
    Outgoing,
    Page,
    Payload,
    Posted,
    SenderCheck,
)


@dataclass
class FakePost:
    channel: str
    ts: str
    payload: Payload
    thread_ts: str | None
    broadcast: bool
    at: datetime


@dataclass
class FakeSender:
    """A place for messages in memory. `faults` are the outcomes of the next posts; "lost" posts without an answer."""

    now: datetime
    channels: set[str]
    faults: list[Outcome | str] = field(default_factory=list)
    posts: list[FakePost] = field(default_factory=list)
    timeout_s: float = 5.0

    @asynccontextmanager
    async def open(self, timeout_s: float | None = None):
        yield self

    async def post(self, payload: Payload, *, thread_ts: str | None, broadcast: bool) -> Outcome:
        fault = self.faults.pop(0) if self.faults else None
        if isinstance(fault, Outcome):
            return fault
        channel = str(payload["channel"])
        if channel not in self.channels:
            return Outcome("paused_channel", code="channel_not_found", message="There is no such channel")
        ts = f"{self.now.timestamp() + len(self.posts) + 1:.6f}"
        self.posts.append(FakePost(channel, ts, payload, thread_ts, broadcast, self.now))
        return Outcome("ambiguous", code="timeout") if fault == "lost" else Outcome("sent", ts=ts)

    async def update(self, channel: str, ts: str, payload: Payload) -> Outcome:
        for one in self.posts:
            if (one.channel, one.ts) == (channel, ts):
                one.payload = payload
                return Outcome("sent", ts=ts)
        return Outcome("failed", code="message_not_found")

    async def read(
        self, channel: str, *, since: datetime, thread_ts: str | None = None, cursor: str = ""
    ) -> Page:
        rows = [one for one in self._in(channel, since) if _is_in(one, thread_ts)]
        return Page(
            tuple(
                Posted(
                    one.payload["message_id"],
                    one.ts,
                    tuple(one.payload["alert_ids"]),
                    "",
                    one.thread_ts or "",
                )
                for one in rows
            )
        )

    async def ping(self) -> Outcome:
        return Outcome("sent")

    async def link(self, channel: str, ts: str) -> str:
        return f"{channel} {ts}"

    @property
    def ahead(self) -> timedelta | None:
        return timedelta(0)

    async def identity(self) -> Identity | None:
        return Identity("T0FAKE", "Fake", "B0FAKE", "newswatch")

    async def list_channels(self) -> list[ChannelName]:
        return [ChannelName(name, name.lower(), member=True) for name in sorted(self.channels)]

    async def membership(self, user_id: str) -> Membership:
        return Membership("" if user_id.startswith("U") else "Only members of this workspace can use this.")

    async def check(self, channels: Mapping[str, str]) -> list[SenderCheck]:
        return [
            SenderCheck(f"channel {name}", "ok" if name in self.channels else "error", "")
            for name in channels
        ]

    def _in(self, channel: str, since: datetime) -> list[FakePost]:
        return [one for one in self.posts if one.channel == channel and one.at >= since]


def _is_in(post: FakePost, thread_ts: str | None) -> bool:
    if thread_ts is None:
        return post.thread_ts is None or post.broadcast
    return post.thread_ts == thread_ts


class FakeLayout:
    """A message as plain words."""

    most_items = 20
    most_room = 10_000
    most_alert_ids = 100

    def room(self, alerts: Sequence[Alert]) -> int:
        return sum(len(alert.title) for alert in alerts)

    def render(self, outgoing: Outgoing) -> Payload:
        text = " / ".join(alert.title for alert in outgoing.alerts) or outgoing.message.text
        return {
            "channel": outgoing.message.channel,
            "text": text,
            "message_id": outgoing.message.id,
            "alert_ids": list(outgoing.message.alert_ids),
        }
