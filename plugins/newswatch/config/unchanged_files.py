"""Which watchlist files need not be read again, and caching the results of those that were read."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from newswatch.config.checked_file import KIND, CheckCache, CheckedFile, UsedNames, basis_of
from newswatch.config.feeds_file import FeedsPart
from newswatch.config.receivers_file import ReceiversPart
from newswatch.config.report import FileReport
from newswatch.config.watchlist_file import RuleSource, WatchlistPart
from newswatch.config.watchlist_source import WatchlistFile


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
