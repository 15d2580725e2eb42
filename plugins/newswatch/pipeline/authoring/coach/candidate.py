"""An edit of a rule: what it makes of the rule and its lists, and how the file is changed for it. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from newswatch.config.yaml_changes import (
    AddEntry,
    Change,
    RemoveEntry,
    RemoveKey,
    ReplaceEntry,
    SetKey,
)
from newswatch.models import Event, FeedFilter, Modality, Rule
from newswatch.rules.lists import Lists

Kind = Literal["drop", "exact", "exclude", "negation", "limit", "require", "add", "allow"]
EventPart = Literal["who", "does", "what", "unless"]


@dataclass(frozen=True, slots=True)
class ListEdit:
    """An entry that a list of the watchlist loses. Of a pack that is an entry of `without`."""

    name: str
    entry: str


@dataclass(frozen=True, slots=True)
class Candidate:
    """One edit. `rule` and `lists` are what it comes to.

    `changes` are those of the rule in its file, `list_edits` those of lists. `size` counts the words that the editor
    would type or delete. `widens`: it can catch items that the rule does not catch now.
    """

    kind: Kind
    about: str
    rule: Rule
    lists: Lists
    changes: tuple[Change, ...] = ()
    list_edits: tuple[ListEdit, ...] = ()
    size: int = 1
    widens: bool = False


@dataclass(frozen=True)
class Subject:
    """A rule with its lists, as the files have them: what candidates are made from."""

    rule: Rule
    lists: Lists

    def with_query(
        self, kind: Kind, about: str, query: str, *, size: int = 1, widens: bool = False
    ) -> Candidate:
        """Another query."""
        changes = (SetKey(("query",), query),)
        return Candidate(kind, about, replace(self.rule, query=query), self.lists, changes, (), size, widens)

    def with_entry(self, kind: Kind, about: str, part: EventPart, entry: str, *, widens: bool) -> Candidate:
        """One more entry of a part of the event."""
        event = self._event
        now: tuple[str, ...] = getattr(event, part)
        rule = replace(self.rule, event=replace(event, **{part: (*now, entry)}))
        change = AddEntry(("event", part), entry) if now else SetKey(("event", part), [entry])
        return Candidate(kind, about, rule, self.lists, (change,), (), len(entry.split()), widens)

    def without_entries(
        self,
        kind: Kind,
        about: str,
        part: EventPart,
        entries: Sequence[str],
        list_edits: Sequence[ListEdit],
        *,
        widens: bool = False,
    ) -> Candidate | None:
        """Without entries of a part of the event, and of lists. None if nothing would be left of the part."""
        event = self._event
        now: tuple[str, ...] = getattr(event, part)
        left = tuple(one for one in now if one not in entries)
        if not left and part != "unless":
            return None
        rule = replace(self.rule, event=replace(event, **{part: left}))
        path = ("event", part)
        changes: tuple[Change, ...] = tuple(RemoveEntry(path, one) for one in now if one in entries)
        if not left:
            changes = (RemoveKey(path),)
        lists = without_from_lists(self.lists, list_edits)
        if lists is None:
            return None
        size = len(entries) + len(list_edits)
        return Candidate(kind, about, rule, lists, changes, tuple(list_edits), size, widens)

    def without_list_entries(
        self, kind: Kind, about: str, list_edits: Sequence[ListEdit], *, widens: bool = False
    ) -> Candidate | None:
        """Without entries of lists. None if nothing would be left of one."""
        lists = without_from_lists(self.lists, list_edits)
        if lists is None:
            return None
        return Candidate(kind, about, self.rule, lists, (), tuple(list_edits), len(list_edits), widens)

    def with_forms(self, about: str, part: EventPart, entry: str, forms: Sequence[str]) -> Candidate:
        """Exact forms in place of an entry of a part of the event."""
        event = self._event
        now: tuple[str, ...] = getattr(event, part)
        at = now.index(entry)
        rule = replace(self.rule, event=replace(event, **{part: (*now[:at], *forms, *now[at + 1 :])}))
        change = ReplaceEntry(("event", part), entry, tuple(forms))
        return Candidate("exact", about, rule, self.lists, (change,), (), len(forms))

    def with_feeds(self, about: str, feeds: FeedFilter) -> Candidate:
        """Looking at these feeds only."""
        value = {name: list(given) for name, given in (("ids", feeds.ids), ("tags", feeds.tags)) if given}
        rule = replace(self.rule, feeds=feeds)
        return Candidate("limit", about, rule, self.lists, (SetKey(("feeds",), value),))

    def with_languages(self, about: str, languages: Sequence[str]) -> Candidate:
        """Looking at items in these languages only."""
        rule = replace(self.rule, languages=tuple(languages))
        return Candidate("limit", about, rule, self.lists, (SetKey(("languages",), list(languages)),))

    def with_negation(self, about: str) -> Candidate:
        """Without negated hits of the query."""
        rule = replace(self.rule, negation="exclude")
        return Candidate("negation", about, rule, self.lists, (SetKey(("negation",), "exclude"),))

    def with_modality(self, kind: Kind, about: str, modality: tuple[Modality, ...]) -> Candidate:
        """Counting the occurrences of these modalities."""
        rule = replace(self.rule, modality=modality)
        change = SetKey(("modality",), list(modality))
        return Candidate(kind, about, rule, self.lists, (change,), widens=kind == "allow")

    @property
    def _event(self) -> Event:
        if self.rule.event is None:
            raise TypeError(f"rule {self.rule.id} is not an event")
        return self.rule.event


def without_from_lists(lists: Lists, edits: Sequence[ListEdit]) -> Lists | None:
    """The lists after these edits; None if a list would be left without entries."""
    changed: dict[str, Sequence[str]] = dict(lists)
    for edit in edits:
        own = tuple(changed.get(edit.name, (f"${edit.name}",)))
        left = tuple(one for one in own if one != edit.entry)
        changed[edit.name] = left if edit.entry in own else (*own, f"NOT {edit.entry}")
        if not left:
            return None
    return changed


def changes_of(edits: Sequence[ListEdit], value: object) -> list[Change]:
    """The edits of one list as changes of its value in the file; `value` is None where the file has no such list.

    Raises KeyError for a list whose form in the file does not allow it.
    """
    taken: list[str] = []
    changes: list[Change] = []
    for edit in edits:
        if isinstance(value, list) and edit.entry in value:
            changes.append(RemoveEntry((), edit.entry))
        elif isinstance(value, Mapping) and edit.entry in value.get("extend", ()):
            changes.append(RemoveEntry(("extend",), edit.entry))
        elif value is None:
            taken.append(edit.entry)
        elif isinstance(value, Mapping):
            changes.append(AddEntry(("without",), edit.entry))
        else:
            raise KeyError(edit.entry)
    return [SetKey((), {"without": taken}), *changes] if taken else changes
