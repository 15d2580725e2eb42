"""Revisions of real feeds as the wild makes them: bytes to bytes, whatever the dialect and charset.

Each function takes a document and gives the next one. Entries are found by their tags alone, which
is right for the feeds this is used on and independent of the code under test.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from email.utils import format_datetime, parsedate_to_datetime

_ENTRY = re.compile(rb"<(item|entry)(?=[\s>]).*?</\1\s*>", re.DOTALL)
_TAG = re.compile(rb"""<([\w:.-]+)((?:\s+[\w:.-]+\s*=\s*(?:"[^"<]*"|'[^'<]*'))+)\s*(/?)>""")
_ATTRIBUTE = re.compile(rb"""\s+[\w:.-]+\s*=\s*(?:"[^"<]*"|'[^'<]*')""")
_DATE = re.compile(rb"(<(pubDate|published|updated|dc:date)[^>]*>)([^<]+)(</\2\s*>)")
_HREF = re.compile(rb"""(<link\b[^>]*\bhref\s*=\s*["'])([^"'<>]+)""")
_LINK = re.compile(rb"(<link\s*>\s*(?:<!\[CDATA\[)?\s*)([^<\]]+?)(\s*(?:\]\]>)?\s*</link\s*>)")
_ID = re.compile(rb"(<(guid|id)\b[^>]*>.*?)(\s*(?:\]\]>)?\s*</\2\s*>)", re.DOTALL)
_TITLE = re.compile(rb"(<title\b[^>]*>.*?)(</title\s*>)", re.DOTALL)
_SUMMARY = re.compile(rb"(<(description|summary)\b[^>]*>.*?)(</\2\s*>)", re.DOTALL)


def entries(body: bytes) -> list[bytes]:
    """The entries' own bytes, in document order."""
    return [found[0] for found in _ENTRY.finditer(body)]


def with_entries(body: bytes, change: Callable[[list[bytes]], list[bytes]]) -> bytes:
    """The document with other entries: those in place change in place, more go to the end, fewer leave."""
    spans = [found.span() for found in _ENTRY.finditer(body)]
    new = change(entries(body))
    out, at = [], 0
    for number, (start, end) in enumerate(spans):
        out += [body[at:start], new[number] if number < len(new) else b""]
        if number == len(spans) - 1:
            out += new[len(spans) :]
        at = end
    return b"".join([*out, body[at:]])


def each(body: bytes, change: Callable[[bytes], bytes]) -> bytes:
    """The document with each of its entries changed."""
    return with_entries(body, lambda found: [change(entry) for entry in found])


def rebuilt(body: bytes, stamp: str) -> bytes:
    """Built anew: the channel's dates say so, and a comment of the generator; no entry is touched."""
    first = _ENTRY.search(body)
    head = body[: first.start()] if first else body
    dated = re.sub(
        rb"(<(lastBuildDate|pubDate|updated|dc:date)[^>]*>)[^<]*(</)", rb"\g<1>%b\g<3>" % stamp.encode(), head
    )
    return dated + b"<!-- built " + stamp.encode() + b" -->" + body[len(head) :]


def laid_out_anew(body: bytes) -> bytes:
    """Other white space and comments between entries, attributes of every tag in reverse order."""

    def turned(tag: re.Match[bytes]) -> bytes:
        return b"<" + tag[1] + b"".join(reversed(_ATTRIBUTE.findall(tag[2]))) + tag[3] + b">"

    return each(body, lambda entry: b"\n\n  <!-- next -->\n\t" + _TAG.sub(turned, entry))


def reordered(body: bytes) -> bytes:
    """The same entries, last to first."""
    return with_entries(body, lambda found: found[::-1])


def without_oldest(body: bytes, count: int = 2) -> bytes:
    """The last entries gone, at least one kept."""
    return with_entries(body, lambda found: found[: max(1, len(found) - count)])


def guids_rewritten(body: bytes, mark: str) -> bytes:
    """Every entry under another guid; one that is a URL leads to the same page as before."""
    return each(body, lambda entry: _ID.sub(rb"\g<1>#%b\g<3>" % mark.encode(), entry, count=1))


def links_tracked(body: bytes, campaign: str) -> bytes:
    """Every link with another tracking parameter."""

    def tracked(link: re.Match[bytes], after: bytes) -> bytes:
        ampersand = b"&" if b"CDATA" in link[1] else b"&amp;"
        page, hash_, fragment = link[2].partition(b"#")
        joint = ampersand if b"?" in page else b"?"
        return link[1] + page + joint + b"utm_source=" + campaign.encode() + hash_ + fragment + after

    def changed(entry: bytes) -> bytes:
        entry = _LINK.sub(lambda link: tracked(link, link[3]), entry, count=1)
        return _HREF.sub(lambda link: tracked(link, b""), entry)

    return each(body, changed)


def links_secured(body: bytes) -> bytes:
    """Every http link of an entry as https."""

    def secured(entry: bytes) -> bytes:
        entry = _LINK.sub(lambda link: link[1] + link[2].replace(b"http:", b"https:", 1) + link[3], entry)
        return _HREF.sub(lambda link: link[1] + link[2].replace(b"http:", b"https:", 1), entry)

    return each(body, secured)


def dates_bumped(body: bytes, by: timedelta) -> bytes:
    """Every date of an entry later by so much, in its own notation; one that is none stays."""

    def bumped(date: re.Match[bytes]) -> bytes:
        return date[1] + _later(date[3].decode("ascii", "replace").strip(), by).encode() + date[4]

    return each(body, lambda entry: _DATE.sub(bumped, entry))


def _later(text: str, by: timedelta) -> str:
    try:
        return (datetime.fromisoformat(text.replace("Z", "+00:00")) + by).isoformat()
    except ValueError:
        pass
    try:
        return format_datetime(parsedate_to_datetime(text) + by)
    except (TypeError, ValueError):
        return text


def title_edited(body: bytes, number: int, words: str) -> bytes:
    """Entry `number` with these words more in its title; as it was where it has none."""
    return _entry_changed(body, number, lambda entry: _with_words(_TITLE, entry, words))


def summary_edited(body: bytes, number: int, words: str) -> bytes:
    """Entry `number` with these words more in its summary; as it was where it has none."""
    return _entry_changed(body, number, lambda entry: _with_words(_SUMMARY, entry, words))


def with_new_entry(body: bytes, name: str) -> bytes:
    """One more entry, before all others: the first one's twin with guid, link and title of its own."""

    def twin(found: list[bytes]) -> list[bytes]:
        entry = _ID.sub(rb"\g<1>-%b\g<3>" % name.encode(), found[0], count=1)
        entry = _LINK.sub(rb"\g<1>https://twin.example/%b\g<3>" % name.encode(), entry, count=1)
        entry = _HREF.sub(rb"\g<1>https://twin.example/%b" % name.encode(), entry)
        return [_with_words(_TITLE, entry, name) + found[0], *found[1:]]

    return with_entries(body, twin)


def _entry_changed(body: bytes, number: int, change: Callable[[bytes], bytes]) -> bytes:
    def changed(found: list[bytes]) -> list[bytes]:
        return [change(entry) if n == number else entry for n, entry in enumerate(found)]

    return with_entries(body, changed)


def _with_words(element: re.Pattern[bytes], entry: bytes, words: str) -> bytes:
    found = element.search(entry)
    if found is None:
        return entry
    end = found.end(1)
    return entry[:end] + b" " + words.encode("ascii") + entry[end:]
