"""The entries of an index's sitemaps, fetched as the index itself is: same client, address checks and limits."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence

from newswatch.document import Entry
from newswatch.errors import FetchFailed, FetchRefused, ParseFailed
from newswatch.feeds import limits
from newswatch.feeds.fetch import Fetcher
from newswatch.feeds.host import host_name, site_of
from newswatch.feeds.redirect import at_address
from newswatch.feeds.sitemap import MAX_CHILDREN
from newswatch.feeds.worker import ParserPool
from newswatch.models import Feed
from newswatch.redact import redact_url

_AT_ONCE = 2
"""Each document in hand may have 10 MB."""


async def read_children(
    fetcher: Fetcher, parsers: ParserPool, feed: Feed, urls: Sequence[str]
) -> tuple[Entry, ...]:
    """The entries of these sitemaps, at most ten, each link once. A child that is itself an index is left out.

    Raises FetchFailed, FetchRefused or ParseFailed of the first one if none of them can be read.
    """
    slots = asyncio.Semaphore(_AT_ONCE)

    async def one(url: str) -> tuple[Entry, ...]:
        async with slots:
            return await _entries(fetcher, parsers, feed, url)

    results = await asyncio.gather(*map(one, urls[:MAX_CHILDREN]), return_exceptions=True)
    read: list[tuple[Entry, ...]] = []
    failed: list[BaseException] = []
    for result in results:
        if not isinstance(result, BaseException):
            read.append(result)
        elif isinstance(result, FetchFailed | FetchRefused | ParseFailed):
            failed.append(result)
        else:
            raise result
    if failed and not read:
        raise failed[0]
    return tuple(_each_once(entry for entries in read for entry in entries))[: limits.MAX_ENTRIES]


async def _entries(fetcher: Fetcher, parsers: ParserPool, feed: Feed, url: str) -> tuple[Entry, ...]:
    result = await fetcher.fetch(at_address(feed, url), etag=None, last_modified=None)
    if site_of(result.url) != site_of(feed.url):
        raise FetchRefused(
            f"{redact_url(url)} redirects to another site, {host_name(result.url)}", kind="redirects"
        )
    sitemap = await parsers.read_sitemap(result.body, url=result.url, headers=result.headers)
    return sitemap.feed.entries


def _each_once(entries: Iterable[Entry]) -> Iterable[Entry]:
    seen: set[str] = set()
    for entry in entries:
        if entry.link not in seen:
            seen.add(entry.link)
            yield entry
