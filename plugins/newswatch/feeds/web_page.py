"""A web page where a feed was expected: the feeds that it announces, and the error text. Pure."""

from __future__ import annotations

import html
import re
from urllib.parse import urljoin

from newswatch.feeds.text import html_to_text, one_line
from newswatch.redact import redact_url

_HEAD_BYTES = 200_000
_SHOWN_CHARS = 80
_IS_HTML = re.compile(rb"(?i)<!doctype\s+html|<html\b")
_LINK = re.compile(r"(?i)<link\b([^<>]{0,2000})>")
_ATTRIBUTE = re.compile(r"""(?i)\b(rel|type|href)\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'>]+))""")
_FIRST = re.compile(rb"<(?:[\w.-]{1,40}:)?([\w-]{1,40})")
_TITLE = re.compile(r"(?i)<title[^>]{0,200}>([^<]{0,500})")
_FEED_TYPES = ("application/rss+xml", "application/atom+xml", "application/feed+json", "application/json")
_CHALLENGE = re.compile(
    r"(?i)just a moment|attention required|captcha|are you (?:a )?human|access denied|cf-chl"
)


def first_element(head: bytes) -> bytes:
    """The local name of the first element, in lower case; b"" if the document does not begin with markup."""
    head = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    while head.startswith((b"<!", b"<?")):
        head = head.partition(b"-->" if head.startswith(b"<!--") else b">")[2].lstrip()
    first = _FIRST.match(head)
    return first[1].lower() if first else b""


def is_html(body: bytes) -> bool:
    """Whether the document declares that it is an HTML page."""
    head = body[:4_000].removeprefix(b"\xef\xbb\xbf").lstrip()
    while head.startswith((b"<!--", b"<?")):
        head = head.partition(b"-->" if head.startswith(b"<!") else b"?>")[2].lstrip()
    return bool(_IS_HTML.match(head))


def alternate_feeds(body: bytes, url: str) -> tuple[str, ...]:
    """The feeds that an HTML page announces with `<link rel="alternate">`, absolute, in the page's order."""
    found: dict[str, None] = {}
    for match in _LINK.finditer(_head(body)):
        attributes = {m[1].lower(): m[2] or m[3] or m[4] or "" for m in _ATTRIBUTE.finditer(match[1])}
        kind = attributes.get("type", "").partition(";")[0].strip().lower()
        rel = attributes.get("rel", "").lower().split()
        if "alternate" in rel and kind in _FEED_TYPES and attributes.get("href"):
            try:
                target = urljoin(url, html.unescape(attributes["href"]).strip())
            except ValueError:
                continue
            if target.lower().startswith(("http://", "https://")):
                found[target] = None
    return tuple(found)


def not_a_feed_text(body: bytes, url: str) -> str:
    """Why this document is not a feed, and what to do. Of the document it quotes at most the title."""
    if not body.strip():
        return "the document is empty"
    if not is_html(body):
        return "the document is neither RSS nor Atom nor JSON Feed: check the URL"
    page = page_text(body)
    feeds = alternate_feeds(body, url)
    if feeds:
        return f"{page}, not a feed; it announces {', '.join(map(redact_url, feeds[:3]))}: use that as the feed's url"
    if is_challenge(body):
        return f"{page}, not a feed: the site seems to block programs; ask the publisher for access"
    return f"{page}, not a feed, and it announces none: check the URL"


def page_text(body: bytes) -> str:
    """What a page is called in messages."""
    title = _TITLE.search(_head(body))
    shown = one_line(html_to_text(title[1]))[:_SHOWN_CHARS] if title else ""
    return f'an HTML page titled "{shown}"' if shown else "an HTML page"


def is_challenge(body: bytes) -> bool:
    """Whether a page seems to ask for proof that its reader is not a program."""
    return _CHALLENGE.search(_head(body)) is not None


def _head(body: bytes) -> str:
    return body[:_HEAD_BYTES].decode("utf-8", "replace")
