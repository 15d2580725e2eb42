"""The hand-over match → deliver: what a placement is decided on, and storing the decision in one step.

`newswatch.pipeline.match.placement` decides in between. Only the holder of the match lease hands over. The deliver
stage sends, folds and rejects messages meanwhile, so the script refuses a plan if its messages or stories changed
since they were read, and the decision is made again (ADR 2).
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Literal, get_args

from redis.asyncio import Redis

from newswatch.models import Alert, MessageKind
from newswatch.store import keys
from newswatch.store.client import script_of, text
from newswatch.store.codec import alert_to_json
from newswatch.store.corrections import NO_EDITS, Edits
from newswatch.store.leases import Lease
from newswatch.store.messages import alert_ids_of
from newswatch.store.rechecks import NewRecheck

Answer = Literal["taken", "lost", "changed"]
"""`lost`: another process holds the lease. `changed`: read and decide again."""

Lane = Literal["", "first"]
"""`first`: it goes before the others of its channel's queue."""

# ── what is read ──────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class SurgeQuestion:
    """One rule's surge in one channel: what has been held since `since_ms`, and which of these stories and publishers it has."""

    since_ms: int
    stories: tuple[str, ...]
    sources: tuple[str, ...]
    rules: tuple[str, ...]
    """The rules whose alerts may go into the surge's story."""


@dataclass(frozen=True, slots=True)
class Question:
    """What must be read for a decision. `rates` names a rule, a channel and an hour; `surges` a rule and a channel."""

    alerts: Sequence[str] = ()
    stories: Mapping[tuple[str, str], Sequence[str]] = field(default_factory=dict)
    """By channel and story: the rules to look up among those that the story already names."""
    rates: Sequence[tuple[str, str, int]] = ()
    surges: Mapping[tuple[str, str], SurgeQuestion] = field(default_factory=dict)
    channels: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class MessageSnapshot:
    """A message that alerts may join. The script compares `snapshot`."""

    id: str
    kind: MessageKind
    alert_ids: tuple[str, ...]
    size: int
    state: str
    """Empty for a message that is past its retention."""
    snapshot: str

    @property
    def grows(self) -> bool:
        """Whether alerts can still be added."""
        return self.snapshot.startswith("queued||")


@dataclass(frozen=True, slots=True)
class StorySnapshot:
    """One channel's messages about one story: the first, and the reply that still collects."""

    root: MessageSnapshot | None = None
    open: MessageSnapshot | None = None
    messages: int = 0
    rank: int = -1
    rules: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class SurgeSnapshot:
    """One rule's surge in one channel. `story` is "" if there is no surge now.

    Then the other fields count what is held.
    """

    story: str = ""
    releasing: bool = False
    """Its alerts are being put into messages."""
    stories: int = 0
    sources: int = 0
    known_stories: frozenset[str] = frozenset()
    known_sources: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Situation:
    """The answer to a question."""

    known: frozenset[str] = frozenset()
    """Alerts that exist already."""
    stories: Mapping[tuple[str, str], StorySnapshot] = field(default_factory=dict)
    rates: Mapping[tuple[str, str, int], int] = field(default_factory=dict)
    surges: Mapping[tuple[str, str], SurgeSnapshot] = field(default_factory=dict)
    sequences: Mapping[str, int] = field(default_factory=dict)


async def read_situation(redis: Redis, question: Question) -> Situation:
    """Read all of it at one moment."""
    asked = {
        "alerts": list(question.alerts),
        "stories": [[*name, list(rules)] for name, rules in question.stories.items()],
        "rates": list(question.rates),
        "surges": [
            [*name, one.since_ms, one.stories, one.sources, one.rules]
            for name, one in question.surges.items()
        ],
        "channels": list(question.channels),
    }
    script = script_of(redis, "situation")
    known, stories, counts, surges, sequences = await script(args=[json.dumps(asked, ensure_ascii=False)])
    found = {
        name: _story(row, rules) for (name, rules), row in zip(question.stories.items(), stories, strict=True)
    }
    snapshots = {}
    for (name, one), row in zip(question.surges.items(), surges, strict=True):
        snapshots[name] = _surge(row, one)
        if snapshots[name].story:
            found[name[1], snapshots[name].story] = _story(row[2], one.rules)
    return Situation(
        known=frozenset(name for name, exists in zip(question.alerts, known, strict=True) if exists),
        stories=found,
        rates={name: int(count or 0) for name, count in zip(question.rates, counts, strict=True)},
        surges=snapshots,
        sequences={name: int(n or 0) for name, n in zip(question.channels, sequences, strict=True)},
    )


