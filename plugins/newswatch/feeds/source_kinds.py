"""What kind of source a document is (a feed, a page, a sitemap or a JSON list), and its items as entries. Pure.

Every kind ends as the same entries, so what comes after reading does not know the difference.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from newswatch.document import Entry
from newswatch.feeds import charset, web_page
from newswatch.models import FEED, JSON, PAGE, SITEMAP

if TYPE_CHECKING:
    from newswatch.feeds.pages.items import Item

_HEAD_BYTES = 65_536
_WARNING_BYTES = 4_096
_FEED_TAG = re.compile(rb"(?i)<(?:rss|rdf:rdf)[\s>]")
_FEEDS = frozenset({b"rss", b"feed", b"rdf"})
_SITEMAPS = frozenset({b"urlset", b"sitemapindex"})
_JSON_FEED = re.compile(rb'"version"\s*:\s*"https?:(?:\\?/){2}(?:www\.)?jsonfeed\.org')


def kind_of(body: bytes, headers: Mapping[str, str]) -> str:
    """The kind of a document by how it begins. A document that is damaged, or of none of the kinds, is a page."""
    # An even number of bytes, so that no character of UTF-16 is cut.
    head = charset.to_utf8(body[:_HEAD_BYTES], headers)
    start = head.lstrip()[:1]
    if start in (b"{", b"["):
        return FEED if _JSON_FEED.search(head) else JSON
    name = web_page.first_element(head)
    if name in _SITEMAPS:
        return SITEMAP
    if name in _FEEDS or (head.startswith(b"<?xml") and not web_page.is_html(head)):
        return FEED
    # Warnings of a server may come before a feed.
    is_feed = _FEED_TAG.search(head, 0, _WARNING_BYTES) and not web_page.is_html(head)
    return FEED if is_feed else PAGE


def entries_of(items: Iterable[Item]) -> tuple[Entry, ...]:
    """The items of a page as entries."""
    return tuple(
        Entry(
            link=item.link,
            title=item.title,
            summary=item.summary,
            published=item.published,
            dates_counted=item.counted,
        )
        for item in items
    )


def no_list_text(kind: str, body: bytes) -> str:
    """Why a page has no list of news, and what to do. `kind` is what the page is instead (`pages.find`)."""
    if not body.strip():
        return "the document is empty"
    if web_page.is_challenge(body):
        return f"{web_page.page_text(body)} has no list of news: the site seems to block programs; ask the publisher for access"
    why = {
        "empty": "is empty without JavaScript: look for a feed, a sitemap or the JSON document that its scripts load, and"
        " use that address",
        "article": "is an article, not a list of news: use the address of the page that lists them",
    }.get(kind, "has no list of news: check the URL, or name the rows of the list with `selector`")
    return f"{web_page.page_text(body)} {why}"
