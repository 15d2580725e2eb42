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


def link_of(story: SampleArticle, root: str) -> str:
    """The absolute link as the feed gives it, tracking parameters included."""
    return f"{root}{story.path}{'?' if story.query else ''}{story.query}"


def rss(stories: Sequence[SampleArticle], root: str) -> bytes:
    """The wire's feed: plain text, guids that are no links."""
    feed = ET.Element("rss", version="2.0")
    channel = ET.SubElement(feed, "channel")
    for name, text in (
        ("title", "Sample Wire"),
        ("link", f"{root}/"),
        ("description", "Invented news"),
        ("language", "en"),
    ):
        _add(channel, name, text)
    for story in stories:
        item = ET.SubElement(channel, "item")
        _add(item, "title", story.title)
        _add(item, "link", link_of(story, root))
        guid = _add(item, "guid", story.guid)
        guid.set("isPermaLink", "false")
        _add(item, "pubDate", format_datetime(_time(story)))
        if story.summary:
            _add(item, "description", story.summary)
    return _DECLARATION + ET.tostring(feed)


def atom(stories: Sequence[SampleArticle], root: str) -> bytes:
    """The markets desk's feed: summaries in HTML."""
    ET.register_namespace("", _ATOM)
    feed = ET.Element(f"{{{_ATOM}}}feed", {"xml:lang": "en"})
    _add(feed, f"{{{_ATOM}}}title", "Sample Markets Desk")
    _add(feed, f"{{{_ATOM}}}id", "urn:sample-news:markets")
    ET.SubElement(feed, f"{{{_ATOM}}}link", rel="self", href=f"{root}/markets/atom.xml")
    _add(feed, f"{{{_ATOM}}}updated", _iso(stories[0]) if stories else "1970-01-01T00:00:00Z")
    for story in stories:
        entry = ET.SubElement(feed, f"{{{_ATOM}}}entry")
        _add(entry, f"{{{_ATOM}}}title", story.title)
        _add(entry, f"{{{_ATOM}}}id", f"urn:sample-news:{story.guid}")
        ET.SubElement(entry, f"{{{_ATOM}}}link", rel="alternate", href=link_of(story, root))
        _add(entry, f"{{{_ATOM}}}published", _iso(story))
        _add(entry, f"{{{_ATOM}}}updated", _iso(story))
        author = ET.SubElement(entry, f"{{{_ATOM}}}author")
        _add(author, f"{{{_ATOM}}}name", "Markets Desk")
        if story.summary:
            _add(entry, f"{{{_ATOM}}}summary", f"<p>{html.escape(story.summary)}</p>").set("type", "html")
    return _DECLARATION + ET.tostring(feed)


def json_feed(stories: Sequence[SampleArticle], root: str) -> bytes:
    """The daily's feed."""
    items = [
        {
            "id": story.guid,
            "url": link_of(story, root),
            "title": story.title,
            "date_published": _iso(story),
            **({"summary": story.summary} if story.summary else {}),
            "content_text": "\n\n".join(story.body) if story.summary else "",
        }
        for story in stories
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


def _time(story: SampleArticle) -> datetime:
    return datetime.fromtimestamp(int(story.at), timezone.utc)


def _iso(story: SampleArticle) -> str:
    return _time(story).strftime("%Y-%m-%dT%H:%M:%SZ")
