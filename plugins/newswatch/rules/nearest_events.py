"""Why an item does not match an event rule: which part is missing, or why those that are there do not count."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from newswatch.models import Event, Modality, Role, Rule, Span
from newswatch.rules.events import Candidate, EventReading
from newswatch.rules.lexicon import Found
from newswatch.rules.lists import Lists
from newswatch.rules.matcher import ItemText, Watchlist, compile_watchlist
from newswatch.rules.passage import Passage
from newswatch.rules.scan import Scan
from newswatch.rules.tables import EventRow
from newswatch.rules.verdict import NEGATED_CREDIT, Cause, Failing, Verdict

_PUT: dict[Modality, str] = {
    "denied": "denied, or said to be over",
    "question": "asked, not stated",
    "possible": "only possible",
    "stated": "stated",
}


class EventRules:
    """The event rules of one configuration, compiled together and asked about one by one."""

    def __init__(
        self, rules: Sequence[Rule], lists: Lists, default_lang: str, watchlist: Watchlist | None = None
    ) -> None:
        """`watchlist` is all of these rules, if they were compiled before."""
        own = [rule for rule in rules if rule.event is not None]
        self._watchlist = watchlist or compile_watchlist(own, lists, default_lang)
        self._numbers = {rule.id: number for number, rule in enumerate(own)}

    def knows(self, rule: Rule) -> bool:
        """Whether the rule is one of them."""
        return rule.id in self._numbers

    def verdict(self, item: ItemText, rule: Rule) -> Verdict:
        """What keeps the item from having the event, if anything."""
        if rule.event is None:
            raise TypeError(f"rule {rule.id} is not an event")
        scan, reading, rows = self._watchlist.reading(item)
        return _Judge(scan, reading, rows[self._numbers[rule.id]], rule.event).verdict()


@dataclass(frozen=True, slots=True)
class _There:
    """A part of the event in one passage."""

    passage: Passage
    found: Found


class _Judge:
    def __init__(self, scan: Scan, reading: EventReading, row: EventRow, event: Event) -> None:
        self._scan, self._reading, self._row, self._event = scan, reading, row, event
        self._parts: dict[Role, list[_There]] = {
            role: list(self._there(role)) for role in ("who", "does", "what") if getattr(event, role)
        }

    def _there(self, role: Role) -> Iterator[_There]:
        row = self._row
        numbers = {
            "who": [row.who],
            "what": [row.what],
            "does": [number for stance in row.stances for number in stance.does],
        }[role]
        for passage in self._reading.passages():
            for number in numbers:
                yield from (_There(passage, found) for found in self._reading.find(number, passage))

    def verdict(self) -> Verdict:
        """What fails, what is there, and how much of what must be there is."""
        found = tuple(
            (self._name(role), self._span(places[0])) for role, places in self._parts.items() if places
        )
        want = len(self._parts) + 1
        missing = tuple(self._missing(role) for role, places in self._parts.items() if not places)
        if missing:
            return Verdict(missing, found, len(found), want)
        occurrences = [
            (passage, one)
            for passage in self._reading.passages()
            for one in self._reading.candidates(self._row, passage)
        ]
        if any(one.modality in self._row.modality for _, one in occurrences):
            return Verdict((), found, want, want)
        if occurrences:
            return Verdict((self._unwanted(*occurrences[0]),), found, len(found) + NEGATED_CREDIT, want)
        return Verdict((self._excluded() or self._apart(),), found, len(found), want)

    def _name(self, role: Role) -> str:
        return f"{role}: {' or '.join(getattr(self._event, role))}"

    def _span(self, there: _There) -> Span:
        first = there.passage.first
        return self._scan.span((first + there.found.start, first + there.found.end))

    def _missing(self, role: Role) -> Failing:
        name = self._name(role)
        return Failing(name, "absent", f"nothing of `{name}` is in the title, summary or body")

    def _unwanted(self, passage: Passage, one: Candidate) -> Failing:
        span = self._span(_There(passage, one.does))
        wanted = " or ".join(self._row.modality)
        text = f"the event is {_PUT[one.modality]} in the {span.field}, and the rule wants it {wanted}"
        cause: Cause = "question" if one.modality == "question" else "negated"
        return Failing(self._name("does"), cause, text, (span,))

    def _excluded(self) -> Failing | None:
        if not self._event.unless:
            return None
        for passage in self._reading.passages():
            for found in self._reading.find(self._row.unless, passage):
                span = self._span(_There(passage, found))
                term = f"unless: {' or '.join(self._event.unless)}"
                words = " ".join(passage.words[found.start : found.end])
                return Failing(
                    term, "excluded", f"“{words}” in the {span.field} is excluded by `{term}`", (span,)
                )
        return None

    def _apart(self) -> Failing:
        spans = tuple(self._span(places[0]) for places in self._parts.values())
        names = " and ".join(f"`{self._name(role)}`" for role in self._parts)
        blocks = [{there.passage.first for there in places} for places in self._parts.values()]
        if not set.intersection(*blocks):
            text = f"{names} are there, but not in one headline or paragraph"
            return Failing(str(self._event), "separate", text, spans)
        text = f"{names} are there, but the text does not say that the one does the other"
        return Failing(str(self._event), "apart", text, spans)
