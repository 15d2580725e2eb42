"""The published editions, in memory and, with a file, over restarts."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path

from devtools.news_site.edition import (
    Edition,
    FeedName,
    SampleArticle,
    edition_from_record,
    make_edition,
    own_edition,
)

KEPT_EDITIONS = 300
ENTRIES_MAX = 60


class Press:
    """Publishes editions. `clock` gives epoch seconds; `data` is the file that keeps the editions."""

    def __init__(
        self, clock: Callable[[], float], *, repeat_after_s: float, data: Path | None = None
    ) -> None:
        self._clock = clock
        self._repeat_after_s = repeat_after_s
        self._data = data
        self.editions = _load(data) if data else []

    def publish(self, repeat_after_s: float | None = None) -> Edition:
        """Publish a new edition now. It is in the file before it is in a feed."""
        number, at = self._next()
        delay_s = self._repeat_after_s if repeat_after_s is None else repeat_after_s
        return self._add(make_edition(number, at, delay_s))

    def publish_own(self, title: str, summary: str) -> Edition:
        """Publish one story in somebody's own words, in the wire feed."""
        return self._add(own_edition(*self._next(), title, summary))

    def _next(self) -> tuple[int, float]:
        """The number of the next edition, and its time."""
        now = self._clock()
        last = self.editions[-1] if self.editions else None
        # Without earlier editions the number comes from the clock, so that a restart brings other words.
        number = last.number + 1 if last else int(now) // 60
        return number, max(now, last.at + 0.001) if last else now

    def _add(self, edition: Edition) -> Edition:
        if self._data:
            _append(self._data, edition)
        self.editions = [*self.editions, edition][-KEPT_EDITIONS:]
        return edition

    def entries(self, feed: FeedName) -> list[SampleArticle]:
        """What a feed shows now, newest first."""
        now = self._clock()
        found = [
            article
            for edition in self.editions
            for article in edition.articles
            if article.feed == feed and article.at <= now + 0.001
        ]
        return sorted(found, key=lambda article: article.at, reverse=True)[:ENTRIES_MAX]

    def at_path(self, path: str) -> list[SampleArticle]:
        """Every article with this path, the first one first: the feeds that repeat the lead share its path."""
        return [article for edition in self.editions for article in edition.articles if article.path == path]


def _load(data: Path) -> list[Edition]:
    if not data.exists():
        return []
    text = data.read_text("utf-8")
    # A kill during a write leaves an incomplete last line.
    lines = [line for line in text[: text.rfind("\n") + 1].splitlines() if line]
    if not text.endswith("\n"):
        data.write_text("".join(f"{line}\n" for line in lines), "utf-8")
    return [edition_from_record(json.loads(line)) for line in lines[-KEPT_EDITIONS:]]


def _append(data: Path, edition: Edition) -> None:
    data.parent.mkdir(parents=True, exist_ok=True)
    line = json.dumps(edition.record()).encode("ascii") + b"\n"
    target = os.open(data, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
    try:
        os.write(target, line)
    finally:
        os.close(target)
