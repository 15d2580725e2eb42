"""The result of reading feeds.yaml, cached so that an unchanged file is not read again: 10,000 feeds take a second.

Only a file without errors is cached. One with calendars is read each time, since those may change.
"""

from __future__ import annotations

import json
from dataclasses import astuple, dataclass
from datetime import date
from importlib.metadata import version
from typing import Any

from newswatch.config.checked_file import key_of
from newswatch.config.codec import from_plain, to_plain
from newswatch.config.feeds_file import FeedsPart
from newswatch.config.release_windows import ExpectedRule, WindowsPart
from newswatch.config.report import FileReport
from newswatch.models import Feed

FORMAT = 1
"""The version of `CheckedFeeds.to_bytes`. Incremented by every change of the format."""

KIND = "feeds-file"


@dataclass(frozen=True, slots=True)
class CheckedFeeds:
    """The feeds of a file without errors, the rules that their windows expect, and warnings: line, column, text."""

    feeds: tuple[Feed, ...]
    default_lang: str
    expected: tuple[ExpectedRule, ...]
    warnings: tuple[tuple[int, int, str], ...]

    @classmethod
    def of(cls, part: FeedsPart, report: FileReport) -> CheckedFeeds | None:
        """What was read; None if it has to be read each time. Pure."""
        if report.errors or not part.complete or part.windows.calendars:
            return None
        warnings = tuple((one.line, one.col, one.message) for one in report.problems)
        return cls(tuple(part.feeds), part.default_lang, tuple(part.windows.expected), warnings)

    def part(self) -> FeedsPart:
        """The content of feeds.yaml."""
        return FeedsPart(
            feeds=list(self.feeds),
            ids={feed.id for feed in self.feeds},
            tags={tag for feed in self.feeds for tag in feed.tags},
            default_lang=self.default_lang,
            windows=WindowsPart(expected=list(self.expected)),
            complete=True,
        )

    def to_bytes(self) -> bytes:
        """As JSON."""
        plain = {
            "format": FORMAT,
            "feeds": [to_plain(feed) for feed in self.feeds],
            "default_lang": self.default_lang,
            "expected": [astuple(one) for one in self.expected],
            "warnings": self.warnings,
        }
        return json.dumps(plain, ensure_ascii=False, separators=(",", ":")).encode()

    @classmethod
    def from_bytes(cls, data: bytes) -> CheckedFeeds | None:
        """What `to_bytes` wrote; None for anything else."""
        try:
            plain: dict[str, Any] = json.loads(data)
            if plain["format"] != FORMAT:
                return None
            return cls(
                feeds=tuple([from_plain(Feed, feed) for feed in plain["feeds"]]),
                default_lang=str(plain["default_lang"]),
                expected=tuple([ExpectedRule(*one) for one in plain["expected"]]),
                warnings=tuple([(line, col, message) for line, col, message in plain["warnings"]]),
            )
        except (ValueError, KeyError, TypeError, AttributeError):
            # Whatever it is, reading the file again gives the right result.
            return None


def feeds_key(data: bytes, today: date) -> str:
    """The key of a file's bytes. Windows depend on the day, publishers on the list of public suffixes."""
    return f"{key_of(data)} {today} {version('publicsuffixlist')}"