def _story(row: Sequence[Any], rules: Sequence[str]) -> StorySnapshot:
    root, opened, count, rank, named, root_row, open_row = row
    return StorySnapshot(
        root=_message(root, root_row),
        open=_message(opened, open_row),
        messages=int(count or 0),
        rank=int(rank or -1),
        rules=frozenset(rule for rule, flag in zip(rules, named, strict=True) if flag),
    )


def _message(name: bytes | None, row: Sequence[bytes | None] | None) -> MessageSnapshot | None:
    if name is None or row is None:
        return None
    state, frozen, alerts, kind, size = (text(value) for value in row)
    known: MessageKind = kind if kind in get_args(MessageKind) else "story"  # type: ignore[assignment]
    return MessageSnapshot(
        text(name), known, alert_ids_of(alerts or "[]"), int(size or 0), state, f"{state}|{frozen}|{alerts}"
    )


def _surge(row: Sequence[Any], asked: SurgeQuestion) -> SurgeSnapshot:
    if row[0]:
        return SurgeSnapshot(text(row[0]), releasing=bool(row[1]))
    _, stories, sources, known_stories, known_sources = row
    return SurgeSnapshot(
        stories=int(stories),
        sources=int(sources),
        known_stories=frozenset(n for n, known in zip(asked.stories, known_stories, strict=True) if known),
        known_sources=frozenset(n for n, known in zip(asked.sources, known_sources, strict=True) if known),
    )


# ── what is written ───────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class PlacedAlert:
    """A new alert and the message it goes into, "" for none: it is held, or `muted` names the mute."""

    alert: Alert
    message_id: str
    muted: str | None = None

    def row(self) -> dict[str, Any]:
        """What the script reads."""
        one = self.alert
        row = {
            "id": one.id,
            "channel": one.channel,
            "rule": one.rule_id,
            "feed": one.feed_id,
            "item": one.item_id,
            "story": one.story_id,
        }
        muted = {"muted": self.muted} if self.muted is not None else {}
        return {**row, "severity": one.severity, "message": self.message_id, **muted}


@dataclass(frozen=True, slots=True)
class NewMessage:
    """A message to be queued, due at `due` (ms)."""

    id: str
    channel: str
    kind: MessageKind
    story: str
    alerts: tuple[str, ...]
    due: int
    root: str = ""
    text: str = ""
    size: int = 0
    broadcast: bool = False
    lane: Lane = ""


@dataclass(frozen=True, slots=True)
class GrownMessage:
    """A queued message with all the alerts it has now."""

    id: str
    channel: str
    alerts: tuple[str, ...]
    size: int
    broadcast: bool
    lane: Lane = ""


@dataclass(frozen=True, slots=True)
class StoryChange:
    """How a story's record changes. `was` and `open` are message ids, "" for none."""

    channel: str
    story: str
    was: tuple[str, str]
    root: str
    open: str
    rank: int
    rules: tuple[str, ...]
    messages: Mapping[int, str]
    """New messages, by their number in the story."""

    def row(self) -> dict[str, Any]:
        """The row for the script: fields and values to set, and whether the open reply is closed."""
        values: list[str | int] = ["root", self.root, "rank", self.rank]
        values += ["open", self.open] if self.open else []
        for rule in self.rules:
            values += [f"rule:{rule}", 1]
        for number, name in self.messages.items():
            values += [f"message:{number}", name]
        if self.messages:
            values += ["n", max(self.messages)]
        closed = bool(self.was[1]) and not self.open
        return {
            "channel": self.channel,
            "story": self.story,
            "was": self.was,
            "set": values,
            "closed": closed,
        }


@dataclass(frozen=True, slots=True)
class Held:
    """An alert that waits for a surge. `member` sorts in the order in which they came."""

    rule: str
    channel: str
    member: str
    story: str
    source: str
    within: int


@dataclass(frozen=True, slots=True)
class Release:
    """A surge whose alerts are being put into messages, in parts because there may be many."""

    rule: str
    channel: str
    story: str
    kind: Literal["surge", "digest"]
    due: int
    text: str
    rank: int

    @classmethod
    def from_json(cls, given: str) -> Release:
        """As it was stored."""
        return cls(**json.loads(given))


@dataclass(frozen=True, slots=True)
class Begun:
    """A surge that begins. It lasts until nothing came for `within` ms."""

    release: Release
    within: int

    def row(self) -> dict[str, Any]:
        """What the script reads."""
        one = self.release
        row = {"rule": one.rule, "channel": one.channel, "story": one.story, "within": self.within}
        return {**row, "release": json.dumps(asdict(one), ensure_ascii=False)}


