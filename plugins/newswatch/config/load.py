"""The configuration folder, read and checked as a whole."""

from __future__ import annotations

import hashlib
from collections.abc import Hashable, Sequence
from datetime import date
from pathlib import Path

from newswatch.config.checked_file import CheckCache, NoCache, UsedNames
from newswatch.config.checker import QueryChecker
from newswatch.config.draft import Draft, Loaded
from newswatch.config.feeds_file import FeedsPart
from newswatch.config.queries import check_expiry, check_queries
from newswatch.config.receivers_file import ReceiversPart, read_receivers
from newswatch.config.references import check_references
from newswatch.config.release_windows import check_expected
from newswatch.config.report import FileReport
from newswatch.config.unchanged_files import cache_sound, feeds_of, reread_outdated
from newswatch.config.watchlist_file import WatchlistPart, read_watchlists
from newswatch.config.watchlist_source import WatchlistFile
from newswatch.config.yaml_tree import read_document
from newswatch.errors import Problem
from newswatch.garbage import collection_paused
from newswatch.packs import pack_names, packs_version

FEEDS, WATCHLIST, WATCHLIST_FOLDER, RECEIVERS = (
    "feeds.yaml",
    "watchlist.yaml",
    "watchlist.d",
    "receivers.yaml",
)


def load_config(
    directory: Path, checker: QueryChecker, *, today: date, cache: CheckCache | None = None
) -> Loaded:
    """Read feeds.yaml, watchlist.yaml, watchlist.d/*.yaml and receivers.yaml.

    All problems of all files are returned at once, in the order of the files and their lines. With any error there is no
    draft. `today` (UTC) decides which rules have expired. `cache` keeps the results of feeds.yaml and of watchlist
    files without errors; the answer is the same without. Raises nothing because of the files' content.
    """
    missing = _folder_problem(directory)
    if missing is not None:
        return Loaded(None, (missing,))
    with collection_paused():
        return _load(directory, checker, today, cache)


def _load(directory: Path, checker: QueryChecker, today: date, given: CheckCache | None) -> Loaded:
    cache = given or NoCache()
    feeds, feeds_report = feeds_of(directory / FEEDS, today, given)
    files = [WatchlistFile(path, cache) for path in watchlist_files(directory)]
    receivers_report = FileReport(read_document(directory / RECEIVERS))
    receivers = read_receivers(receivers_report)
    reread_outdated(files, feeds, receivers)
    watchlist = read_watchlists(files)
    check_references(watchlist, feeds, receivers)
    check_expected(feeds.windows, feeds_report, watchlist.places(), complete=watchlist.complete)
    check_queries(watchlist, checker, feeds.default_lang)
    cache_sound(files, watchlist, feeds, receivers, cache)
    check_expiry(watchlist, today)
    reports = [feeds_report, *(file.report for file in files), receivers_report]
    _warn_of_nothing(watchlist, files[0].report, reports)
    _warn_of_unread(directory, files[0].report)
    draft = None if any(report.errors for report in reports) else _draft(feeds, watchlist, receivers)
    return Loaded(draft, _in_order(reports), watchlist.places())


def watchlist_files(directory: Path) -> list[Path]:
    """watchlist.yaml, whether it exists or not, and the files of watchlist.d by name. Hidden files are not read."""
    parts = sorted(
        path for path in (directory / WATCHLIST_FOLDER).glob("*.yaml") if not path.name.startswith(".")
    )
    return [directory / WATCHLIST, *parts]


def calendar_files(directory: Path) -> list[Path]:
    """The iCalendar files below the folder, used or not, by name."""
    return sorted(directory.glob("**/*.ics"))


def fingerprint(directory: Path, today: date | None = None) -> str:
    """A hash of the bytes of all files: unchanged files need not be loaded again.

    Calendars bring other windows each week, so with them it changes with the week of `today`.

    Raises OSError if a file exists and cannot be read.
    """
    digest = hashlib.blake2b(digest_size=16)
    calendars = calendar_files(directory)
    if calendars and today is not None:
        digest.update(f"{today:%G-%V}".encode())
    for path in (directory / FEEDS, *watchlist_files(directory), directory / RECEIVERS, *calendars):
        data = path.read_bytes() if path.is_file() else None
        digest.update(f"{path.name}\0{'absent' if data is None else len(data)}\0".encode())
        digest.update(data or b"")
    return digest.hexdigest()


def _folder_problem(directory: Path) -> Problem | None:
    if directory.is_dir():
        return None
    what = "is not a folder" if directory.exists() else "does not exist"
    message = f"the configuration folder {what}: name the right one with --config or NEWSWATCH_CONFIG"
    return Problem(str(directory), 1, 1, message)


def _warn_of_nothing(watchlist: WatchlistPart, report: FileReport, reports: Sequence[FileReport]) -> None:
    if any(report.errors for report in reports):
        return
    if watchlist.complete and next(watchlist.sound_rules(), None) is None:
        report.warning_at(1, 1, "there are no rules, so nothing will alert")


def _warn_of_unread(directory: Path, report: FileReport) -> None:
    for path in sorted((directory / WATCHLIST_FOLDER).glob("*.yml")):
        report.warning_at(1, 1, f"{WATCHLIST_FOLDER}/{path.name} is not read: rename it to end in .yaml")


def _draft(feeds: FeedsPart, watchlist: WatchlistPart, receivers: ReceiversPart) -> Draft:
    rules, lists = tuple(watchlist.sound_rules()), watchlist.sound_lists()
    uses_packs = not set(UsedNames.of(rules, lists).lists).isdisjoint(pack_names())
    return Draft(
        feeds=tuple(feeds.feeds),
        rules=rules,
        receivers=tuple(receivers.receivers),
        lists=lists,
        default_lang=feeds.default_lang,
        packs=packs_version() if uses_packs else "",
        editors=receivers.editors,
    )


def _in_order(reports: Sequence[FileReport]) -> tuple[Problem, ...]:
    ordered = (sorted(report.problems, key=lambda problem: (problem.line, problem.col)) for report in reports)
    return tuple(problem for problems in ordered for problem in problems)


def folder_signature(directory: Path) -> Hashable:
    """Name, time, size and inode of every file that is read from the folder: changes with every edit."""
    found: list[tuple[str, int, int, int]] = []
    texts = [*directory.glob("*.yaml"), *directory.glob(f"{WATCHLIST_FOLDER}/*.yaml")]
    for path in sorted([*texts, *calendar_files(directory)]):
        try:
            stat = path.stat()
        except OSError:  # removed or unreadable since the listing: the next look sees that
            continue
        found.append((str(path), stat.st_mtime_ns, stat.st_size, stat.st_ino))
    return tuple(found)
