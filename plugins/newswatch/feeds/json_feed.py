"""JSON Feed 1 and 1.1 (jsonfeed.org), which feedparser does not read.

Lenient about deviations that real feeds have (numeric ids, a single author). It does not guess.
"""

from __future__ import annotations

import json
from typing import Any

from newswatch.document import Entry, LostEntry, ParsedFeed
from newswatch.errors import ParseFailed
from newswatch.feeds import dates, entry, limits
from newswatch.feeds.date_days import DateHints, hints_of
from newswatch.feeds.links import absolute_link


def looks_like_json(body: bytes) -> bool:
    """Whether the document begins as a JSON object."""
    return body[:1_000].lstrip()[:1] == b"{"


def parse(body: bytes, *, url: str) -> ParsedFeed:
    """The entries of a JSON Feed in UTF-8. Raises ParseFailed if it is not a JSON Feed."""
    try:
        document = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise ParseFailed(
            f"the document looks like JSON but cannot be read ({type(error).__name__})"
        ) from None
    version = _str(document.get("version"))
    items = document.get("items")
    if "jsonfeed.org/version/" not in version or not isinstance(items, list):
        raise ParseFailed(
            "the document is JSON but not a JSON Feed: it lacks a JSON Feed `version`, or `items`"
        )
    lang = entry.language(_str(document.get("language")))
    entries = items[: limits.MAX_ENTRIES]
    texts = (
        _identifier(item.get(name))
        for item in entries
        if isinstance(item, dict)
        for name in ("date_published", "date_modified")
    )
    hints = hints_of(url, lang, day_first=dates.day_order(texts))
    read = [_entry(place, item, url, hints) for place, item in enumerate(entries)]
    return ParsedFeed(
        entries=tuple(one for one in read if isinstance(one, Entry)),
        lost=tuple(one for one in read if isinstance(one, LostEntry)),
        title=entry.title_text(_str(document.get("title")), markup=False),
        lang=lang,
    )


def _entry(place: int, item: Any, url: str, hints: DateHints) -> Entry | LostEntry:
    if not isinstance(item, dict):
        return LostEntry(place)
    try:
        return _entry_of(item, url, hints)
    except (TypeError, ValueError, OverflowError):
        return LostEntry(place, entry.title_text(_str(item.get("title")), markup=False)[:80])


def _entry_of(item: dict[str, Any], url: str, hints: DateHints) -> Entry:
    summary = entry.summary_text(_str(item.get("summary")), markup=False)
    html = _str(item.get("content_html"))
    body = entry.body_text(html or _str(item.get("content_text")), markup=bool(html))
    tags = item.get("tags")
    title = entry.title_text(_str(item.get("title")), markup=False)
    published = dates.read_date(_identifier(item.get("date_published")), hints=hints)
    updated = dates.read_date(_identifier(item.get("date_modified")), hints=hints)
    return Entry(
        guid=entry.guid_text(_identifier(item.get("id"))),
        link=absolute_link(url, _str(item.get("url")) or _str(item.get("external_url"))),
        title=title or entry.first_words(summary or body),
        summary=summary,
        body="" if body == summary else body,
        author=entry.author_text(_names(item)),
        tags=entry.tag_labels(_str(tag) for tag in tags) if isinstance(tags, list) else (),
        lang=entry.language(_str(item.get("language"))),
        published=published and published.moment,
        updated=updated and updated.moment,
        dates_unclear=any(date is not None and not date.certain for date in (published, updated)),
    )


def _names(item: dict[str, Any]) -> list[str]:
    authors = item.get("authors")
    people = authors if isinstance(authors, list) else [item.get("author")]
    return [_str(person.get("name")) for person in people if isinstance(person, dict)]


def _identifier(value: object) -> str:
    """An id as text. It should be a string, but the specification asks readers to accept numbers."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return ""
    return str(value)


def _str(value: object) -> str:
    return value if isinstance(value, str) else ""
