"""watchlist.yaml and watchlist.d/*.yaml, read into rules and lists."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from newswatch.config.checked_file import CheckedFile
from newswatch.config.draft import Place
from newswatch.config.kinds import did_you_mean
from newswatch.config.records import CheckedMapping, Given
from newswatch.config.report import FileReport
from newswatch.config.unique import UniqueNames
from newswatch.config.watchlist_source import WatchlistFile
from newswatch.config.yaml_tree import MapNode
from newswatch.models import DEFAULT_MODALITY, Event, FeedFilter, Rule, Threshold


@dataclass(slots=True)
class RuleSource:
    """A rule in its file. `rule` is None if anything in it has an error."""

    given: CheckedMapping
    report: FileReport
    rule: Rule | None


@dataclass(slots=True)
class ListSource:
    """A list in its file. `entries` is None if anything in it has an error."""

    given: Given
    report: FileReport
    entries: tuple[str, ...] | None


@dataclass(slots=True)
class WatchlistPart:
    """The content of all watchlist files.

    `rules` and `lists` are those of the files that were read. The cached results of other files need no further check.
    """

    rules: list[RuleSource] = field(default_factory=list)
    lists: dict[str, ListSource] = field(default_factory=dict)
    files: list[tuple[FileReport, CheckedFile | list[RuleSource]]] = field(default_factory=list)
    complete: bool = True
    """Whether all files could be read. If so, a list that is not among theirs is unknown."""

    @property
    def kept(self) -> Iterator[tuple[CheckedFile, FileReport]]:
        """The cached results of the files that were not read."""
        return ((found, report) for report, found in self.files if isinstance(found, CheckedFile))

    def sound_lists(self) -> dict[str, tuple[str, ...]]:
        """The lists of all files, without those that have errors."""
        found = {name: tuple(entries) for kept, _ in self.kept for name, entries in kept.lists.items()}
        fresh = self.lists.items()
        return {**found, **{name: source.entries for name, source in fresh if source.entries is not None}}

    def sound_rules(self) -> Iterator[Rule]:
        """The rules of all files, in the order of the files, without those that have errors."""
        for _, found in self.files:
            if isinstance(found, CheckedFile):
                yield from found.rules
            else:
                yield from (source.rule for source in found if source.rule is not None)

    def places(self) -> dict[str, Place]:
        """The first place of each rule's id."""
        places: dict[str, Place] = {}
        for report, found in self.files:
            name = report.document.file
            if isinstance(found, CheckedFile):
                for rule, (line, col) in zip(found.rules, found.places, strict=True):
                    places.setdefault(rule.id, Place(name, line, col))
                continue
            for source in found:
                node = source.given.node_of("id")
                places.setdefault(source.given.get("id", ""), Place(name, node.line, node.col))
        return places


def read_watchlists(files: Sequence[WatchlistFile]) -> WatchlistPart:
    """The rules and lists of all files. Problems go to their reports."""
    part = WatchlistPart()
    ids, names = UniqueNames("rule id"), UniqueNames("list")
    for file in files:
        if file.kept is not None:
            part.files.append((file.report, file.kept))
            continue
        reading = file.reading
        if reading is None:
            part.complete = False
            continue
        part.complete = part.complete and (reading.sound or "lists" in reading.givens)
        _read_lists(reading, file.report, part, names)
        _read_rules(reading, file.report, part, ids)
    return part


def _read_lists(reading: CheckedMapping, report: FileReport, part: WatchlistPart, names: UniqueNames) -> None:
    found: dict[str, Given] = reading.get("lists", {})
    for name, given in found.items():
        if not names.add_name(name, given.name, report):
            continue
        part.lists[name] = ListSource(given, report, given.value)


def _read_rules(reading: CheckedMapping, report: FileReport, part: WatchlistPart, ids: UniqueNames) -> None:
    found: list[RuleSource] = []
    part.files.append((report, found))
    for given in reading.get("rules", ()):
        _check_filter(given, report)
        _check_subject(given, report)
        fresh = ids.add(given, report)
        rule = _rule(given) if given.sound and fresh else None
        found.append(RuleSource(given, report, rule))
    part.rules.extend(found)


def _check_filter(given: CheckedMapping, report: FileReport) -> None:
    chosen: CheckedMapping | None = given.get("feeds")
    if chosen is not None and chosen.sound and not chosen.givens:
        label = f"rule {given.get('id', '')!r}: feeds"
        report.error(chosen.node, f"{label}: names neither ids nor tags; for all feeds remove the key")


_EITHER = (("query", "modality", "negation"), ("event", "negation", "modality"))
"""What a rule looks for, the key that does not go with it, and the key that does instead."""


def _check_subject(given: CheckedMapping, report: FileReport) -> None:
    """A rule has a query or an event. A key of either that was refused counts as there."""
    keys = {name.text: name for name, _ in given.node.entries} if isinstance(given.node, MapNode) else {}
    label = f"rule {given.get('id', '')!r}"
    if "query" in keys and "event" in keys:
        report.error(keys["event"], f"{label}: has a query and an event: keep one, or make two rules")
        return
    if not any(name in ("query", "event") or did_you_mean(name, ("query", "event")) for name in keys):
        report.error(
            given.node,
            f"{label}: what to look for is missing: write an event, such as"
            " event: {who: $regulators, does: $sues, what: crypto}, or a query",
        )
    for has, wrong, right in _EITHER:
        if has in keys and wrong in keys:
            report.error(keys[wrong], f"{label}: {wrong} does not go with {has}: use {right}")


def _event(given: CheckedMapping | None) -> Event | None:
    if given is None:
        return None
    parts: dict[str, tuple[str, ...]] = {name: given.get(name, ()) for name in ("who", "what", "unless")}
    return Event(does=given.get("does", ()), **parts)


def _rule(given: CheckedMapping) -> Rule:
    chosen: CheckedMapping | None = given.get("feeds")
    surge: CheckedMapping | None = given.get("threshold")
    return Rule(
        id=given.get("id"),
        query=given.get("query", ""),
        event=_event(given.get("event")),
        modality=given.get("modality", DEFAULT_MODALITY),
        severity=given.get("severity", "medium"),
        notify=given.get("notify"),
        feeds=FeedFilter() if chosen is None else FeedFilter(chosen.get("ids", ()), chosen.get("tags", ())),
        languages=given.get("languages", ()),
        negation=given.get("negation", "ignore"),
        owner=given.get("owner"),
        expires=given.get("expires"),
        threshold=None if surge is None else _threshold(surge),
        must_match=given.get("must_match", ()),
        must_not_match=given.get("must_not_match", ()),
    )


def _threshold(surge: CheckedMapping) -> Threshold:
    return Threshold(stories=surge.get("stories"), sources=surge.get("sources"), within_s=surge.get("within"))
