"""Whether an item has an event: who does what, judged passage by passage (a headline, a paragraph). Pure.

The templates find pairs of an actor and a verb; what is done to whom is looked for around the verb; the guards
and the modality decide whether the occurrence counts.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from newswatch.models import Modality, Role
from newswatch.rules import event_guards as guards
from newswatch.rules.event_templates import TEMPLATES, Findings
from newswatch.rules.event_words import NEGATIONS
from newswatch.rules.gaps import Piece
from newswatch.rules.index import BLOCK, FIELD
from newswatch.rules.lexicon import Found
from newswatch.rules.negation import Guard
from newswatch.rules.passage import Passage
from newswatch.rules.scan import Scan
from newswatch.rules.tables import EventRow, StanceRow

OBJECT_AFTER, OBJECT_BEFORE = 8, 6
"""At most so many words are between the verb and what it is done to."""

NOBODY_AFTER, NOBODY_BEFORE, NOBODY_BEFORE_NOUN = 8, 4, 2
"""The same where nobody is named who does it."""

TOPIC = 3
"""At most so many words are before the topic of a headline such as "Bitcoin: ECB warns"."""

MOST_WORDS = 200
"""A longer paragraph is read in parts that end with a sentence where one ends. The templates compare all words of a part."""

_BLOCKS = 3
"""Title, summary and body. The author does nothing."""

_BEFORE = frozenset(("passive", "noun", "speaker", "statement", "suffered"))
"""Templates in which the object may come before the verb."""


@dataclass(frozen=True, slots=True)
class Occurrence:
    """An event in an item: the words of its parts, by places in the item."""

    template: str
    modality: Modality
    hits: tuple[tuple[Role, Piece], ...]


@dataclass(frozen=True, slots=True)
class Candidate:
    """An event in a passage before its modality is judged against what the rule wants."""

    template: str
    who: Found | None
    does: Found
    what: Found | None
    modality: Modality


class EventReading:
    """One item, read for as many events as ask. What was found is kept for the next."""

    def __init__(self, scan: Scan, guard: Guard) -> None:
        self._scan = scan
        self._guard = guard
        self._blocks = list(_blocks(scan))
        self._passages: dict[int, Passage] = {}
        self._found: dict[tuple[int, int], list[Found]] = {}

    def first(self, event: EventRow) -> Occurrence | None:
        """The first occurrence of a modality that the event wants."""
        for start, end in self._blocks:
            if self._may_be_in(event, self._scan.stream[start:end]):
                passage = self.passage(start, end)
                for candidate in self.candidates(event, passage):
                    if candidate.modality in event.modality:
                        return _occurrence(passage, candidate)
        return None

    def passages(self) -> Iterator[Passage]:
        """All headlines and paragraphs."""
        return (self.passage(start, end) for start, end in self._blocks)

    def passage(self, start: int, end: int) -> Passage:
        """One block of the item."""
        if start not in self._passages:
            self._passages[start] = Passage(self._scan, start, end)
        return self._passages[start]

    def _may_be_in(self, event: EventRow, codes: str) -> bool:
        lexicons = self._scan.index.lexicons
        named = [number for number in (event.who, event.what) if number >= 0]
        if not all(lexicons[number].may_be_in(codes) for number in named):
            return False
        return any(lexicons[number].may_be_in(codes) for stance in event.stances for number in stance.does)

    def find(self, number: int, passage: Passage) -> list[Found]:
        """What of a lexicon is in a passage; nothing for -1."""
        if number < 0:
            return []
        key = (number, passage.first)
        if key not in self._found:
            self._found[key] = self._scan.index.lexicons[number].find(passage)
        return self._found[key]

    def candidates(self, event: EventRow, passage: Passage) -> Iterator[Candidate]:
        """Every occurrence in a passage, whatever its modality."""
        if self.find(event.unless, passage):
            return
        what = self.find(event.what, passage)
        if event.what >= 0 and not what:
            return
        who = self.actors(event, passage)
        if event.who >= 0 and not who:
            return
        for stance in event.stances:
            yield from self._of_stance(event, stance, passage, who, what)

    def actors(self, event: EventRow, passage: Passage) -> list[Found]:
        """The names of `who` that are not a piece of a longer name, nor preceded by "ex" or "anti"."""
        names = self.find(event.who, passage)
        longer = [*names, *self.find(event.what, passage), *self.find(event.firms, passage)] if names else []
        return [
            name
            for name in names
            if not guards.is_other(passage, name)
            and not any(name.is_within(one) and one.end - one.start > name.end - name.start for one in longer)
        ]

    def _of_stance(
        self, event: EventRow, stance: StanceRow, passage: Passage, who: list[Found], what: list[Found]
    ) -> Iterator[Candidate]:
        found = self._findings(stance, passage, who)
        if not (found.verbs or found.nouns or found.statements or found.suffered):
            return
        reversals = self.find(stance.reversals, passage)
        whole = (*found.verbs, *found.statements, *found.suffered)
        taken_back = {id(verb) for verb in whole if any(_takes_back(one, verb) for one in reversals)}
        taken_back |= {id(noun) for noun in found.nouns if any(noun.overlaps(one) for one in reversals)}
        for template, actor, does in _pairs(event, passage, found):
            if actor is not None and guards.is_asked(passage, actor, who):
                continue
            done_to = _object(passage, template, actor, does, what) if event.what >= 0 else None
            if event.what < 0 or done_to is not None:
                denied = id(does) in taken_back or self._denies(passage, actor, does)
                modality = _modality(passage, actor, does, denied=denied)
                yield Candidate(template, actor, does, done_to, modality)

    def _findings(self, stance: StanceRow, passage: Passage, who: list[Found]) -> Findings:
        """What of a stance is in a passage, without what only looks like it."""
        excepted = self.find(stance.excepted, passage)
        verbs, statements, suffered = (
            [
                one
                for one in self.find(number, passage)
                if not any(_only_looks(one, other) for other in excepted)
            ]
            for number in (stance.verbs, stance.statements, stance.suffered)
        )
        nouns = [
            noun
            for noun in self.find(stance.nouns, passage)
            if not any(noun.overlaps(one) for one in excepted)
        ]
        return Findings(who, verbs, nouns, statements, suffered, stance.links)

    def _denies(self, passage: Passage, who: Found | None, does: Found) -> bool:
        if guards.denied_inside(passage, does):
            return True
        ahead = who is not None and who.end <= does.start
        if who is not None and ahead and guards.is_history(passage, who.end, does.start):
            return True
        if not NEGATIONS.isdisjoint(does.entry.text):
            return False
        lowest = passage.first + (who.end if who is not None and ahead else 0)
        return self._guard.negates_from(self._scan, lowest, passage.first + does.start)


def _only_looks(verb: Found, excepted: Found) -> bool:
    """Whether the verb is in such a phrase, or its last word begins one: "extends … sanctions monitoring"."""
    return verb.is_within(excepted) or excepted.start == verb.end - 1 < excepted.end - 1


def _takes_back(reversal: Found, verb: Found) -> bool:
    """Whether the verb is in a reversal, or ends with one: "considers lifting sanctions"."""
    return verb.is_within(reversal) or (reversal.is_within(verb) and reversal.end == verb.end)


def _pairs(event: EventRow, passage: Passage, found: Findings) -> Iterator[tuple[str, Found | None, Found]]:
    if event.who < 0:
        yield from (("nobody named", None, verb) for verb in found.verbs)
        yield from (("nobody named, noun", None, noun) for noun in found.nouns)
        return
    for name, template in TEMPLATES.items():
        yield from ((name, who, does) for who, does in template(passage, found))


def _object(
    passage: Passage, template: str, who: Found | None, does: Found, what: list[Found]
) -> Found | None:
    """What it is done to: within the verb's span, after it, or, in some templates, before it."""
    for one in what:
        if who is not None and one.overlaps(who):
            continue
        if _is_topic(passage, one, who, does):
            return one
        if passage.sentence[one.start] != passage.sentence[does.start]:
            continue
        if does.start <= one.start < does.end or _follows(passage, who, does, one):
            return one
        if _precedes(passage, template, does, one):
            return one
    return None


