"""What newswatch would read at a URL or from a file, before it becomes a feed. Nothing is stored."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from newswatch.document import ParsedFeed
from newswatch.errors import FetchRefused, ParseFailed
from newswatch.feeds.auth import Resolve
from newswatch.feeds.fetch import DEFAULT_MAX_BYTES, Fetcher
from newswatch.feeds.web_page import alternate_feeds, is_html
from newswatch.feeds.worker import ParserPool
from newswatch.models import Feed, FetchResult
from newswatch.settings import Settings


@dataclass(frozen=True, slots=True)
class FeedPreview:
    """A feed that was found. `announced` are the feeds that a web page announces, if a web page was given."""

    url: str
    feed: ParsedFeed
    announced: tuple[str, ...] = ()
    permanent_url: str | None = None
    private: bool = False
    """Whether it could be reached only because private addresses were allowed."""


async def preview_url(feed: Feed, settings: Settings, resolve_auth: Resolve) -> FeedPreview:
    """The feed at a URL, or the first feed that the web page there announces with `<link rel=alternate>`.

    Raises FetchFailed, FetchRefused and ParseFailed.
    """
    async with (
        Fetcher(user_agent=settings.user_agent, resolve_auth=resolve_auth, env=settings.network) as fetcher,
        ParserPool() as parsers,
    ):
        result = await fetcher.fetch(feed, etag=None, last_modified=None)
        try:
            return FeedPreview(result.url, await _parsed(parsers, result), (), result.permanent_url)
        except ParseFailed:
            announced = alternate_feeds(result.body, result.url) if is_html(result.body) else ()
            if not announced:
                raise
        first = Feed(id=feed.id, url=announced[0], allow_private=feed.allow_private)
        result = await fetcher.fetch(first, etag=None, last_modified=None)
        return FeedPreview(result.url, await _parsed(parsers, result), announced, result.permanent_url)


async def _parsed(parsers: ParserPool, result: FetchResult) -> ParsedFeed:
    return await parsers.parse(result.body, url=result.url, headers=result.headers)


async def preview_file(path: Path) -> FeedPreview:
    """The feed in a file. Raises FetchRefused if it cannot be read, and ParseFailed."""
    body = _content(path)
    async with ParserPool() as parsers:
        return FeedPreview("", await parsers.parse(body, url="", headers={}))


def _content(path: Path) -> bytes:
    try:
        if path.stat().st_size > DEFAULT_MAX_BYTES:
            raise FetchRefused(f"{path}: larger than {DEFAULT_MAX_BYTES // 1_000_000} MB", kind="size")
        return path.read_bytes()
    except OSError as error:
        raise FetchRefused(f"{path}: cannot be read ({type(error).__name__})", kind="file") from error
