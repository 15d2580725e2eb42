"""Lists in JSON documents that are not feeds: bytes → entries, by sensible guesses or by given paths.

WordPress (`/wp-json/wp/v2/posts`), Federal Register, Discourse, Algolia, search results of courts and agencies: somewhere
in the document is a list of objects that have a title, mostly an address and a date (`json_rows`). The list whose rows
have most of them is it (`json_fields`).

JSON from the web is hostile: run this in a process with limits (`newswatch.feeds.worker`).
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote, urlsplit

from newswatch.document import Entry, ParsedFeed
from newswatch.errors import ParseFailed
from newswatch.feeds import charset, entry, limits
from newswatch.feeds.date_days import DateHints, hints_of
from newswatch.feeds.dates import day_order
from newswatch.feeds.json_fields import date_of, fields_of, filled, is_title
from newswatch.feeds.json_rows import EVERY, Row, at, lists_in, rows_at
from newswatch.feeds.links import absolute_link
from newswatch.selector import Selector

_SAMPLE = 30
_MAX_LISTS = 60
"""How many lists of a document are looked at."""
_INSIDE = 0.5
"""What a list inside the rows of another list of news is worth."""
_OTHER_LIST = 0.4
_OTHER_LISTS = re.compile(
    r"(?i)(?:^|[._-])(?:tags?|categor(?:y|ies)|facets?|menus?|nav(?:igation)?|users?|authors?|comments?|related|trending|popular"
    r"|most_?read|ads?|images?|media|links|languages?|filters?|footer|header|breadcrumbs?|aggregations?|included|_links)(?:$|\.)"
)
_LONG_TITLE = 20
_TAG = re.compile(r"<[a-zA-Z/!]")
_GUARD = re.compile(rb"\s*(?:\)\]\}'?,?|while\s*\(1\)\s*;|for\s*\(;;\)\s*;)\s*")
"""What some servers write before JSON so that no script can load it."""
_CALL = re.compile(rb"(?s)\s*(?:/\*.{0,20}\*/)?\s*[\w$.]{1,80}\s*\((?=\s*[\[{])(.*)\)\s*;?\s*")
_IDS = ("id", "guid", "uuid", "_id", "objectID")


def parse(body: bytes, *, url: str, headers: Mapping[str, str], paths: Selector | None = None) -> ParsedFeed:
    """The entries of the document's list, in its order.

    Raises ParseFailed for what is not JSON, and where no list is found.
    """
    rows, found = _read(body, url, headers, paths or Selector())
    hints = _hints(rows, found, url)
    entries = (_entry(row, found, url, hints) for row in rows[: limits.MAX_ENTRIES])
    return ParsedFeed(tuple(one for one in entries if one.title or one.link))


def selector_of(body: bytes, *, url: str, headers: Mapping[str, str]) -> Selector:
    """The paths that `parse` guesses. With them as its `paths` it gives the same entries. Raises ParseFailed as it does."""
    return _read(body, url, headers, Selector())[1]


def _read(
    body: bytes, url: str, headers: Mapping[str, str], given: Selector
) -> tuple[Sequence[Row], Selector]:
    document = _loaded(body, headers)
    hints = hints_of(url, "")
    if given.items:
        rows = rows_at(document, given.items)
        found = filled(given, rows[:_SAMPLE], hints)
    else:
        rows, found = _likely(document, given, hints)
    if not rows or not found.title:
        where = f" at `{given.items}`" if given.items else ""
        raise ParseFailed(
            f"the JSON document has no list of objects with titles{where}: give the path of its list in `selector`"
        )
    return rows, found


def _loaded(body: bytes, headers: Mapping[str, str]) -> Any:
    text = charset.to_utf8(body, headers).removeprefix(b"\xef\xbb\xbf")
    guard, call = _GUARD.match(text), _CALL.fullmatch(text)
    text = call[1] if call else text[guard.end() :] if guard else text
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        lines = _json_lines(text)
        if lines is None:
            raise ParseFailed(f"the document is not JSON that can be read ({type(error).__name__})") from None
        return lines


def _json_lines(text: bytes) -> list[Any] | None:
    """The objects of a document with one on each line."""
    lines = [line for line in text.split(b"\n", limits.MAX_ENTRIES + 1) if line.strip()][: limits.MAX_ENTRIES]
    if len(lines) < 2 or not all(line.lstrip().startswith(b"{") for line in lines[:2]):
        return None
    try:
        return [json.loads(line) for line in lines]
    except (ValueError, RecursionError):
        return None


def _likely(document: Any, given: Selector, hints: DateHints) -> tuple[list[Row], Selector]:
    """The rows that look most like news, and their fields."""
    best: tuple[float, list[Row], Selector] = (0.0, [], given)
    news: list[tuple[str, bool]] = []
    for number, (path, rows) in enumerate(lists_in(document)):
        if number >= _MAX_LISTS:
            break
        found = filled(given, rows[:_SAMPLE], hints)
        if not found.title:
            continue
        worth = _worth(rows, found) * (_OTHER_LIST if _OTHER_LISTS.search(path) else 1.0)
        outer = [dated for above, dated in news if _is_inside(path, above)]
        if outer and (any(outer) or not found.date):
            worth *= _INSIDE
        if found.link or found.date:
            news.append((path, bool(found.date)))
        if worth > best[0]:
            best = worth, rows, Selector(path, found.title, found.link, found.date, found.summary)
    return best[1], best[2]


def _is_inside(path: str, above: str) -> bool:
    return path.startswith(f"{EVERY}." if above == "." else f"{above}.{EVERY}.")


def _worth(rows: Sequence[Row], found: Selector) -> float:
    """How much a list looks like news: the parts that its rows have, times how many they are, and how long the titles."""
    titles = [value for value in fields_of(rows[:_SAMPLE]).get(found.title, ()) if is_title(value)]
    letters = sum(sum(map(str.isalpha, title[:100])) for title in titles) / max(1, len(titles))
    parts = 1.0 + 1.5 * bool(found.link) + 1.5 * bool(found.date) + 0.5 * bool(found.summary)
    return parts * (1 + min(len(rows), _SAMPLE) / _SAMPLE) * (0.5 + 0.5 * min(1.0, letters / _LONG_TITLE))


def _hints(rows: Sequence[Row], found: Selector, url: str) -> DateHints:
    texts = [text for row in rows if (text := _text(row, found.date))] if found.date else []
    return hints_of(url, "", day_first=day_order(texts))


def _entry(row: Row, paths: Selector, url: str, hints: DateHints) -> Entry:
    title, summary = _text(row, paths.title), _text(row, paths.summary)
    return Entry(
        guid=_guid(row, paths.title),
        link=(absolute_link(url, _text(row, paths.link)) if paths.link else "") or _discourse_link(row, url),
        title=entry.title_text(title, markup=bool(_TAG.search(title))),
        summary=entry.summary_text(summary, markup=bool(_TAG.search(summary))),
        lang=entry.language(_text(row, "lang") or _text(row, "language")),
        published=date_of(at(row, paths.date), hints) if paths.date else None,
    )


def _guid(row: Row, title: str) -> str:
    """The row's own identifier, or that of the object which has its title (`node.id`)."""
    above = title.rpartition(".")[0]
    for holder in (row, at(row, above)):
        values = [holder.get(name) for name in _IDS] if isinstance(holder, dict) else []
        for value in values:
            if isinstance(value, str | int) and not isinstance(value, bool) and str(value)[:1]:
                return entry.guid_text(str(value))
    return ""


def _discourse_link(row: Row, url: str) -> str:
    """The address of a Discourse topic, which its list does not give."""
    slug, number = row.get("slug"), row.get("id")
    if not isinstance(slug, str) or not isinstance(number, int) or "posts_count" not in row:
        return ""
    parts = urlsplit(url)
    return absolute_link(f"{parts.scheme}://{parts.netloc}", f"/t/{quote(slug, safe='')}/{number}")


def _text(row: Row, path: str) -> str:
    value = at(row, path) if path else None
    return value if isinstance(value, str) else str(value) if isinstance(value, int | float) else ""
