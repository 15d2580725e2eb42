"""Sitemaps and sitemap indexes (sitemaps.org), with Google's `news:` elements: bytes → entries, or addresses of children.

::

    urlset ──▶ entries: link, and title, date and language where `news:` says them
    sitemapindex ──▶ children, newest first, of the same registrable domain

Entities are not expanded and nothing is fetched. Sitemaps are hostile input: run this in a process with limits
(`newswatch.feeds.worker`).
"""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping
from datetime import datetime, timezone
from typing import Any, NamedTuple

from lxml import etree

from newswatch.document import Entry, ParsedFeed
from newswatch.errors import ParseFailed
from newswatch.feeds import charset, dates, entry, limits, web_page
from newswatch.feeds.host import site_of
from newswatch.feeds.links import absolute_link

MAX_CHILDREN = 10
"""How many sitemaps of an index are read in one poll."""
_MAX_LISTED = 50_000
"""How many sitemaps an index may list (sitemaps.org, and Google's limit)."""
_MAX_FIELDS = 200
"""How many elements of an entry are looked at: images and translations may follow."""
_MAX_FIELD_CHARS = 8_000
_HEAD_BYTES = 8_192
_ROOTS = (b"urlset", b"sitemapindex")
_ROOT_NAMES = frozenset({"urlset", "sitemapindex"})
_RECORDS = frozenset({"url", "sitemap"})
_NEVER = datetime.min.replace(tzinfo=timezone.utc)


class Child(NamedTuple):
    """A sitemap that an index lists."""

    url: str
    modified: datetime | None


class Sitemap(NamedTuple):
    """A sitemap's entries, or an index's children to read next; one of the two is empty."""

    feed: ParsedFeed
    children: tuple[Child, ...] = ()


def looks_like_sitemap(body: bytes) -> bool:
    """Whether the document's first element is that of a sitemap or of an index."""
    return web_page.first_element(charset.to_utf8(body[:_HEAD_BYTES], {})) in _ROOTS


def parse(body: bytes, *, url: str, headers: Mapping[str, str]) -> Sitemap:
    """The entries of a sitemap in document order, or the children of an index.

    `url` is the document's final URL. Raises ParseFailed: "not_a_feed" for anything else, also for a damaged document.
    """
    if not looks_like_sitemap(body):
        raise ParseFailed("the document is not a sitemap: it has neither `urlset` nor `sitemapindex`")
    document = charset.to_utf8(body, headers)
    entries: list[Entry] = []
    children: list[Child] = []
    try:
        for kind, fields in _records(document):
            if kind == "url" and len(entries) < limits.MAX_ENTRIES:
                entries.extend(_entry(fields, url))
            elif kind == "sitemap" and len(children) < _MAX_LISTED:
                children.extend(_child(fields, url))
    except etree.LxmlError as error:
        if not entries and not children:
            raise ParseFailed(
                f"the sitemap cannot be read ({type(error).__name__}): ask its publisher"
            ) from None
    langs = {one.lang for one in entries if one.lang}
    feed = ParsedFeed(tuple(entries), lang=langs.pop() if len(langs) == 1 else "")
    return Sitemap(feed, newest_children(children, url))


def newest_children(children: list[Child], url: str) -> tuple[Child, ...]:
    """The sitemaps to read next: newest first, undated ones last, of the registrable domain of `url`, at most ten."""
    home = site_of(url)
    own = {child.url: child for child in children if home and site_of(child.url) == home}
    dated = sorted((c for c in own.values() if c.modified), key=lambda c: c.modified or _NEVER, reverse=True)
    return tuple([*dated, *(c for c in own.values() if not c.modified)][:MAX_CHILDREN])


def _records(document: bytes) -> Iterator[tuple[str, dict[str, str]]]:
    """Each `url` or `sitemap` element with the texts of the elements in it, by local name; the first of a name wins."""
    events = etree.iterparse(
        io.BytesIO(document),
        events=("end",),
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        recover=True,
        huge_tree=False,
        encoding="utf-8",
    )
    for _, element in events:
        kind = _local(element.tag)
        if kind in _RECORDS and _local(_parent_tag(element)) in _ROOT_NAMES:
            yield kind, _fields(element)
            # The tree of what was read is let go, so that a long sitemap needs little memory.
            element.clear()
            parent = element.getparent()
            while parent is not None and parent[0] is not element:
                del parent[0]


def _fields(element: Any) -> dict[str, str]:
    found: dict[str, str] = {}
    for count, inner in enumerate(element.iter()):
        if count > _MAX_FIELDS:
            break
        if isinstance(inner.tag, str) and inner.text and _is_ours(inner):
            found.setdefault(_local(inner.tag), inner.text[:_MAX_FIELD_CHARS].strip())
    return found


def _is_ours(element: Any) -> bool:
    """Whether an element is of the sitemap itself or of its news, not of an image or a video."""
    namespace = element.tag.rpartition("}")[0]
    return "image" not in namespace and "video" not in namespace


def _entry(fields: Mapping[str, str], url: str) -> Iterator[Entry]:
    link = absolute_link(url, fields.get("loc", ""))
    if link:
        yield Entry(
            link=link,
            title=entry.title_text(fields.get("title", ""), markup=False),
            tags=entry.tag_labels(fields.get("keywords", "").split(",")),
            lang=entry.language(fields.get("language", "")),
            published=_date(fields.get("publication_date", "")),
            updated=_date(fields.get("lastmod", "")),
        )


def _child(fields: Mapping[str, str], url: str) -> Iterator[Child]:
    link = absolute_link(url, fields.get("loc", ""))
    if link:
        yield Child(link, _date(fields.get("lastmod", "")))


def _date(text: str) -> datetime | None:
    reading = dates.read_date(text)
    return reading.moment if reading else None


def _local(tag: object) -> str:
    return tag.rpartition("}")[2] if isinstance(tag, str) else ""


def _parent_tag(element: Any) -> object:
    parent = element.getparent()
    return parent.tag if parent is not None else ""
