"""Where alerts go: into which message, as a reply in whose thread, into which digest, or into a surge. Pure.

`question` lists what must be known, `place` decides, and `store/lua/handover.lua` stores the decision if nothing
changed meanwhile. The rules, in order:

1. A muted alert is stored and not sent.
2. An alert of a rule with a threshold is held until there are enough stories and publishers. Then a surge begins: all
   held alerts, and all that come during the surge, belong to the surge's story.
3. The other alerts of one item and channel go to one place, that of their most severe rule.
4. That place is the story's message while it still collects; else the reply in its thread that collects; else a
   new message. A digest has no thread: alerts that do not fit go into another digest.
   An item with a high alert that may not belong to the story goes into a reply of its own, which is also shown in
   the channel, so that nobody misses it.
5. If a rule, or the channel, would exceed its cap of messages in this hour, the alerts go into a digest. The channel's
   cap does not hold back alerts of severity high.
6. A message with an alert of severity high goes before all others of its channel's queue.

Alerts are placed in the order of the stream, the most severe of an item first.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from newswatch.models import Alert
from newswatch.pipeline.base.sender import Layout
from newswatch.pipeline.match.board import Board
from newswatch.pipeline.match.candidates import Candidate
from newswatch.store.handover import Plan, Question, Release, Situation, SurgeQuestion

MOST_RELEASED = 200
"""How many alerts of a surge are put into messages in one step. It is bounded so that no step blocks Redis for long."""


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
            rates |= {one.rate, one.channel_rate}
            for group in (one.cap_story, one.channel_cap_story):
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
        sources=tuple(sorted({one.alert.published_by for one in group})),
        rules=tuple(sorted(beside)),
    )


def place(candidates: Sequence[Candidate], situation: Situation, now_ms: int, layout: Layout) -> Plan:
    """Decide where all of these alerts go. Alerts that exist already are left out."""
    board = Board(situation, now_ms, layout)
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
    board = Board(situation, now_ms, layout)
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
