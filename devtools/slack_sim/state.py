"""The workspace: channels, messages and threads.

This module knows nothing about HTTP or limits. Every change is journalled before it is applied.
"""

from __future__ import annotations

import re
from bisect import insort
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from devtools.slack_sim.errors import SlackError
from devtools.slack_sim.journal import Journal
from devtools.slack_sim.settings import ChannelSetup, SimSettings
from devtools.slack_sim.users import TEAM, User

BOT = {"user": "U0NEWSWATCH", "bot_id": "B0NEWSWATCH", "app_id": "A0NEWSWATCH", "team": TEAM}
_CHANNEL_ID = re.compile(r"[CG][A-Z0-9]{8,}")
_MADE_UP_AGE_US = 100


@dataclass(slots=True)
class SimMessage:
    """A message in a channel. `accepted` is the time of its acceptance, in epoch seconds."""

    channel: str
    ts: str
    text: str
    blocks: list[dict[str, Any]]
    metadata: dict[str, Any] | None
    accepted: float
    thread_ts: str | None = None
    broadcast: bool = False
    edited: str | None = None

    def record(self) -> dict[str, Any]:
        """The message as JSON, as the journal and `GET /sim/messages` show it."""
        return {name: getattr(self, name) for name in self.__slots__}


@dataclass(slots=True)
class Channel:
    """A channel and its messages, oldest first."""

    id: str
    name: str
    archived: bool = False
    member: bool = True
    private: bool = False
    people: tuple[str, ...] | None = None
    messages: dict[str, SimMessage] = field(default_factory=dict)
    order: list[str] = field(default_factory=list)
    threads: dict[str, list[str]] = field(default_factory=dict)
    deleted: set[str] = field(default_factory=set)
    last_us: int = 0

    def add(self, message: SimMessage) -> None:
        """Adds a message, in ts order (ts texts have one length, so they sort like numbers)."""
        self.messages[message.ts] = message
        insort(self.order, message.ts)
        if message.thread_ts:
            self.threads.setdefault(message.thread_ts, []).append(message.ts)
        self.last_us = max(self.last_us, int(message.ts.replace(".", "")))

    def remove(self, ts: str) -> None:
        """Removes a message. Its replies stay; nothing leads to them any more."""
        message = self.messages.pop(ts)
        self.order.remove(ts)
        self.deleted.add(ts)
        if message.thread_ts in self.threads:
            self.threads[message.thread_ts].remove(ts)


