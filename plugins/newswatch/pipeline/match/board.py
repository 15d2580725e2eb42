"""The messages of the channels while alerts are placed one after the other. Pure.

`placement` puts the alerts on it, in order; its `plan` is the decision. The rules of placing are described there.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from newswatch.models import Alert, MessageKind, short_hash
from newswatch.pipeline.base.sender import Layout
from newswatch.pipeline.match.candidates import HIGH, Candidate
from newswatch.quantity import quantity
from newswatch.store.handover import (
    Begun,
    GrownMessage,
    Held,
    Lane,
    MessageSnapshot,
    NewMessage,
    PlacedAlert,
    Plan,
    Release,
    Situation,
    StoryChange,
    StorySnapshot,
    SurgeSnapshot,
)

MAX_ALERTS_A_MESSAGE = 8
COLLECT_MS = 3_000
"""How long further reports of a story are collected instead of being posted one by one."""
UNCERTAIN = "uncertain"
"""The text of a reply that only may belong to its story."""
FURTHER = "Surge, continued"


def _parts(group: Sequence[Candidate], most: int) -> Iterable[Sequence[Candidate]]:
    """All alerts of an item in one part, or in several if one message cannot name them all."""
    return (group[first : first + most] for first in range(0, len(group), most))


@dataclass(slots=True)
class _Message:
    """A message on the board: as it was read, or new."""

    id: str
    kind: MessageKind
    alerts: list[str]
    size: int
    state: str
    grows: bool
    broadcast: bool = False
    grew: bool = False
    lane: Lane = ""
    channel: str = ""

    def has_room(self, count: int, size: int, layout: Layout) -> bool:
        listing = self.kind in ("digest", "surge")
        most = layout.most_items if listing else MAX_ALERTS_A_MESSAGE
        return self.grows and len(self.alerts) + count <= most and self.size + size <= layout.most_room

    @property
    def dead(self) -> bool:
        return self.state in ("", "dead", "withdrawn")


class _Story:
    """A story on the board."""

    def __init__(
        self, channel: str, name: str, read: StorySnapshot, root: _Message | None, reply: _Message | None
    ) -> None:
        self.channel = channel
        self.name = name
        self.root = root
        self.open = reply
        self.was = (root.id if root else "", reply.id if reply else "")
        self.count = read.messages
        self.rank = read.rank
        self.named = set(read.rules)
        self.rules: list[str] = []
        self.messages: dict[int, str] = {}
        self.touched = False

    @property
    def has_root(self) -> bool:
        """Whether it has a message whose thread replies can go to."""
        return self.root is not None and not self.root.dead

    def name_rules(self, group: Sequence[Candidate]) -> bool:
        """Add the rules. Returns whether one is new to the story, or more severe than all before."""
        rank = max(one.rank for one in group)
        news = [one.alert.rule_id for one in group if one.alert.rule_id not in self.named]
        louder = bool(news) or rank > self.rank
        self.rules += news
        self.named.update(news)
        self.rank = max(self.rank, rank)
        self.touched = True
        return louder

    def change(self) -> StoryChange:
        return StoryChange(
            channel=self.channel,
            story=self.name,
            was=self.was,
            root=self.root.id if self.root else "",
            open=self.open.id if self.open else "",
            rank=self.rank,
            rules=tuple(self.rules),
            messages=self.messages,
        )


class _Surge:
    """A rule's surge in one channel, on the board."""

    def __init__(self, read: SurgeSnapshot) -> None:
        self.story = read.story
        self.releasing = read.releasing
        self._stories, self._sources = read.stories, read.sources
        self._known_stories, self._known_sources = set(read.known_stories), set(read.known_sources)

    def count(self, story: str, source: str) -> None:
        """One more alert is held."""
        self._stories += story not in self._known_stories
        self._sources += source not in self._known_sources
        self._known_stories.add(story)
        self._known_sources.add(source)

    def suffices(self, stories: int, sources: int) -> bool:
        return self._stories >= stories and self._sources >= sources

    def heading(self) -> str:
        stories = quantity(self._stories, "story", "stories")
        return f"Surge: {stories} from {quantity(self._sources, 'publisher')}"


