"""From a document's bytes to a `ParsedFeed`. The one module that imports feedparser.

RSS 0.90 to 2.0, RSS 1.0 and Atom go through feedparser, JSON Feed through `json_feed`. A missing
value stays missing: an id is never made from a link, a link never from an id that is not a URL, a
date never from another date.
"""

from __future__ import annotations

import io
import re
import warnings
from collections.abc import Mapping
from typing import Any

from newswatch.document import Entry, ParsedFeed
from newswatch.errors import ParseFailed
from newswatch.feeds import charset, dates, entry, json_feed, limits, web_page
from newswatch.feeds.date_days import DateHints, hints_of
from newswatch.feeds.links import absolute_link
from newswatch.feeds.offline import without_fetching

with without_fetching():
    import feedparser

# We read dates ourselves.
feedparser.datetimes._date_handlers.clear()  # noqa: SLF001 - it offers no other way
# feedparser would search for these parsers again with every document, and never find them.
feedparser.api.PREFERRED_XML_PARSERS.clear()

_PERIODS_S = {"hourly": 3_600, "daily": 86_400, "weekly": 604_800, "monthly": 2_592_000, "yearly": 31_536_000}
_MAX_TTL_S = 31_536_000.0
_SEARCH_BYTES = 4_096
_ROOT = re.compile(rb"(?i)<(?:\?xml|rss|feed|rdf:rdf)\b")


def parse_document(body: bytes, *, url: str, headers: Mapping[str, str], whole: bytes = b"") -> ParsedFeed:
    """The entries of a feed document, in document order.

    `url` is the document's final URL, the base of relative links. `headers` has lower-case names and
    is read for charset and language. Raises ParseFailed(kind="not_a_feed") for anything but a feed.
    A feed without entries is a feed. If `body` is only a part of a document, `whole` is all of it.
    """
    if json_feed.looks_like_json(body):
        return json_feed.parse(body, url=url)
    if not body.strip():
        raise ParseFailed(web_page.not_a_feed_text(body, url))
    document = _from_its_root(charset.to_utf8(body, headers))
    parsed = _feedparser(document)
    if not parsed.get("version") or (not parsed.entries and web_page.is_html(document)):
        raise ParseFailed(web_page.not_a_feed_text(document, url))
    about = parsed.feed
    lang = entry.language(_str(about, "language") or headers.get("content-language", ""))
    hints = hints_of(url, lang, day_first=_day_first(parsed.entries, whole))
    return ParsedFeed(
        entries=tuple(
            _entry(raw, url, hints, atom=_is_atom(parsed)) for raw in parsed.entries[: limits.MAX_ENTRIES]
        ),
        title=entry.title_text(
            _str(about, "title"), markup=_is_markup(about, "title", atom=_is_atom(parsed))
        ),
        lang=lang,
        ttl_s=_ttl_s(about),
    )


