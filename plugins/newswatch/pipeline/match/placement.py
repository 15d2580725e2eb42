"""Where alerts go: into which message, as a reply in whose thread, into which digest, or into a surge. Pure.

`question` lists what must be known, `place` decides, and `store/lua/handover.lua` stores the decision if nothing
changed meanwhile. The rules, in order:

1. A muted alert is stored and not sent.
2. An alert of a rule with a threshold is held until there are enough stories and sources. Then a surge begins: all
   held alerts, and all that come during the surge, belong to the surge's story.
3. The other alerts of one item and channel go to one place, that of their most severe rule.
4. That place is the story's message while it still collects; else the reply in its thread that collects; else a
   new message. A digest has no thread: alerts that do not fit go into another digest.
5. If a rule, or the channel, would exceed its cap of messages in this hour, the alerts go into a digest. The channel's
   cap does not hold back alerts of severity high.
6. A message with an alert of severity high goes before all others of its channel's queue.

Alerts are placed in the order of the stream, the most severe of an item first.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from newswatch.models import SEVERITIES, Alert, MessageKind, short_hash
from newswatch.pipeline.base.sender import Layout
from newswatch.store.handover import (
    Begun,
    GrownMessage,
    Held,
    Lane,
    MessageSnapshot,
    NewMessage,
    PlacedAlert,
    Plan,
    Question,
    Release,
    Situation,
    StoryChange,
    StorySnapshot,
    SurgeQuestion,
    SurgeSnapshot,
)

MAX_ALERTS_A_MESSAGE = 8
COLLECT_MS = 3_000
"""How long later sources of a story are collected instead of being posted one by one."""
MOST_RELEASED = 200
"""How many alerts of a surge are put into messages in one step. It is bounded so that no step blocks Redis for long."""
FURTHER = "Surge, continued"
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
    """Held until this many stories from this many sources came within this many ms."""
    muted: str | None = None
    cap: Cap | None = None

    @property
    def rank(self) -> int:
        """The severity as a number, higher is more severe."""
        return SEVERITIES.index(self.alert.severity)

    @property
    def surge(self) -> tuple[str, str]:
        """What identifies its rule's surge: rule and channel."""
        return self.alert.rule_id, self.alert.channel


def question(candidates: Sequence[Candidate], now_ms: int) -> Question:
    """What must be known to place these alerts."""
    stories: dict[tuple[str, str], set[str]] = {}
    surges: dict[tuple[str, str], list[Candidate]] = {}
    rates: set[tuple[str, str, int]] = set()
    rules: dict[tuple[str, str], set[str]] = {}
    for one in candidates:
        rules.setdefault((one.alert.item_id, one.alert.channel), set()).add(one.alert.rule_id)
    for one in candidates:
        channel, beside = one.alert.channel, rules[one.alert.item_id, one.alert.channel]
        stories.setdefault((channel, one.group), set()).update(beside)
        if one.cap is not None:
            rates |= {_rate(one, one.cap), _channel_rate(one, one.cap)}
            for group in (_cap_story(one, one.cap), _channel_cap_story(one.cap)):
                stories.setdefault((channel, group), set()).update(beside)
        if one.threshold is not None:
            surges.setdefault(one.surge, []).append(one)
    return Question(
        alerts=list(dict.fromkeys(one.alert.id for one in candidates)),
        stories={name: sorted(named) for name, named in stories.items()},
        rates=sorted(rates),
        surges={name: _surge_question(group, rules, now_ms) for name, group in surges.items()},
        channels=sorted({one.alert.channel for one in candidates}),
    )


def _surge_question(
    group: Sequence[Candidate], rules: Mapping[tuple[str, str], set[str]], now_ms: int
) -> SurgeQuestion:
    within_ms = group[-1].threshold[2] if group[-1].threshold else 0
    beside = set().union(*(rules[one.alert.item_id, one.alert.channel] for one in group))
    return SurgeQuestion(
        since_ms=now_ms - within_ms,
        stories=tuple(sorted({one.group for one in group})),
        sources=tuple(sorted({one.alert.feed_id for one in group})),
        rules=tuple(sorted(beside)),
    )


def place(candidates: Sequence[Candidate], situation: Situation, now_ms: int, layout: Layout) -> Plan:
    """Decide where all of these alerts go. Alerts that exist already are left out."""
    board = _Board(situation, now_ms, layout)
    for group in _groups(candidates, situation.known):
        board.place(group)
    return board.plan()