class Board:
    """The situation, updated while alerts are placed one after the other."""

    def __init__(self, situation: Situation, now_ms: int, layout: Layout) -> None:
        self._layout = layout
        self._now_ms = now_ms
        self._given = situation
        self._stories: dict[tuple[str, str], _Story] = {}
        self._surges: dict[tuple[str, str], _Surge] = {}
        self._rates = dict(situation.rates)
        self._sequences = dict(situation.sequences)
        self._alerts: list[PlacedAlert] = []
        self._created: list[NewMessage] = []
        self._new: dict[str, _Message] = {}
        self._read: dict[str, _Message] = {}
        self._held: list[Held] = []
        self._begun: dict[tuple[str, str], Begun] = {}
        self._going_on: dict[tuple[str, str], int] = {}
        self._joined: list[tuple[str, str, str]] = []
        self._moved: list[tuple[str, str]] = []
        self._released: list[tuple[str, str, tuple[str, ...]]] = []

    # ── one item in one channel ───────────────────────────────────────────────────────────────

    def place(self, group: Sequence[Candidate]) -> None:
        """Place the alerts of one item in one channel, the most severe first."""
        together = []
        for one in group:
            story = one.group if one.threshold is None or one.muted else self._surge(one)
            if one.muted or story is None:
                self._alerts.append(PlacedAlert(one.alert, "", one.muted))
            else:
                together.append(one if story == one.group else replace(one, group=story, doubtful=False))
        for part in _parts(together, self._layout.most_alert_ids):
            message = self._message(part)
            self._alerts += [PlacedAlert(one.alert, message.id) for one in part]

    def _message(self, group: Sequence[Candidate]) -> _Message:
        """The message for the alerts of one item: that of the most severe rule; among equals, the one that is sent first."""
        lead = min(group, key=lambda one: (-one.rank, one.kind == "digest", one.due_ms))
        ids, size = [one.alert.id for one in group], self._layout.room([one.alert for one in group])
        story = self._story(lead.alert.channel, lead.group)
        doubtful = lead.doubtful and lead.kind == "each"
        joined = None if doubtful and story.has_root else self._join(story, lead.kind, ids, size)
        if joined is None and lead.kind == "each":
            capped = self._capped(group, lead)
            if capped is not None:
                lead = capped
                story = self._story(lead.alert.channel, lead.group)
                joined = self._join(story, lead.kind, ids, size)
        message = joined or self._create(story, lead, ids, size)
        if message.kind in ("story", "reply") and max(one.rank for one in group) == HIGH:
            message.lane = "first"
        louder = story.name_rules(group)
        if message is not story.root and (louder or doubtful):
            message.broadcast = True
        return message

    def _join(self, story: _Story, kind: str, ids: Sequence[str], size: int) -> _Message | None:
        """The story's message that still collects, if it has room."""
        root, reply = story.root, story.open
        chosen = None
        if root is not None and root.has_room(len(ids), size, self._layout):
            chosen = root
        elif root is not None and not root.dead and kind == "each" and reply is not None:
            chosen = reply if reply.has_room(len(ids), size, self._layout) else None
        if chosen is not None:
            chosen.alerts += ids
            chosen.size += size
            chosen.grew = True
        return chosen

    def _capped(self, group: Sequence[Candidate], lead: Candidate) -> Candidate | None:
        """The candidate for a cap's digest, if all equally severe rules, or the channel, have reached theirs; else None.

        Then the message counts towards the caps.
        """
        equals = [
            one for one in group if one.rank == lead.rank and one.kind == "each" and one.cap is not None
        ]
        cap = lead.cap
        if cap is None or not equals:
            return None
        full = lead.rank < HIGH and self._rates.get(lead.channel_rate, 0) >= cap.channel_most
        for one in sorted(equals, key=lambda one: one is not lead):
            if not full and one.cap is not None and self._rates.get(one.rate, 0) < one.cap.most:
                for name in (one.rate, lead.channel_rate):
                    self._rates[name] = self._rates.get(name, 0) + 1
                return None
        digest, heading = lead.cap_story, cap.heading
        if full:
            digest, heading = lead.channel_cap_story, cap.channel_heading
        return replace(lead, kind="digest", group=digest, due_ms=cap.due_ms, heading=heading)

    def _create(self, story: _Story, lead: Candidate, ids: Sequence[str], size: int) -> _Message:
        root = story.root
        if root is None or not story.has_root or lead.kind == "digest":
            kind: MessageKind = "digest" if lead.kind == "digest" else "story"
            made = self._add(story, kind, ids, size, due_ms=lead.due_ms, text=lead.heading)
            story.root, story.open = made, None
        else:
            due_ms = self._now_ms + COLLECT_MS
            uncertain = UNCERTAIN if lead.doubtful else ""
            made = self._add(story, "reply", ids, size, due_ms=due_ms, root=root.id, text=uncertain)
            story.open = None if uncertain else made
        return made

    def _add(
        self,
        story: _Story,
        kind: MessageKind,
        ids: Sequence[str],
        size: int,
        *,
        due_ms: int,
        root: str = "",
        text: str = "",
    ) -> _Message:
        story.count += 1
        name = self._id(story.channel, story.name, str(story.count))
        story.messages[story.count] = name
        story.touched = True
        made = _Message(name, kind, list(ids), size, "queued", grows=True, channel=story.channel)
        self._new[name] = made
        self._created.append(NewMessage(name, story.channel, kind, story.name, (), due_ms, root, text))
        return made

    def _sequence(self, channel: str) -> str:
        self._sequences[channel] = self._sequences.get(channel, 0) + 1
        return f"{self._sequences[channel]:010x}"

    def _id(self, channel: str, *parts: str) -> str:
        """An id that sorts by time. It includes the time so that no id repeats after Redis came back empty."""
        return self._sequence(channel) + short_hash(channel, *parts, str(self._now_ms), size=10)

    def _story(self, channel: str, name: str) -> _Story:
        known = self._stories.get((channel, name))
        if known is None:
            read = self._given.stories.get((channel, name), StorySnapshot())
            root, reply = self._as_read(channel, read.root), self._as_read(channel, read.open)
            known = self._stories[channel, name] = _Story(channel, name, read, root, reply)
        return known

    def _as_read(self, channel: str, read: MessageSnapshot | None) -> _Message | None:
        """A message on the board, shared by all stories that were folded into one digest."""
        if read is None:
            return None
        if read.id not in self._read:
            ids = list(read.alert_ids)
            self._read[read.id] = _Message(
                read.id, read.kind, ids, read.size, read.state, read.grows, channel=channel
            )
        return self._read[read.id]

    # ── surges ────────────────────────────────────────────────────────────────────────────────

    def _surge(self, one: Candidate) -> str | None:
        """The story of the current surge; None: the alert is held for it."""
        stories, sources, within_ms = one.threshold or (0, 0, 0)
        surge = self._surges.get(one.surge)
        if surge is None:
            surge = self._surges[one.surge] = _Surge(self._given.surges.get(one.surge, SurgeSnapshot()))
        rule, channel = one.surge
        if surge.story and not surge.releasing:
            self._going_on[one.surge] = within_ms
            return surge.story
        member = f"{self._sequence(channel)}|{one.alert.id}"
        surge.count(one.group, one.alert.published_by)
        if surge.story:
            self._going_on[one.surge] = within_ms
            self._joined.append((channel, surge.story, member))
        else:
            self._held.append(Held(rule, channel, member, one.group, one.alert.published_by, within_ms))
        if surge.story in ("", self._began(one.surge)) and surge.suffices(stories, sources):
            surge.story, surge.releasing = f"surge:{rule}:{self._now_ms}", True
            self._begun[one.surge] = Begun(self._release_of(one, surge), within_ms)
        return None

    def _began(self, name: tuple[str, str]) -> str | None:
        """The story of a surge that began on this board; later alerts join it."""
        return self._begun[name].release.story if name in self._begun else None

    def _release_of(self, one: Candidate, surge: _Surge) -> Release:
        rule, channel = one.surge
        listed = one.kind == "digest"
        text = one.heading if listed else surge.heading()
        kind: Literal["surge", "digest"] = "digest" if listed else "surge"
        return Release(rule, channel, surge.story, kind, one.due_ms, text, one.rank)

    def release(self, given: Release, held: Mapping[str, Alert | None]) -> None:
        """Put some of a surge's alerts into messages."""
        story = self._story(given.channel, given.story)
        items: dict[str, list[Alert]] = {}
        for alert in held.values():
            if alert is not None:
                items.setdefault(alert.item_id, []).append(alert)
        message: _Message | None = None
        for group in items.values():
            size, ids = self._layout.room(group), [alert.id for alert in group]
            if message is not None and message.has_room(len(ids), size, self._layout):
                message.alerts += ids
                message.size += size
            else:
                message = self._list(story, given, ids, size)
            self._moved += [(name, message.id) for name in ids]
        story.rank = max(story.rank, given.rank)
        story.rules = [given.rule]
        self._released.append((given.channel, given.story, tuple(held)))

    def _list(self, story: _Story, given: Release, ids: Sequence[str], size: int) -> _Message:
        """A surge's first message, or a list in its thread. A digest has no thread."""
        root = story.root
        if given.kind == "surge" and root is not None and not root.dead:
            return self._add(story, "surge", ids, size, due_ms=given.due, root=root.id, text=FURTHER)
        made = self._add(story, given.kind, ids, size, due_ms=given.due, text=given.text)
        if given.kind == "surge" and given.rank == HIGH:
            made.lane = "first"
        story.root, story.open = made, None
        return made

    # ── the decision ──────────────────────────────────────────────────────────────────────────

    def plan(self) -> Plan:
        """The decision, and what it was based on."""
        touched = [story for story in self._stories.values() if story.touched]
        read = [one for story in touched for one in self._snapshots(story)]
        given = self._given
        return Plan(
            alerts=self._alerts,
            snapshot={one.id: one.snapshot for one in read},
            stories=[story.change() for story in touched],
            created=[self._final(one) for one in self._created],
            grown=self._grown(),
            rates={
                n: by - given.rates.get(n, 0) for n, by in self._rates.items() if by > given.rates.get(n, 0)
            },
            sequences={
                n: by - given.sequences.get(n, 0)
                for n, by in self._sequences.items()
                if by > given.sequences.get(n, 0)
            },
            held=self._held,
            begun=list(self._begun.values()),
            going_on=[(*name, within) for name, within in self._going_on.items() if name not in self._begun],
            joined=self._joined,
            moved=self._moved,
            released=self._released,
        )

    def _snapshots(self, story: _Story) -> list[MessageSnapshot]:
        """The story's messages at the time of the decision."""
        given = self._given.stories.get((story.channel, story.name), StorySnapshot())
        return [one for one in (given.root, given.open) if one is not None]

    def _final(self, one: NewMessage) -> NewMessage:
        made = self._new[one.id]
        return replace(
            one, alerts=tuple(made.alerts), size=made.size, broadcast=made.broadcast, lane=made.lane
        )

    def _grown(self) -> list[GrownMessage]:
        grown = [one for one in self._read.values() if one.grew]
        return [
            GrownMessage(one.id, one.channel, tuple(one.alerts), one.size, one.broadcast, one.lane)
            for one in grown
        ]