def _is_topic(passage: Passage, what: Found, who: Found | None, does: Found) -> bool:
    """Whether it is the topic before a colon: "Stablecoins: ECB warns of runs"."""
    if who is None or what.start > TOPIC or not passage.same_clause(0, what.end - 1):
        return False
    last = passage.clause.index(1) - 1 if passage.clause[-1] else -1
    return (
        last >= 0
        and ":" in passage.gaps[last]
        and passage.clause[who.start] == passage.clause[does.start] == 1
    )


def _follows(passage: Passage, who: Found | None, does: Found, what: Found) -> bool:
    most = NOBODY_AFTER if who is None else OBJECT_AFTER
    return 0 <= what.start - does.end <= most and passage.same_clause(does.end - 1, what.start)


def _precedes(passage: Passage, template: str, does: Found, what: Found) -> bool:
    gap = does.start - what.end
    if gap < 0 or not passage.same_clause(what.start, does.start):
        return False
    if template == "nobody named":
        return gap <= NOBODY_BEFORE and guards.has_passive_form(passage, does)
    if template == "nobody named, noun":
        return gap <= NOBODY_BEFORE_NOUN
    return template in _BEFORE and gap <= OBJECT_BEFORE


def _modality(passage: Passage, who: Found | None, does: Found, *, denied: bool) -> Modality:
    if guards.is_question(passage, does.start):
        return "question"
    if denied:
        return "denied"
    start = min(who.start, does.start) if who is not None else does.start
    around = range(max(0, start - 3), does.end)
    return "possible" if guards.is_conditional(passage, around) else "stated"


def _occurrence(passage: Passage, candidate: Candidate) -> Occurrence:
    hits: list[tuple[Role, Piece]] = [("does", run) for run in _runs(passage, candidate.does)]
    if candidate.who is not None:
        hits.append(("who", _hit(passage, candidate.who)))
    if candidate.what is not None:
        hits.append(("what", _hit(passage, candidate.what)))
    return Occurrence(candidate.template, candidate.modality, tuple(hits))


def _hit(passage: Passage, found: Found) -> Piece:
    return passage.first + found.start, passage.first + found.end


def _runs(passage: Passage, found: Found) -> Iterator[Piece]:
    """The words of an entry, those side by side together."""
    start = last = found.at[0]
    for place in found.at[1:]:
        if place > last + 1:
            yield passage.first + start, passage.first + last + 1
            start = place
        last = place
    yield passage.first + start, passage.first + last + 1


def _blocks(scan: Scan) -> Iterator[tuple[int, int]]:
    """The places of headlines and paragraphs that have words."""
    start, field = 0, 0
    for place, code in enumerate((*scan.stream, FIELD)):
        if code not in (BLOCK, FIELD):
            continue
        if place > start and field < _BLOCKS:
            yield from _parts(scan, start, place)
        start = place + 1
        field += code == FIELD


def _parts(scan: Scan, start: int, end: int) -> Iterator[tuple[int, int]]:
    """A headline or paragraph, cut where it is very long."""
    while end - start > MOST_WORDS:
        cut = scan.last_sentence_end(start, start + MOST_WORDS)
        yield start, cut
        start = cut
    yield start, end
