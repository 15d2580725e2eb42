"""Which files need not be read again, and keeping the results of those that were read."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path

from newswatch.config.checked_feeds import KIND as FEEDS_KIND
from newswatch.config.checked_feeds import CheckedFeeds, feeds_key
from newswatch.config.checked_file import KIND, CheckCache, CheckedFile, UsedNames, basis_of
from newswatch.config.feeds_file import FeedsPart, read_feeds
from newswatch.config.receivers_file import ReceiversPart
from newswatch.config.report import FileReport
from newswatch.config.watchlist_file import RuleSource, WatchlistPart
from newswatch.config.watchlist_source import WatchlistFile
from newswatch.config.yaml_tree import Document, parse_document, read_data

_known_feeds: dict[str, CheckedFeeds] = {}
"""The last file, by its key: an editor checks the configuration with every keystroke."""


def feeds_of(path: Path, today: date, cache: CheckCache | None) -> tuple[FeedsPart, FileReport]:
    """The content of feeds.yaml and its problems. With a cache, a file that was read before is not read again."""
    data = read_data(path)
    if isinstance(data, Document):
        report = FileReport(data)
        return read_feeds(report, today, path.parent), report
    key = feeds_key(data, today)
    known = _known(key, cache) if cache else None
    if known is not None:
        report = FileReport(Document(str(path)))
        for line, col, message in known.warnings:
            report.warning_at(line, col, message)
        return known.part(), report
    report = FileReport(parse_document(str(path), data))
    part = read_feeds(report, today, path.parent)
    read = CheckedFeeds.of(part, report) if cache else None
    if cache and read:
        _remember(key, read)
        cache.put(FEEDS_KIND, key, read.to_bytes())
    return part, report


def _known(key: str, cache: CheckCache) -> CheckedFeeds | None:
    if key in _known_feeds:
        return _known_feeds[key]
    data = cache.get(FEEDS_KIND, key)
    known = CheckedFeeds.from_bytes(data) if data else None
    if known is not None:
        _remember(key, known)
    return known


def _remember(key: str, feeds: CheckedFeeds) -> None:
    _known_feeds.clear()
    _known_feeds[key] = feeds


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