def release(
    given: Release, held: Mapping[str, Alert | None], situation: Situation, now_ms: int, layout: Layout
) -> Plan:
    """Put some of a surge's alerts into messages. The first message is the surge's; the others continue the list.

    `held` maps the members that are released, in order, to their alerts. The value is None for an alert that is gone or
    is in a message already.
    """
    board = _Board(situation, now_ms, layout)
    board.release(given, held)
    return board.plan()


def release_question(given: Release) -> Question:
    """What must be known to release a surge's alerts."""
    return Question(stories={(given.channel, given.story): [given.rule]}, channels=[given.channel])


def _groups(candidates: Sequence[Candidate], known: frozenset[str]) -> list[list[Candidate]]:
    """The new alerts by item and channel: the most severe first, otherwise in the order they came."""
    new = {one.alert.id: one for one in reversed(candidates) if one.alert.id not in known}
    groups: dict[tuple[str, str], list[Candidate]] = {}
    for one in candidates:
        if new.get(one.alert.id) is one:
            groups.setdefault((one.alert.item_id, one.alert.channel), []).append(one)
    return sorted(groups.values(), key=lambda group: -max((c.rank for c in group if not c.muted), default=-1))


def _rate(one: Candidate, cap: Cap) -> tuple[str, str, int]:
    return one.alert.rule_id, one.alert.channel, cap.hour


def _cap_story(one: Candidate, cap: Cap) -> str:
    return f"cap:{one.alert.rule_id}:{cap.hour}"


def _channel_rate(one: Candidate, cap: Cap) -> tuple[str, str, int]:
    return "", one.alert.channel, cap.hour


def _channel_cap_story(cap: Cap) -> str:
    return f"cap::{cap.hour}"


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
        stories = f"{self._stories} {'story' if self._stories == 1 else 'stories'}"
        return f"Surge: {stories} from {self._sources} {'source' if self._sources == 1 else 'sources'}"


class _Board:
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
        together = []
        for one in group:
            story = one.group if one.threshold is None or one.muted else self._surge(one)
            if one.muted or story is None:
                self._alerts.append(PlacedAlert(one.alert, "", one.muted))
            else:
                together.append(one if story == one.group else replace(one, group=story))
        for part in _parts(together, self._layout.most_alert_ids):
            message = self._message(part)
            self._alerts += [PlacedAlert(one.alert, message.id) for one in part]

    def _message(self, group: Sequence[Candidate]) -> _Message:
        """The message for the alerts of one item: that of the most severe rule; of equals, the one that is sent first."""
        lead = min(group, key=lambda one: (-one.rank, one.kind == "digest", one.due_ms))
        ids, size = [one.alert.id for one in group], self._layout.room([one.alert for one in group])
        story = self._story(lead.alert.channel, lead.group)
        joined = self._join(story, lead.kind, ids, size)
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
        if message is not story.root and louder:
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
        in_channel = _channel_rate(lead, cap)
        full = lead.rank < HIGH and self._rates.get(in_channel, 0) >= cap.channel_most
        for one in sorted(equals, key=lambda one: one is not lead):
            if not full and one.cap is not None and self._rates.get(_rate(one, one.cap), 0) < one.cap.most:
                for name in (_rate(one, one.cap), in_channel):
                    self._rates[name] = self._rates.get(name, 0) + 1
                return None
        digest, heading = _cap_story(lead, cap), cap.heading
        if full:
            digest, heading = _channel_cap_story(cap), cap.channel_heading
        return replace(lead, kind="digest", group=digest, due_ms=cap.due_ms, heading=heading)

    def _create(self, story: _Story, lead: Candidate, ids: Sequence[str], size: int) -> _Message:
        root = story.root
        if root is None or root.dead or lead.kind == "digest":
            kind: MessageKind = "digest" if lead.kind == "digest" else "story"
            made = self._add(story, kind, ids, size, due_ms=lead.due_ms, text=lead.heading)
            story.root, story.open = made, None
        else:
            made = self._add(story, "reply", ids, size, due_ms=self._now_ms + COLLECT_MS, root=root.id)
            story.open = made
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
        surge.count(one.group, one.alert.feed_id)
        if surge.story:
            self._going_on[one.surge] = within_ms
            self._joined.append((channel, surge.story, member))
        else:
            self._held.append(Held(rule, channel, member, one.group, one.alert.feed_id, within_ms))
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