def _feedparser(document: bytes) -> Any:
    """The result of feedparser for UTF-8 bytes. We clean texts and make links absolute ourselves.

    The input is always a stream: given bytes, feedparser would open a local file of that name. It gets
    no base URL, so that ids that look like relative links stay as they are.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        return feedparser.parse(
            io.BytesIO(document),
            response_headers={"content-type": "application/xml; charset=utf-8"},
            sanitize_html=False,
            resolve_relative_uris=False,
        )


def _from_its_root(document: bytes) -> bytes:
    """The document without anything before it (blank lines, PHP warnings, a second byte order mark)."""
    start = _ROOT.search(document, 0, _SEARCH_BYTES)
    if start is None or start.start() == 0 or web_page.is_html(document):
        return document
    before = document[: start.start()]
    # Comments and instructions before the root are part of the document.
    return document if before.lstrip().startswith((b"<!", b"<?")) else document[start.start() :]


def _entry(raw: Any, url: str, hints: DateHints, *, atom: bool) -> Entry:
    own_summary = dict.__contains__(raw, "summary_detail")
    summary = _str(raw, "summary") if own_summary or not raw.get("content") else ""
    content = _content(raw)
    summary_text = entry.summary_text(summary, markup=_is_markup(raw, "summary", atom=atom))
    body = entry.body_text(content[0], markup=content[1] or not atom)
    published = _date(raw, "published", hints) or _date(raw, "created", hints)
    updated = _date(raw, "updated", hints)
    return Entry(
        guid=entry.guid_text(_str(raw, "id")),
        link=_link(raw, url),
        title=entry.title_text(_str(raw, "title"), markup=_is_markup(raw, "title", atom=atom)),
        summary=summary_text,
        body="" if body == summary_text else body,
        author=entry.author_text(_authors(raw)),
        tags=entry.tag_labels(
            str(tag.get("label") or tag.get("term") or "") for tag in raw.get("tags") or ()
        ),
        lang=entry.language(_str(raw, "language") or _detail(raw, "title").get("language") or ""),
        published=published and published.moment,
        updated=updated and updated.moment,
        dates_unclear=any(date is not None and not date.certain for date in (published, updated)),
    )


def _date(raw: Any, name: str, hints: DateHints) -> dates.Reading | None:
    """A date. Drupal puts an element with the exact time into `pubDate`; feedparser keeps it apart."""
    text = _str(raw, name)
    marked = _own(raw, "time")
    exact = _str(marked, "datetime") if text and isinstance(marked, dict) else ""
    return (dates.read_date(exact, hints=hints) if exact else None) or dates.read_date(text, hints=hints)


def _day_first(entries: list[Any], whole: bytes) -> bool | None:
    """Whether the document's dates have the day before the month."""
    texts = [_str(raw, name) for raw in entries for name in ("published", "created", "updated")]
    order = dates.day_order(texts)
    is_open = order is None and whole and any(map(dates.is_ambiguous, texts))
    return dates.day_order(dates.texts_in(whole)) if is_open else order


def _content(raw: Any) -> tuple[str, bool]:
    """The longest of the entry's contents that are text, and whether it is markup."""
    texts = [
        (str(part.get("value") or ""), part.get("type") != "text/plain")
        for part in raw.get("content") or ()
        if str(part.get("type") or "text/html") in _TEXT_TYPES
    ]
    return max(texts, key=lambda text: len(text[0]), default=("", False))


_TEXT_TYPES = frozenset({"text/plain", "text/html", "application/xhtml+xml"})


def _link(raw: Any, url: str) -> str:
    link = _str(raw, "link")
    if raw.get("guidislink") and link == _str(raw, "id") and "://" not in link:
        # RSS takes a guid for a permalink by default, but many guids are only numbers or names.
        return ""
    if not link:
        links = raw.get("links") or ()
        link = next((str(x.get("href") or "") for x in links if x.get("rel") == "alternate"), "")
    return absolute_link(url, link)


def _authors(raw: Any) -> list[str]:
    names = [str(author.get("name") or "") for author in raw.get("authors") or ()]
    detail = _detail(raw, "author")
    return [name for name in names if name] or [str(detail.get("name") or raw.get("author") or "")]


def _is_atom(parsed: Any) -> bool:
    return str(parsed.version).startswith("atom")


def _is_markup(raw: Any, name: str, *, atom: bool) -> bool:
    """Whether a text may be markup. Atom says so (RFC 4287, 3.1); in RSS any text may be."""
    return not atom or _detail(raw, name).get("type") != "text/plain"


def _detail(raw: Any, name: str) -> Any:
    return _own(raw, f"{name}_detail") or {}


def _own(raw: Any, name: str) -> Any:
    """The entry's own value: feedparser's dicts return `published` where `updated` is missing."""
    return dict.get(raw, name)


def _str(raw: Any, name: str) -> str:
    value = dict.get(raw, name)
    return value if isinstance(value, str) else ""


def _ttl_s(about: Any) -> float | None:
    """How often the feed changes, by its own account: RSS `ttl` (minutes) or the syndication module's period."""
    minutes = _number(_str(about, "ttl"))
    if minutes:
        return min(minutes * 60, _MAX_TTL_S)
    period_s = _PERIODS_S.get(_str(about, "sy_updateperiod").strip().lower())
    if period_s is None:
        return None
    return min(period_s / (_number(_str(about, "sy_updatefrequency")) or 1), _MAX_TTL_S)


def _number(text: str) -> float | None:
    """A positive decimal number with at most nine digits before and after its point, else None."""
    text = text.strip()
    return float(text) or None if re.fullmatch(r"\d{1,9}(\.\d{1,9})?", text, re.ASCII) else None
