"""The three feed formats: RSS 2.0, Atom (RFC 4287), JSON Feed 1.1."""

from __future__ import annotations

import html
import json
from collections.abc import Sequence
from datetime import datetime, timezone
from email.utils import format_datetime
from xml.etree import ElementTree as ET

from devtools.news_site.edition import SampleArticle

_ATOM = "http://www.w3.org/2005/Atom"
_DECLARATION = b'<?xml version="1.0" encoding="utf-8"?>\n'


def link_of(article: SampleArticle, root: str) -> str:
    """The absolute link in the feed, with its tracking parameters."""
    return f"{root}{article.path}{'?' if article.query else ''}{article.query}"


def rss(articles: Sequence[SampleArticle], root: str) -> bytes:
    """The wire's feed: plain text, guids that are not links."""
    feed = ET.Element("rss", version="2.0")
    channel = ET.SubElement(feed, "channel")
    for name, text in (
        ("title", "Sample Wire"),
        ("link", f"{root}/"),
        ("description", "Invented news"),
        ("language", "en"),
    ):
        _add(channel, name, text)
    for article in articles:
        item = ET.SubElement(channel, "item")
        _add(item, "title", article.title)
        _add(item, "link", link_of(article, root))
        guid = _add(item, "guid", article.guid)
        guid.set("isPermaLink", "false")
        _add(item, "pubDate", format_datetime(_time(article)))
        if article.summary:
            _add(item, "description", article.summary)
    return _DECLARATION + ET.tostring(feed)


def atom(articles: Sequence[SampleArticle], root: str) -> bytes:
    """The markets desk's feed: summaries in HTML."""
    ET.register_namespace("", _ATOM)
    feed = ET.Element(f"{{{_ATOM}}}feed", {"xml:lang": "en"})
    _add(feed, f"{{{_ATOM}}}title", "Sample Markets Desk")
    _add(feed, f"{{{_ATOM}}}id", "urn:sample-news:markets")
    ET.SubElement(feed, f"{{{_ATOM}}}link", rel="self", href=f"{root}/markets/atom.xml")
    _add(feed, f"{{{_ATOM}}}updated", _iso(articles[0]) if articles else "1970-01-01T00:00:00Z")
    for article in articles:
        entry = ET.SubElement(feed, f"{{{_ATOM}}}entry")
        _add(entry, f"{{{_ATOM}}}title", article.title)
        _add(entry, f"{{{_ATOM}}}id", f"urn:sample-news:{article.guid}")
        ET.SubElement(entry, f"{{{_ATOM}}}link", rel="alternate", href=link_of(article, root))
        _add(entry, f"{{{_ATOM}}}published", _iso(article))
        _add(entry, f"{{{_ATOM}}}updated", _iso(article))
        author = ET.SubElement(entry, f"{{{_ATOM}}}author")
        _add(author, f"{{{_ATOM}}}name", "Markets Desk")
        if article.summary:
            _add(entry, f"{{{_ATOM}}}summary", f"<p>{html.escape(article.summary)}</p>").set("type", "html")
    return _DECLARATION + ET.tostring(feed)


def json_feed(articles: Sequence[SampleArticle], root: str) -> bytes:
    """The daily's feed."""
    items = [
        {
            "id": article.guid,
            "url": link_of(article, root),
            "title": article.title,
            "date_published": _iso(article),
            **({"summary": article.summary} if article.summary else {}),
            "content_text": "\n\n".join(article.body) if article.summary else "",
        }
        for article in articles
    ]
    feed = {
        "version": "https://jsonfeed.org/version/1.1",
        "title": "Sample Daily",
        "home_page_url": f"{root}/",
        "feed_url": f"{root}/daily/feed.json",
        "language": "en",
        "items": items,
    }
    return json.dumps(feed, ensure_ascii=False, indent=1).encode("utf-8")


def _add(parent: ET.Element, name: str, text: str) -> ET.Element:
    child = ET.SubElement(parent, name)
    child.text = text
    return child


def _time(article: SampleArticle) -> datetime:
    return datetime.fromtimestamp(int(article.at), timezone.utc)


def _iso(article: SampleArticle) -> str:
    return _time(article).strftime("%Y-%m-%dT%H:%M:%SZ")