class Workspace:
    """All channels. `version` grows with every change, so that the page can see cheaply if there is one."""

    def __init__(
        self, settings: SimSettings, clock: Callable[[], float], journal: Journal | None = None
    ) -> None:
        self._clock = clock
        self._journal = journal
        self._settings = settings
        self.channels: dict[str, Channel] = {}
        self.users: dict[str, str] = {}
        self.whispers: list[dict[str, Any]] = []
        self.version = 0
        self.configure(settings)
        for record in journal.records() if journal else ():
            self._apply(record)

    def configure(self, settings: SimSettings) -> None:
        """Applies the channels of the settings; messages stay."""
        self._settings = settings
        for setup in settings.channels:
            self._set_up(setup)
        self.users |= {user.id: user.name for user in settings.users}
        self.version += 1

    def reset(self, settings: SimSettings) -> None:
        """Removes every message and every channel created on first use."""
        if self._journal:
            self._journal.clear()
        self.channels, self.users, self.whispers = {}, {}, []
        self.configure(settings)

    def channel(self, channel_id: str) -> Channel:
        """The channel of this id, created on first use unless strict. Raises channel_not_found."""
        known = self.channels.get(channel_id)
        if known:
            return known
        if self._settings.strict_channels or not _CHANNEL_ID.fullmatch(channel_id):
            raise SlackError("channel_not_found")
        return self._set_up(ChannelSetup(channel_id, private=channel_id.startswith("G")))

    def is_private(self, channel_id: str) -> bool:
        """Whether this is a private channel; an id that begins with G always is."""
        known = self.channels.get(channel_id)
        return known.private if known else channel_id.startswith("G")

    def user(self, user_id: str) -> User | None:
        """The account of this id, None if there is none. Anybody who ever clicked is a full member."""
        found = next((user for user in self._settings.users if user.id == user_id), None)
        if found is None and user_id in self.users:
            return User(user_id, self.users[user_id])
        return found

    def people_in(self, channel: Channel) -> list[str]:
        """The ids of the users in a channel, the app's own first if it is in it."""
        people = list(self.users) if channel.people is None else list(channel.people)
        return [BOT["user"], *people] if channel.member else people

    def whisper(self, whisper: dict[str, Any]) -> None:
        """Shows something to one user."""
        self.whispers.append(whisper)
        self.version += 1

    def delete(self, channel_id: str, ts: str) -> bool:
        """Deletes a message; False if there is none."""
        channel = self.channels.get(channel_id)
        if channel is None or ts not in channel.messages:
            return False
        self._commit({"op": "delete", "channel": channel_id, "ts": ts})
        return True

    def post(
        self,
        channel: Channel,
        content: dict[str, Any],
        *,
        thread_ts: str | None = None,
        broadcast: bool = False,
    ) -> SimMessage:
        """Adds a message with a new ts. `content` has text, blocks and metadata."""
        now = self._clock()
        # `accepted` is this machine's time, `ts` Slack's.
        record = {
            "channel": channel.id,
            "ts": self._next_ts(channel, now + self._settings.skew_s),
            "accepted": now,
            **content,
        }
        self._commit({"op": "post", **record, "thread_ts": thread_ts, "broadcast": broadcast})
        return channel.messages[record["ts"]]

    def update(self, message: SimMessage, content: dict[str, Any]) -> None:
        """Replaces text, blocks, metadata or broadcast of a message and marks it edited."""
        now = self._clock()
        edited = f"{int(now)}.000000"
        self._commit(
            {"op": "update", "channel": message.channel, "ts": message.ts, "edited": edited, **content}
        )

    def remember_user(self, user_id: str, name: str) -> None:
        """Remembers the name of a user who has clicked."""
        if self.users.get(user_id) != name:
            self._commit({"op": "user", "id": user_id, "name": name})

    def all_messages(self) -> list[dict[str, Any]]:
        """Every message as it is now, in the order of acceptance."""
        records = [
            message.record() for channel in self.channels.values() for message in channel.messages.values()
        ]
        return sorted(records, key=lambda record: (record["accepted"], record["ts"]))

    def _next_ts(self, channel: Channel, now: float) -> str:
        micros = max(int(now * 1_000_000), channel.last_us + _MADE_UP_AGE_US)
        return f"{micros // 1_000_000}.{micros % 1_000_000:06d}"

    def _commit(self, record: dict[str, Any]) -> None:
        if self._journal:
            self._journal.append(record)
        self._apply(record)

    def _apply(self, record: dict[str, Any]) -> None:
        self.version += 1
        if record["op"] == "user":
            self.users[record["id"]] = record["name"]
            return
        fields = {name: value for name, value in record.items() if name != "op"}
        channel = self.channels.get(record["channel"]) or self._set_up(ChannelSetup(record["channel"]))
        if record["op"] == "post":
            channel.add(SimMessage(**fields))
        elif record["op"] == "delete":
            channel.remove(record["ts"])
        else:
            message = channel.messages[record["ts"]]
            for name, value in fields.items():
                setattr(message, name, value)

    def _set_up(self, setup: ChannelSetup) -> Channel:
        name = setup.name or f"channel-{setup.id[-4:].lower()}"
        known = self.channels.setdefault(setup.id, Channel(setup.id, name))
        known.name, known.archived, known.member = name, setup.archived, setup.member
        known.private, known.people = setup.private, setup.people
        return known
