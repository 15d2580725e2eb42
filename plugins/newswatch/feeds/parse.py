"""From a document's bytes to a `ParsedFeed`.

RSS 0.90 to 2.0, RSS 1.0 and Atom go through feedparser (`dialects`), JSON Feed through `json_feed`. An entry that
cannot be read costs only itself: it is in `ParsedFeed.lost`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from newswatch.document import Entry, LostEntry, ParsedFeed
from newswatch.errors import ParseFailed
from newswatch.feeds import dates, dialects, entry, json_feed, limits, web_page
from newswatch.feeds.charset import to_utf8
from newswatch.feeds.date_days import DateHints, hints_of
from newswatch.feeds.mend import mended
from newswatch.feeds.salvage import lost_entry, read_whole_or_salvage
from newswatch.feeds.xml_entry import entry_of, is_markup, text_of

_PERIODS_S = {"hourly": 3_600, "daily": 86_400, "weekly": 604_800, "monthly": 2_592_000, "yearly": 31_536_000}
_MAX_TTL_S = 31_536_000.0
_SEARCH_BYTES = 4_096
_ROOT = re.compile(rb"(?i)<(?:\?xml|rss|feed|rdf:rdf)\b")


def parse_document(body: bytes, *, url: str, headers: Mapping[str, str]) -> ParsedFeed:
    """The entries of a feed document, in document order.

    `url` is the document's final URL, the base of relative links. `headers` has lower-case names and
    is read for charset and language. Raises ParseFailed(kind="not_a_feed") for anything but a feed.
    A feed without entries is a feed.
    """
    return parse_readable(mended(to_utf8(body, headers)), url=url, headers=headers)


def parse_readable(
    document: bytes, *, url: str, headers: Mapping[str, str], whole: bytes = b""
) -> ParsedFeed:
    """`parse_document` for a document that is UTF-8 and needs no repair (`mend`).

    If `document` is only a part, `whole` is all of it.
    """
    if json_feed.looks_like_json(document):
        return json_feed.parse(document, url=url)
    if not document.strip():
        raise ParseFailed(web_page.not_a_feed_text(document, url))
    document = _from_its_root(document)
    parsed, found, lost = read_whole_or_salvage(document, dialects.read)
    if not parsed.get("version") or (not found and not lost and web_page.is_html(document)):
        raise ParseFailed(web_page.not_a_feed_text(document, url))
    about, atom = parsed.feed, str(parsed.version).startswith("atom")
    lang = entry.language(text_of(about, "language") or headers.get("content-language", ""))
    hints = hints_of(url, lang, day_first=_day_first([raw for _, raw in found], whole))
    read = [_entry(place, raw, url, hints, atom=atom) for place, raw in found[: limits.MAX_ENTRIES]]
    lost += [one for one in read if isinstance(one, LostEntry)]
    return ParsedFeed(
        entries=tuple(one for one in read if isinstance(one, Entry)),
        title=entry.title_text(text_of(about, "title"), markup=is_markup(about, "title", atom=atom)),
        lang=lang,
        ttl_s=_ttl_s(about),
        lost=tuple(sorted(lost)),
    )


def _entry(place: int, raw: Any, url: str, hints: DateHints, *, atom: bool) -> Entry | LostEntry:
    try:
        return entry_of(raw, url, hints, atom=atom)
    except MemoryError:
        raise
    except Exception:  # noqa: BLE001 - whatever is wrong with an entry concerns only that entry
        return lost_entry(place, text_of(raw, "title"))


def _from_its_root(document: bytes) -> bytes:
    """The document without anything before it (blank lines, PHP warnings, a second byte order mark)."""
    start = _ROOT.search(document, 0, _SEARCH_BYTES)
    if start is None or start.start() == 0 or web_page.is_html(document):
        return document
    before = document[: start.start()]
    # Comments and instructions before the root are part of the document.
    return document if before.lstrip().startswith((b"<!", b"<?")) else document[start.start() :]


def _day_first(entries: list[Any], whole: bytes) -> bool | None:
    """Whether the document's dates have the day before the month."""
    texts = [text_of(raw, name) for raw in entries for name in ("published", "created", "updated")]
    order = dates.day_order(texts)
    is_open = order is None and whole and any(map(dates.is_ambiguous, texts))
    return dates.day_order(dates.texts_in(whole)) if is_open else order


def _ttl_s(about: Any) -> float | None:
    """How often the feed changes, by its own account: RSS `ttl` (minutes) or the syndication module's period."""
    minutes = _number(text_of(about, "ttl"))
    if minutes:
        return min(minutes * 60, _MAX_TTL_S)
    period_s = _PERIODS_S.get(text_of(about, "sy_updateperiod").strip().lower())
    if period_s is None:
        return None
    return min(period_s / (_number(text_of(about, "sy_updatefrequency")) or 1), _MAX_TTL_S)


def _number(text: str) -> float | None:
    """A positive decimal number with at most nine digits before and after its point, else None."""
    text = text.strip()
    return float(text) or None if re.fullmatch(r"\d{1,9}(\.\d{1,9})?", text, re.ASCII) else None
