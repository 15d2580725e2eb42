"""From an event as configured to rows of the tables: its parts as lexicons, its verbs as anchors."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Any

from newswatch.errors import QueryError
from newswatch.models import Event, Modality
from newswatch.packs import FIRMS, STANCE_PARTS, PackEntry, Part, load_pack
from newswatch.rules.anchors import COMMON
from newswatch.rules.lists import Lists, list_entries, packs_of
from newswatch.rules.nodes import Phrase, Word
from newswatch.rules.query import parse_entry, unknown_list
from newswatch.rules.tables import EventRow, LexiconRows, PhraseKey, StanceRow, Tables

KEPT_ENTRIES = 32_768
"""Entries whose words are remembered, as `parse_entry` remembers them: all packs together have 19,000."""

BY = ("by", "from", "von", "durch", "par", "por", "de la", "со стороны")
"""What joins a noun to its actor: "a ban by", "opposition from". Not "of": criticism of the Fed is not the Fed's."""


class EventPlanner:
    """Adds events to the tables. Events that use the same list share its lexicon."""

    def __init__(self, lists: Lists, tables: Tables) -> None:
        self._lists = lists
        self._tables = tables
        self._numbers: dict[Any, int] = {}

    def add(self, event: Event, modality: tuple[Modality, ...]) -> tuple[int, list[Phrase]]:
        """The event's number, and phrases of which one is in every item that has it. Raises QueryError."""
        stances = [self._stance(name) for name in event.does]
        row = EventRow(
            who=self._names(event.who),
            what=self._names(event.what),
            unless=self._names(event.unless),
            firms=self._names((f"${FIRMS}",)) if event.who else -1,
            stances=tuple(stances),
            modality=modality,
        )
        self._tables.events.append(row)
        return len(self._tables.events) - 1, self._anchors(stances)

    def _names(self, parts: Sequence[str]) -> int:
        return self._lexicon(("names", parts), parts, "entries") if parts else -1

    def _stance(self, name: str) -> StanceRow:
        verbs, nouns, statements, suffered, reversals, excepted = (
            self._lexicon((part, name), (name,), part) for part in STANCE_PARTS
        )
        links = links_of(name, self._lists)
        return StanceRow(verbs, nouns, statements, suffered, reversals, excepted, links)

    def _lexicon(self, key: Any, parts: Sequence[str], part: Part) -> int:
        if key not in self._numbers:
            rows: LexiconRows = {}
            for entry in entries_of(parts, self._lists, part):
                rows.setdefault(entry.lang, []).append(elements(entry.text))
            self._numbers[key] = len(self._tables.lexicons)
            self._tables.lexicons.append(rows)
        return self._numbers[key]

    def _anchors(self, stances: Iterable[StanceRow]) -> list[Phrase]:
        found: dict[tuple[str, ...], Phrase] = {}
        for stance in stances:
            for number in stance.does:
                for rows in self._tables.lexicons[number].values():
                    for row in rows:
                        words = rarest_run(row)
                        found.setdefault(words, Phrase(tuple(map(Word, words)), 0, 0))
        return list(found.values())


def links_of(name: str, lists: Lists) -> tuple[str, ...]:
    """The words that join a noun of a stance to its actor."""
    packs = packs_of(name.removeprefix("$"), lists) if name.startswith("$") else ()
    own = [link for pack in packs for link in load_pack(pack).links]
    return tuple(own) or BY


def entries_of(parts: Sequence[str], lists: Lists, part: Part = "entries") -> tuple[PackEntry, ...]:
    """The entries of one part of an event: of its lists, and its own words. Raises QueryError."""
    found: dict[PackEntry, None] = {}
    for text in parts:
        if text.startswith("$"):
            entries = list_entries(text[1:], lists, part)
            if not entries and not packs_of(text[1:], lists) and text[1:] not in lists:
                raise QueryError(unknown_list(text[1:], lists), offset=0, end=len(text))
            found.update(dict.fromkeys(entries))
        elif part in ("entries", "verbs"):
            found[PackEntry(text, "")] = None
    return tuple(found)


@lru_cache(KEPT_ENTRIES)
def elements(text: str) -> PhraseKey:
    """The words of an entry, how each is compared, and the gap before it. Raises QueryError."""
    phrase = parse_entry(text)
    if not isinstance(phrase, Phrase):
        raise QueryError(f"`{text}` is a list: name it in the event itself", offset=0, end=len(text))
    return tuple((word.text, word.how, word.gap) for word in phrase.words)


@lru_cache(KEPT_ENTRIES)
def rarest_run(row: PhraseKey) -> tuple[str, ...]:
    """The words without a gap between them that are least likely to occur in other texts."""
    runs: list[list[str]] = []
    for text, _, gap in row:
        if gap or not runs:
            runs.append([])
        runs[-1].append(text.casefold())
    return tuple(max(runs, key=lambda run: sum(len(word) for word in run if word not in COMMON)))
