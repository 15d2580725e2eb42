"""Keeps what a web page shows, so that its last layout change can be looked at: the document before and after it."""

from __future__ import annotations

from dataclasses import dataclass

from newswatch.errors import ParseFailed
from newswatch.models import PAGE, Feed, FetchResult
from newswatch.pipeline.base.services import Services
from newswatch.pipeline.poll.health import is_changed_layout
from newswatch.pipeline.poll.page_items import MOVED
from newswatch.pipeline.poll.sources import SourceDocument
from newswatch.store import layouts
from newswatch.store.codec import to_ms

FOUND_AGAIN = "the list was found again by its items, in another form"


@dataclass(frozen=True, slots=True)
class Layouts:
    """Stores it for people. Nothing depends on it: a crash in between loses one look at a change."""

    services: Services

    async def read(self, feed: Feed, result: FetchResult, source: SourceDocument) -> None:
        """The page's list was found."""
        if feed.kind != PAGE:
            return
        seen = layouts.sight(
            self._now_ms(), result.body, ((entry.title, entry.link) for entry in source.feed.entries)
        )
        if source.how == MOVED:
            await layouts.note_change(self.services.redis, feed.id, "moved", FOUND_AGAIN, seen)
        await layouts.keep(self.services.redis, feed.id, seen)

    async def failed(self, feed: Feed, result: FetchResult, error: ParseFailed) -> None:
        """The page could not be read. If its list is lost, its layout has changed."""
        if is_changed_layout(error):
            seen = layouts.sight(self._now_ms(), result.body, ())
            await layouts.note_change(self.services.redis, feed.id, "lost", str(error), seen)

    def _now_ms(self) -> int:
        return to_ms(self.services.clock())
