"""watchlist.yaml and watchlist.d/*.yaml, read into rules and lists."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from newswatch.config.records import Given, Reading
from newswatch.config.report import Report
from newswatch.config.shapes import WATCHLIST_FILE
from newswatch.config.unique import Names
from newswatch.models import FeedFilter, Rule, Threshold


@dataclass(slots=True)
class RuleSource:
    """A rule as it stands in its file. `rule` is None when anything in it was refused."""

    given: Reading
    report: Report
    rule: Rule | None


@dataclass(slots=True)
class ListSource:
    """A list as it stands in its file. `entries` is None when anything in it was refused."""

    given: Given
    report: Report
    entries: tuple[str, ...] | None


@dataclass(slots=True)
class WatchlistPart:
    """What the watchlist files gave together."""

    rules: list[RuleSource] = field(default_factory=list)
    lists: dict[str, ListSource] = field(default_factory=dict)
    complete: bool = True
    """Whether all files could be read, so that a list not found is unknown."""


def read_watchlists(reports: Sequence[Report]) -> WatchlistPart:
    """The rules and lists of all documents; what is wrong goes to their reports."""
    part = WatchlistPart()
    ids, names = Names("rule id"), Names("list")
    for report in reports:
        root = report.document.root
        reading = None if root is None else WATCHLIST_FILE.read(root, "", report)
        if reading is None:
            part.complete = False
            continue
        part.complete = part.complete and (reading.sound or "lists" in reading.givens)
        _read_lists(reading, report, part, names)
        _read_rules(reading, report, part, ids)
    if part.complete and not part.rules and not any(report.errors for report in reports):
        reports[0].warning_at(1, 1, "there are no rules, so nothing will alert")
    return part


def _read_lists(reading: Reading, report: Report, part: WatchlistPart, names: Names) -> None:
    found: dict[str, Given] = reading.get("lists", {})
    for name, given in found.items():
        if not names.add_name(name, given.name, report):
            continue
        part.lists[name] = ListSource(given, report, given.value)


def _read_rules(reading: Reading, report: Report, part: WatchlistPart, ids: Names) -> None:
    for given in reading.get("rules", ()):
        _check_filter(given, report)
        fresh = ids.add(given, report)
        rule = _rule(given) if given.sound and fresh else None
        part.rules.append(RuleSource(given, report, rule))


def _check_filter(given: Reading, report: Report) -> None:
    chosen: Reading | None = given.get("feeds")
    if chosen is not None and chosen.sound and not chosen.givens:
        label = f"rule {given.get('id', '')!r}: feeds"
        report.error(chosen.node, f"{label}: names neither ids nor tags; for all feeds remove the key")


def _rule(given: Reading) -> Rule:
    chosen: Reading | None = given.get("feeds")
    surge: Reading | None = given.get("threshold")
    return Rule(
        id=given.get("id"),
        query=given.get("query"),
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


def _threshold(surge: Reading) -> Threshold:
    return Threshold(stories=surge.get("stories"), sources=surge.get("sources"), within_s=surge.get("within"))
