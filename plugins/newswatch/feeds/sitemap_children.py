"""The entries of an index's sitemaps, fetched as the index itself is: same client, address checks and limits.

Of each sitemap its validators and a hash are kept from one reading to the next. While all answer that they are
unchanged, the index is. Once one is another, all are read in full: entries that are missing from a reading would count
as gone.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping, Sequence
from typing import NamedTuple

from newswatch.document import Entry
from newswatch.errors import FetchFailed, FetchRefused, ParseFailed
from newswatch.feeds import limits
from newswatch.feeds.fetch import Fetcher
from newswatch.feeds.host import host_name, site_of
from newswatch.feeds.redirect import at_address
from newswatch.feeds.sitemap import MAX_CHILDREN
from newswatch.feeds.worker import ParserPool
from newswatch.models import Feed, FetchResult
from newswatch.redact import redact_url

_AT_ONCE = 2
"""Each document in hand may have 10 MB."""
_HASH_BYTES = 12
_MAX_VALIDATOR_CHARS = 200
"""Ten sitemaps with two of them each are kept in the state of one feed."""


class Kept(NamedTuple):
    """What the next reading of a sitemap is compared with: its validators, "" for none, and a hash of its bytes."""

    etag: str
    last_modified: str
    body_hash: str


class ChildrenRead(NamedTuple):
    """The entries of an index's sitemaps, each link once, and what to keep of those that could be read (`name_of`).

    If they are all as before, `same` is True and `entries` may be incomplete.
    """

    entries: tuple[Entry, ...]
    kept: Mapping[str, Kept]
    same: bool = False


class _Child(NamedTuple):
    entries: tuple[Entry, ...] | None
    """None if the server answered that the sitemap is unchanged."""
    kept: Kept


async def read_children(
    fetcher: Fetcher,
    parsers: ParserPool,
    feed: Feed,
    urls: Sequence[str],
    known: Mapping[str, Kept] | None = None,
) -> ChildrenRead:
    """The entries of these sitemaps, at most ten, the newest first. A child that is itself an index is left out.

    `known` is what was kept of the last reading. Raises FetchFailed, FetchRefused or ParseFailed of the first one if
    none of them can be read.
    """
    names = {name_of(url): url for url in urls[:MAX_CHILDREN]}
    known = known if known and known.keys() == names.keys() else {}
    changed: set[str] = set()

    async def read(name: str) -> _Child:
        # Once one has changed, all are needed in full.
        before = None if changed else known.get(name)
        child = await _child(fetcher, parsers, feed, names[name], before)
        if name not in known or child.kept.body_hash != known[name].body_hash:
            changed.add(name)
        return child

    found = await _all(read, names)
    if len(found) == len(names) and not changed:
        return ChildrenRead((), {name: child.kept for name, child in found.items()}, same=True)
    unread = {name for name, child in found.items() if child.entries is None}
    changed |= unread
    found = {name: child for name, child in found.items() if name not in unread}
    if unread:
        found |= await _all(read, unread)
    entries = (entry for name in names if name in found for entry in found[name].entries or ())
    kept = {name: child.kept for name, child in found.items()}
    return ChildrenRead(tuple(_each_once(entries))[: limits.MAX_ENTRIES], kept)


def name_of(url: str) -> str:
    """What a sitemap is kept by. An address may be long."""
    return hashlib.blake2b(url.encode("utf-8", "replace"), digest_size=_HASH_BYTES).hexdigest()


async def _all(read: Callable[[str], Awaitable[_Child]], names: Collection[str]) -> dict[str, _Child]:
    """Those that could be read, by name. Raises the error of the first one if there are none."""
    slots = asyncio.Semaphore(_AT_ONCE)

    async def one(name: str) -> _Child:
        async with slots:
            return await read(name)

    results = await asyncio.gather(*map(one, names), return_exceptions=True)
    failed = [result for result in results if isinstance(result, BaseException)]
    for error in failed:
        if not isinstance(error, FetchFailed | FetchRefused | ParseFailed):
            raise error
    if failed and len(failed) == len(results):
        raise failed[0]
    return {
        name: result
        for name, result in zip(names, results, strict=True)
        if not isinstance(result, BaseException)
    }


async def _child(fetcher: Fetcher, parsers: ParserPool, feed: Feed, url: str, before: Kept | None) -> _Child:
    etag, last_modified = (before.etag, before.last_modified) if before else ("", "")
    result = await fetcher.fetch(
        at_address(feed, url), etag=etag or None, last_modified=last_modified or None
    )
    if site_of(result.url) != site_of(feed.url):
        raise FetchRefused(
            f"{redact_url(url)} redirects to another site, {host_name(result.url)}", kind="redirects"
        )
    if result.status == 304 and before is not None:
        return _Child(None, before)
    sitemap = await parsers.read_sitemap(result.body, url=result.url, headers=result.headers)
    return _Child(sitemap.feed.entries, _kept(result))


def _kept(result: FetchResult) -> Kept:
    body_hash = hashlib.blake2b(result.body, digest_size=_HASH_BYTES).hexdigest()
    validators = (result.etag or "", result.last_modified or "")
    short = [text if len(text) <= _MAX_VALIDATOR_CHARS else "" for text in validators]
    return Kept(short[0], short[1], body_hash)


def _each_once(entries: Iterable[Entry]) -> Iterable[Entry]:
    seen: set[str] = set()
    for entry in entries:
        if entry.link not in seen:
            seen.add(entry.link)
            yield entry
