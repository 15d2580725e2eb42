"""What plans are made of: their kinds, the field bits, and the tables of phrases, sets and patterns."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

from newswatch.models import Modality, TextField
from newswatch.rules.nodes import How

Plan = list[Any]
"""A query ready for matching; `plan` describes its form."""
PlanKind = Literal["p", "s", "r", "i", "e", "n", "!", "&", "|", "v"]
PhraseKey = tuple[tuple[str, How, int], ...]
"""The words: text, how it is compared, and the gap before it."""

LexiconRows = dict[str, list[PhraseKey]]
"""By language ("" is all), the entries of one part of events."""


@dataclass(frozen=True, slots=True)
class StanceRow:
    """One thing that may be done: numbers of lexicons, and the words that join a noun to its actor."""

    verbs: int
    nouns: int
    statements: int
    suffered: int
    reversals: int
    excepted: int
    links: tuple[str, ...]

    @property
    def does(self) -> tuple[int, ...]:
        """The lexicons of which an entry is in every text that has the stance."""
        return self.verbs, self.nouns, self.statements, self.suffered


@dataclass(frozen=True, slots=True)
class EventRow:
    """An event ready for matching: numbers of lexicons, -1 for a part that it does not name."""

    who: int
    what: int
    unless: int
    firms: int
    """Names of which a name of `who` may be only a piece: "Air India"."""
    stances: tuple[StanceRow, ...]
    modality: tuple[Modality, ...]


FIELD_BITS: dict[TextField, int] = {"title": 1, "summary": 2, "body": 4, "author": 8}
DEFAULT_BITS = 7


def kind_of(plan: Plan) -> PlanKind:
    """The kind of a plan, typed, so that mypy sees where a new kind is not handled."""
    kind: PlanKind = plan[0]
    return kind


@dataclass(slots=True)
class Tables:
    """What plans refer to by number, each entry once."""

    phrases: list[PhraseKey] = field(default_factory=list)
    sets: list[tuple[int, ...]] = field(default_factory=list)
    set_languages: dict[int, dict[str, tuple[int, ...]]] = field(default_factory=dict)
    """By set and language, the phrases that are looked for only in items of that language."""
    patterns: list[str] = field(default_factory=list)
    lexicons: list[LexiconRows] = field(default_factory=list)
    """What the parts of events are looked for by."""
    events: list[EventRow] = field(default_factory=list)
    uses_author: bool = False
    """Whether any rule looks at the author. Otherwise the author is not cut into tokens."""

    def all_members(self, number: int) -> tuple[int, ...]:
        """The phrases of a set, those for one language included."""
        bound = self.set_languages.get(number, {}).values()
        return (*self.sets[number], *(phrase for phrases in bound for phrase in phrases))

    def sets_for(self, lang: str) -> list[tuple[int, ...]]:
        """The phrases of each set in items of a language."""
        sets = list(self.sets)
        for number, bound in self.set_languages.items():
            sets[number] = (*sets[number], *bound.get(lang, ()))
        return sets
