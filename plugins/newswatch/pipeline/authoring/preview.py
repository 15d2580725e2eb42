"""A web page or feed fetched on request, to see what would match. Nothing is stored."""

from __future__ import annotations

from newswatch.document import Entry
from newswatch.errors import ParseFailed
from newswatch.feeds.auth import no_secret
from newswatch.feeds.fetch import Fetcher
from newswatch.feeds.worker import ParserPool
from newswatch.models import Feed
from newswatch.settings import Settings


async def read_url(url: str, settings: Settings, *, allow_private: bool = True) -> tuple[Entry, ...]:
    """The entries of a feed, or the headline, standfirst and main text of a web page as one entry.

    `allow_private` is for a person at a terminal of this machine. The UI turns it off, because its users may be
    elsewhere.
    Raises FetchFailed, FetchRefused and ParseFailed.
    """
    feed = Feed(id="preview", url=url, allow_private=allow_private)
    async with Fetcher(
        user_agent=settings.user_agent, resolve_auth=no_secret, env=settings.network
    ) as fetcher:
        result = await fetcher.fetch(feed, etag=None, last_modified=None)
    async with ParserPool() as parsers:
        try:
            return (await parsers.parse(result.body, url=result.url, headers=result.headers)).entries
        except ParseFailed as error:
            if error.kind != "not_a_feed":
                raise
        page = await parsers.read_page(result.body, url=result.url, headers=result.headers)
    entry = Entry(
        link=result.url,
        title=page.title,
        summary=page.summary,
        body=page.body,
        lang=page.lang,
        published=page.published,
    )
    return (entry,)
