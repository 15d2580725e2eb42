"""What newswatch would read at a URL or from a file, before it becomes a feed. Nothing is stored."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from newswatch.document import ParsedFeed
from newswatch.errors import FetchFailed, FetchRefused
from newswatch.feeds.auth import Resolve
from newswatch.feeds.fetch import DEFAULT_MAX_BYTES, Fetcher
from newswatch.feeds.pages.find import PageLists
from newswatch.feeds.sitemap_children import read_children
from newswatch.feeds.source_kinds import entries_of, kind_of, no_list_text
from newswatch.feeds.unpack import decoded
from newswatch.feeds.web_page import alternate_feeds, is_html
from newswatch.feeds.worker import ParserPool
from newswatch.models import FEED, JSON, PAGE, SITEMAP, Feed
from newswatch.pipeline.authoring.selector_proposal import proposed_selectors
from newswatch.quantity import quantity
from newswatch.selector import Selector
from newswatch.settings import Settings


@dataclass(frozen=True, slots=True)
class FeedPreview:
    """A source that was found. `announced` are the feeds that a web page announces, if a web page was given."""

    url: str
    feed: ParsedFeed
    announced: tuple[str, ...] = ()
    permanent_url: str | None = None
    private: bool = False
    """Whether it could be reached only because private addresses were allowed."""
    kind: str = FEED
    lists: PageLists | None = None
    """The lists of a page, of which the entries are one or several."""
    number: int = 0
    """The number of the list that was asked for; 0 for the page's news."""
    children: tuple[str, ...] = ()
    """The sitemaps of an index that are read first."""
    selectors: tuple[str, ...] = ()
    """For each list a CSS selector that gives the same items, "" where none was found."""
    paths: Selector | None = None
    """The paths of a JSON list that was found by itself; with them as its selector it gives the same items."""
    problem: str = ""
    """Why there are no entries, and what to do."""


async def preview_url(feed: Feed, settings: Settings, resolve_auth: Resolve) -> FeedPreview:
    """The source at a URL. For a web page that announces feeds with `<link rel=alternate>`, the first of those.

    Raises FetchFailed, FetchRefused and ParseFailed.
    """
    async with (
        Fetcher(user_agent=settings.user_agent, resolve_auth=resolve_auth, env=settings.network) as fetcher,
        ParserPool() as parsers,
    ):
        result = await fetcher.fetch(feed, etag=None, last_modified=None)
        announced = alternate_feeds(result.body, result.url) if not feed.kind and is_html(result.body) else ()
        if announced:
            first = replace(feed, url=announced[0])
            result = await fetcher.fetch(first, etag=None, last_modified=None)
        found = await _read(parsers, feed, result.body, result.url, result.headers)
        if found.children:
            read = await read_children(fetcher, parsers, feed, found.children)
            found = replace(found, feed=found.feed._replace(entries=read.entries))
        return replace(found, announced=announced, permanent_url=result.permanent_url)


async def preview_file(path: Path, feed: Feed) -> FeedPreview:
    """The source in a file that was read from the url of `feed`, "" for unknown.

    Raises FetchRefused if it cannot be read, and ParseFailed.
    """
    body = _content(path)
    async with ParserPool() as parsers:
        return await _read(parsers, feed, body, feed.url, {})


async def _read(
    parsers: ParserPool, feed: Feed, body: bytes, url: str, headers: Mapping[str, str]
) -> FeedPreview:
    kind = feed.kind or kind_of(body, headers)
    if kind == PAGE:
        return await _read_page(parsers, feed, body, url, headers)
    if kind == SITEMAP:
        sitemap = await parsers.read_sitemap(body, url=url, headers=headers)
        children = tuple(child.url for child in sitemap.children)
        return FeedPreview(url, sitemap.feed, kind=kind, children=children)
    if kind == JSON:
        parsed = await parsers.read_json(body, url=url, headers=headers, selector=feed.selector)
        paths = None if feed.selector else await parsers.json_paths(body, url=url, headers=headers)
        return FeedPreview(url, parsed, kind=kind, paths=paths)
    parsed = await parsers.parse(body, url=url, headers=headers)
    return FeedPreview(url, parsed, kind=kind)


async def _read_page(
    parsers: ParserPool, feed: Feed, body: bytes, url: str, headers: Mapping[str, str]
) -> FeedPreview:
    if feed.selector:
        lists = await parsers.select_list(body, url=url, headers=headers, selector=feed.selector)
    else:
        lists = await parsers.find_lists(body, url=url, headers=headers)
    items = lists.chosen(feed.list_number or None)
    problem = ""
    if feed.list_number > len(lists.lists):
        problem = (
            f"the page has {quantity(len(lists.lists), 'list')}, and list {feed.list_number} is asked for"
        )
    elif not items:
        problem = no_list_text(lists.kind, body)
    parsed = ParsedFeed(entries_of(items), lang=lists.lang)
    what = {"url": url, "headers": headers}
    return FeedPreview(
        url,
        parsed,
        kind=PAGE,
        lists=lists,
        number=feed.list_number,
        selectors=() if feed.selector else await proposed_selectors(parsers, body, what, lists.lists),
        problem=problem,
    )


def _content(path: Path) -> bytes:
    try:
        if path.stat().st_size > DEFAULT_MAX_BYTES:
            raise FetchRefused(f"{path}: larger than {DEFAULT_MAX_BYTES // 1_000_000} MB", kind="size")
        return decoded(path.read_bytes(), "", DEFAULT_MAX_BYTES)
    except OSError as error:
        raise FetchRefused(f"{path}: cannot be read ({type(error).__name__})", kind="file") from error
    except FetchFailed as error:
        raise FetchRefused(f"{path}: {error}", kind="file") from error
