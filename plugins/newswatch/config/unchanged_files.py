"""Which files need not be read again, and keeping the results of those that were read."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

from newswatch.config.checked_file import KIND, CheckCache, CheckedFile, UsedNames, basis_of, key_of
from newswatch.config.feeds_file import FeedsPart, read_feeds
from newswatch.config.receivers_file import ReceiversPart
from newswatch.config.report import FileReport
from newswatch.config.watchlist_file import RuleSource, WatchlistPart
from newswatch.config.watchlist_source import WatchlistFile
from newswatch.config.yaml_tree import Document, parse_document, read_data
from newswatch.errors import Problem


@dataclass(frozen=True, slots=True)
class _KnownFeeds:
    part: FeedsPart
    warnings: tuple[Problem, ...]


_known_feeds: dict[tuple[str, date], _KnownFeeds] = {}
"""The last file, by its bytes and the day."""


def feeds_of(path: Path, today: date, *, remember: bool) -> tuple[FeedsPart, FileReport]:
    """The content of feeds.yaml and its problems.

    With `remember`, the last file without errors is kept in this process: an editor checks the configuration with every
    keystroke, and reading 10,000 feeds takes a second. One with calendars is read each time, since those may change.
    """
    data = read_data(path)
    if isinstance(data, Document):
        report = FileReport(data)
        return read_feeds(report, today, path.parent), report
    key = (key_of(data), today)
    known = _known_feeds.get(key) if remember else None
    if known is not None:
        report = FileReport(Document(str(path)))
        report.problems += [one._replace(file=str(path)) for one in known.warnings]
        return known.part, report
    report = FileReport(parse_document(str(path), data))
    part = read_feeds(report, today, path.parent)
    if remember and not report.errors and not part.windows.calendars:
        _known_feeds.clear()
        _known_feeds[key] = _KnownFeeds(part, tuple(report.problems))
    return part, report


def reread_outdated(files: Sequence[WatchlistFile], feeds: FeedsPart, receivers: ReceiversPart) -> None:
    """Read the cached files again that no longer fit the other files.

    This changes nothing for the others, because ids and lists stay the same.
    """
    if all(file.kept is None for file in files):
        return
    lists = {name: entries for file in files for name, entries in file.lists().items()}
    uses = Counter(rule_id for file in files for rule_id in file.rule_ids())
    uses.update(f"${name}" for file in files for name in file.lists())
    twice = {name for name, count in uses.items() if count > 1}
    known = receivers.complete and feeds.complete
    misfits = []
    for file in files:
        kept = file.kept
        if kept is None:
            continue
        alone = not twice or twice.isdisjoint([*file.rule_ids(), *(f"${name}" for name in file.lists())])
        if not (
            known
            and alone
            and kept.fits(receivers.ids, feeds.ids, feeds.tags)
            and kept.basis == basis_of(kept.names.lists, lists, feeds.default_lang)
        ):
            misfits.append(file)
    for file in misfits:
        file.reread()


def cache_sound(
    files: Sequence[WatchlistFile],
    watchlist: WatchlistPart,
    feeds: FeedsPart,
    receivers: ReceiversPart,
    cache: CheckCache,
) -> None:
    """Cache the results of files that were read and have neither errors nor unknown names."""
    if not (watchlist.complete and feeds.complete and receivers.complete):
        return
    lists = watchlist.sound_lists()
    found = {id(report): sources for report, sources in watchlist.files if isinstance(sources, list)}
    for file in files:
        sources = found.get(id(file.report))
        if sources is None or file.key is None or file.report.errors:
            continue
        kept = _kept(file, sources)
        if kept.fits(receivers.ids, feeds.ids, feeds.tags):
            basis = basis_of(kept.names.lists, lists, feeds.default_lang)
            cache.put(KIND, file.key, replace(kept, basis=basis).to_bytes())


def _kept(file: WatchlistFile, sources: Sequence[RuleSource]) -> CheckedFile:
    rules = tuple(source.rule for source in sources if source.rule is not None)
    nodes = [source.given.node_of("id") for source in sources]
    ends = [(number, source.given.node_of("expires")) for number, source in enumerate(sources)]
    lists = file.lists()
    return CheckedFile(
        rules=rules,
        places=tuple((node.line, node.col) for node in nodes),
        expiries=tuple((number, node.line, node.col) for number, node in ends if rules[number].expires),
        lists=lists,
        warnings=_warnings(file.report),
        names=UsedNames.of(rules, lists),
        basis="",
    )


def _warnings(report: FileReport) -> tuple[tuple[int, int, str], ...]:
    return tuple((problem.line, problem.col, problem.message) for problem in report.problems)
