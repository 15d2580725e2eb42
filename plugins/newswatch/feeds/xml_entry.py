"""One entry as feedparser read it, as our own `Entry`. Pure.

A missing value stays missing: an id is never made from a link, a link never from an id that is not a URL, a
date never from another date. Only a title is made where there is none: from the first words.
"""

from __future__ import annotations

import re
from typing import Any

from newswatch.document import Entry
from newswatch.feeds import dates, entry
from newswatch.feeds.date_days import DateHints
from newswatch.feeds.links import absolute_link

_ADDRESS = re.compile(r"(?:mailto:)?[^\s()<>,;:@]{1,100}@[^\s()<>,;:@]{1,200}")
_TEXT_TYPES = frozenset({"text/plain", "text/html", "application/xhtml+xml"})


def entry_of(raw: Any, url: str, hints: DateHints, *, atom: bool) -> Entry:
    """The entry. `url` is the document's, `hints` are for its dates, `atom` says whether it tells what is markup."""
    own_summary = dict.__contains__(raw, "summary_detail")
    summary = text_of(raw, "summary") if own_summary or not raw.get("content") else ""
    content = _content(raw)
    summary_text = entry.summary_text(summary, markup=is_markup(raw, "summary", atom=atom))
    body = entry.body_text(content[0], markup=content[1] or not atom)
    title = entry.title_text(text_of(raw, "title"), markup=is_markup(raw, "title", atom=atom))
    published = _date(raw, "published", hints) or _date(raw, "created", hints)
    updated = _date(raw, "updated", hints)
    return Entry(
        guid=entry.guid_text(text_of(raw, "id")),
        link=_link(raw, url),
        title=title or entry.first_words(summary_text or body),
        summary=summary_text,
        body="" if body == summary_text else body,
        author=entry.author_text(_authors(raw)),
        tags=entry.tag_labels(_tags(raw)),
        lang=entry.language(text_of(raw, "language") or _detail(raw, "title").get("language") or ""),
        published=published and published.moment,
        updated=updated and updated.moment,
        dates_unclear=any(date is not None and not date.certain for date in (published, updated)),
    )


def text_of(raw: Any, name: str) -> str:
    """A value of feedparser's that is a text, "" where it is missing."""
    value = _own(raw, name)
    return value if isinstance(value, str) else ""


def is_markup(raw: Any, name: str, *, atom: bool) -> bool:
    """Whether a text may be markup. Atom says so (RFC 4287, 3.1); in RSS any text may be."""
    return not atom or _detail(raw, name).get("type") != "text/plain"


def _date(raw: Any, name: str, hints: DateHints) -> dates.Reading | None:
    """A date. Drupal puts an element with the exact time into `pubDate`; feedparser keeps it apart."""
    text = text_of(raw, name)
    marked = _own(raw, "time")
    exact = text_of(marked, "datetime") if text and isinstance(marked, dict) else ""
    return (dates.read_date(exact, hints=hints) if exact else None) or dates.read_date(text, hints=hints)


def _content(raw: Any) -> tuple[str, bool]:
    """The longest of the entry's contents that are text, and whether it is markup."""
    texts = [
        (str(part.get("value") or ""), part.get("type") != "text/plain")
        for part in raw.get("content") or ()
        if str(part.get("type") or "text/html") in _TEXT_TYPES
    ]
    return max(texts, key=lambda text: len(text[0]), default=("", False))


def _link(raw: Any, url: str) -> str:
    """The page of the entry: as FeedBurner found it, its link, its permalink, or else what is attached."""
    original = absolute_link(url, text_of(raw, "feedburner_origlink").replace("&amp;", "&"))
    if original:
        return original
    link, guid = text_of(raw, "link"), text_of(raw, "id")
    if not link and raw.get("guidislink"):
        link = guid
    if raw.get("guidislink") and link == guid and "://" not in link:
        # RSS takes a guid for a permalink by default, but many guids are only numbers or names.
        link = ""
    return absolute_link(url, link) or _linked(raw, url, "alternate") or _linked(raw, url, "enclosure")


def _linked(raw: Any, url: str, rel: str) -> str:
    found = (str(one.get("href") or "") for one in raw.get("links") or () if one.get("rel") == rel)
    return next(filter(None, (absolute_link(url, link) for link in found)), "")


def _tags(raw: Any) -> list[str]:
    """Categories by their terms and labels: EDGAR's label is `form type`, its term is the form."""
    tags = raw.get("tags") or ()
    return [str(tag.get(name) or "") for tag in tags for name in ("term", "label")]


def _authors(raw: Any) -> list[str]:
    """The names of the authors; their addresses where there is no name."""
    authors = raw.get("authors") or ()
    names = [str(one.get("name") or "") if one.get("href") else _name(one) for one in authors]
    return [name for name in names if name] or [str(one.get("text") or "") for one in authors]


def _name(author: Any) -> str:
    """The name in `desk@bank.example (Jane Doe)`, `Jane Doe <desk@bank.example>` or `Jane Doe`."""
    text = str(author.get("text") or author.get("name") or "")
    without = _ADDRESS.sub(" ", text)
    return text if without == text else " ".join(without.split()).strip(" ()<>,;")


def _detail(raw: Any, name: str) -> Any:
    return _own(raw, f"{name}_detail") or {}


def _own(raw: Any, name: str) -> Any:
    """The entry's own value: feedparser's dicts return `published` where `updated` is missing."""
    return dict.get(raw, name)
