"""Pages, sitemaps and JSON lists, read into the same entries as a feed.

Parsing is done in the parser processes. A page is read by the pattern that was learned when it was first read; if that
is nowhere on it, the poll fails as *layout changed* and nothing is claimed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from newswatch.document import ParsedFeed
from newswatch.errors import ParseFailed
from newswatch.feeds import source_kinds
from newswatch.feeds.fetch import Fetcher
from newswatch.feeds.sitemap_children import read_children
from newswatch.feeds.worker import ParserPool
from newswatch.models import FEED, JSON, PAGE, Feed, FetchResult
from newswatch.pipeline.poll import known_sitemaps, learned_pattern
from newswatch.pipeline.poll.page_items import FRESH, INDEX, SAME
from newswatch.quantity import quantity
from newswatch.store.feed_state import FeedState, Learned, Validators

if TYPE_CHECKING:
    from newswatch.feeds.pages.fingerprint import Fingerprint
    from newswatch.feeds.pages.items import Item


class SourceDocument(NamedTuple):
    """What a source showed. `how` is one of the constants of `page_items`, "" where order tells nothing.

    `whole` is False if the document alone does not show whether anything changed: an index of sitemaps. `same`: nothing
    of it did, and the entries are those of the last reading.
    """

    feed: ParsedFeed
    learned: Learned
    how: str = ""
    whole: bool = True
    same: bool = False


def kind_of(feed: Feed, state: FeedState, result: FetchResult) -> str:
    """What the source is: as configured, else as its first document was. Nothing becomes a page by itself."""
    if feed.kind or state.learned.kind:
        return feed.kind or state.learned.kind
    if state.document.seen_since_ms:
        return FEED
    kind = source_kinds.kind_of(result.body, result.headers)
    return FEED if kind == PAGE else kind


def begin(feed: Feed, state: FeedState) -> FeedState:
    """The state before a poll. If the configuration now names another list, the document counts as changed."""
    learned = state.learned.pattern
    if not learned or learned_pattern.fits(learned, feed, state.validators.url):
        return state
    return state._replace(validators=Validators())


@dataclass(frozen=True, slots=True)
class SourceReader:
    """Reads sources that are not feeds."""

    fetcher: Fetcher
    parsers: ParserPool

    async def read(
        self, kind: str, feed: Feed, result: FetchResult, address: str, state: FeedState, *, now_ms: int
    ) -> SourceDocument:
        """The source's document. Raises ParseFailed, and FetchFailed or FetchRefused for an index's sitemaps."""
        learned = Learned("" if feed.kind else kind, learned_pattern.stored(feed, address, (), ()))
        how = "" if learned_pattern.fits(state.learned.pattern, feed, address) else FRESH
        what: dict[str, Any] = {"url": result.url, "headers": result.headers}
        if kind == PAGE:
            return await self._page(feed, result, address, state)
        if kind == JSON:
            parsed = await self.parsers.read_json(result.body, **what, selector=feed.selector)
            return SourceDocument(parsed, learned, how)
        sitemap = await self.parsers.read_sitemap(result.body, **what)
        if not sitemap.children:
            return SourceDocument(sitemap.feed, learned, how)
        urls = [child.url for child in sitemap.children]
        known = {} if how else known_sitemaps.read(state.learned.children, feed.id, now_ms)
        read = await read_children(self.fetcher, self.parsers, feed, urls, known)
        if read.same:
            return SourceDocument(sitemap.feed, state.learned, how or INDEX, whole=False, same=True)
        learned = learned._replace(children=known_sitemaps.stored(read.kept, now_ms))
        return SourceDocument(sitemap.feed._replace(entries=read.entries), learned, how or INDEX, whole=False)

    async def _page(self, feed: Feed, result: FetchResult, address: str, state: FeedState) -> SourceDocument:
        from newswatch.feeds.pages import wire_form  # noqa: PLC0415 - loads what reads pages; feeds do not need it
        from newswatch.feeds.pages.follow import CHANGED, names_of  # noqa: PLC0415 - as above

        pattern = learned_pattern.read(state.learned.pattern, feed, address)
        what: dict[str, Any] = {"url": result.url, "headers": result.headers}
        if pattern is None or feed.selector:
            items, patterns, lang = await self._sought(feed, result.body, what, was_known=pattern is not None)
            how = FRESH if pattern is None else SAME
        else:
            followed = await self.parsers.follow_lists(
                result.body,
                **what,
                patterns=[wire_form.pattern_of(one) for one in pattern.patterns],
                known=pattern.known,
            )
            if followed.how == CHANGED:
                raise _layout_changed(followed.kind, result.body)
            items, patterns, lang, how = followed.items, followed.patterns, followed.lang, followed.how
        plain: list[Mapping[str, Any]] = [wire_form.pattern_data(one) for one in patterns]
        known = [name for item in items for name in sorted(names_of([item]))]
        learned = Learned(pattern=learned_pattern.stored(feed, address, plain, known))
        return SourceDocument(ParsedFeed(source_kinds.entries_of(items), lang=lang), learned, how)

    async def _sought(
        self, feed: Feed, body: bytes, what: Mapping[str, Any], *, was_known: bool
    ) -> tuple[Sequence[Item], Sequence[Fingerprint], str]:
        """The items and patterns of the list that is configured, or of the page's news."""
        if feed.selector:
            lists = await self.parsers.select_list(body, **what, selector=feed.selector)
        else:
            lists = await self.parsers.find_lists(body, **what)
        number = feed.list_number
        items = lists.chosen(number or None)
        if not items:
            if was_known:
                raise _layout_changed(lists.kind, body)
            if number and number > len(lists.lists):
                raise ParseFailed(
                    f"the page has {quantity(len(lists.lists), 'list')} of items, so list {number} is missing",
                    kind="no_list",
                )
            raise ParseFailed(source_kinds.no_list_text(lists.kind, body), kind="no_list")
        read = lists.lists[number - 1 : number] if number else lists.lists[: lists.main]
        return items, [one.fingerprint for one in read], lists.lang


def _layout_changed(kind: str, body: bytes) -> ParseFailed:
    if kind in ("list", "front page"):
        why = "it has a list in another form, and none of the known items"
    else:
        why = source_kinds.no_list_text(kind, body)
    return ParseFailed(f"layout changed: {why}", kind="layout")
