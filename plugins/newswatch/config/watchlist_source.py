"""One watchlist file: its cached result, or its content."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from newswatch.config.checked_file import KIND, CheckCache, CheckedFile, Lists, key_of
from newswatch.config.records import CheckedMapping, Given
from newswatch.config.report import FileReport
from newswatch.config.shapes import WATCHLIST_FILE
from newswatch.config.yaml_tree import Document, parse_document, read_data
from newswatch.errors import Problem


class WatchlistFile:
    """A file with its report, and either its cached result or its content.

    `key` is None if the file cannot be opened; `reading` is None if it cannot be parsed.
    """

    def __init__(self, path: Path, cache: CheckCache) -> None:
        data = read_data(path)
        self.key: str | None = None
        self.kept: CheckedFile | None = None
        self.reading: CheckedMapping | None = None
        self._name = str(path)
        self._data = b""
        if isinstance(data, Document):
            self.report = FileReport(data)
            return
        self._data = data
        self.key = key_of(data)
        entry = cache.get(KIND, self.key)
        self.kept = None if entry is None else CheckedFile.from_bytes(entry)
        if self.kept is None:
            self.reread()
            return
        self.report = FileReport(Document(self._name))
        for line, col, message in self.kept.warnings:
            self.report.problems.append(Problem(self._name, line, col, message, severity="warning"))

    def reread(self) -> None:
        """Read the file itself and drop the cached result."""
        self.kept = None
        self.report = FileReport(parse_document(self._name, self._data))
        root = self.report.document.root
        self.reading = None if root is None else WATCHLIST_FILE.read(root, "", self.report)

    def rule_ids(self) -> Iterator[str]:
        """The ids of its rules, repeated ones as often as they occur."""
        if self.kept is not None:
            yield from (rule.id for rule in self.kept.rules)
        elif self.reading is not None:
            yield from (given.get("id") for given in self.reading.get("rules", ()) if given.get("id"))

    def lists(self) -> Lists:
        """Its lists, without those that have errors."""
        if self.kept is not None:
            return self.kept.lists
        found: dict[str, Given] = {} if self.reading is None else self.reading.get("lists", {})
        return {name: given.value for name, given in found.items() if given.value is not None}