@dataclass(frozen=True, slots=True)
class Plan:
    """The decision where alerts go, and what it was based on."""

    alerts: Sequence[PlacedAlert] = ()
    snapshot: Mapping[str, str] = field(default_factory=dict)
    """Messages by id, as they must still be."""
    stories: Sequence[StoryChange] = ()
    created: Sequence[NewMessage] = ()
    grown: Sequence[GrownMessage] = ()
    rates: Mapping[tuple[str, str, int], int] = field(default_factory=dict)
    """Messages by rule and channel, by hour."""
    sequences: Mapping[str, int] = field(default_factory=dict)
    """The sequence numbers that each channel has used."""
    held: Sequence[Held] = ()
    begun: Sequence[Begun] = ()
    going_on: Sequence[tuple[str, str, int]] = ()
    """Current surges that got an alert: rule, channel, and how long (ms) they last without another."""
    joined: Sequence[tuple[str, str, str]] = ()
    """Alerts of surges that are being released: channel, story, member."""
    moved: Sequence[tuple[str, str]] = ()
    """Held alerts, with the message they go into."""
    released: Sequence[tuple[str, str, tuple[str, ...]]] = ()
    """Members that were released: channel, story, members."""
    rechecks: Sequence[NewRecheck] = ()
    """Links of new alerts that are read again."""
    edits: Edits = NO_EDITS
    """What to do about edits of items that alerted before."""

    def to_json(self) -> str:
        """What the script reads."""
        row = {
            "alerts": [one.row() for one in self.alerts],
            "snapshot": {**self.snapshot, **self.edits.snapshot},
            "stories": [one.row() for one in self.stories],
            "created": [_fields(one) for one in self.created],
            "grown": [_fields(one) for one in self.grown],
            "rates": [[*name, by] for name, by in self.rates.items()],
            "sequences": dict(self.sequences),
            "held": [_fields(one) for one in self.held],
            "begun": [one.row() for one in self.begun],
            "going_on": [{"rule": r, "channel": c, "within": within} for r, c, within in self.going_on],
            "joined": [{"channel": c, "story": s, "member": member} for c, s, member in self.joined],
            "moved": list(self.moved),
            "released": [{"channel": c, "story": s, "members": members} for c, s, members in self.released],
            "rechecks": [one.row() for one in self.rechecks],
            "refreshed": [[one.id, alert_to_json(one)] for one in self.edits.refreshed],
            "corrections": [one.row() for one in self.edits.corrections],
            "said": list(self.edits.said),
        }
        return json.dumps(row, ensure_ascii=False, separators=(",", ":"))


def _fields(row: NewMessage | GrownMessage | Held) -> dict[str, Any]:
    """A flat row by name; `dataclasses.asdict` copies deeply and takes ten times as long."""
    return {name: getattr(row, name) for name in row.__slots__}


async def hand_over(
    redis: Redis,
    lease: Lease,
    plan: Plan,
    *,
    now_ms: int,
    stream_ids: Sequence[str] = (),
    titles: Sequence[str] = (),
    titles_since_ms: int = 0,
    alerts_kept_s: float = keys.ALERT_RETENTION_S,
) -> Answer:
    """Store a plan and acknowledge the items it came from.

    `titles` are remembered to recognise stories; those before `titles_since_ms` are deleted.
    """
    script = script_of(redis, "handover")
    args: list[str | int] = [
        *(lease.token, now_ms, int(alerts_kept_s), keys.STORY_RETENTION_S, plan.to_json()),
        *(json.dumps(list(stream_ids)), json.dumps(list(titles), ensure_ascii=False), titles_since_ms),
        *(alert_to_json(one.alert) for one in plan.alerts),
    ]
    answers: dict[int, Answer] = {1: "taken", 0: "lost", -1: "changed"}
    return answers[int(await script(keys=[lease.key], args=args))]


async def releases(redis: Redis) -> list[Release]:
    """The surges with alerts that are not in messages yet."""
    rows: Any = await redis.hvals(keys.RELEASES)
    return [Release.from_json(text(row)) for row in rows]


async def next_released(redis: Redis, release: Release, most: int) -> dict[str, str]:
    """The next alerts of a surge, in order: member → alert id."""
    rows: Any = await redis.zrange(keys.release(release.channel, release.story), 0, most - 1)
    members = [text(row) for row in rows]
    return {member: member.partition("|")[2] for member in members}


async def known_titles(redis: Redis, since_ms: int) -> list[tuple[str, float]]:
    """Titles stored since then, each with its time (ms since 1970)."""
    rows: Any = await redis.zrangebyscore(keys.TITLES, since_ms, "+inf", withscores=True)
    return [(text(member), float(score)) for member, score in rows]
