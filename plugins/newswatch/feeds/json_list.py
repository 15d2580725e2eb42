"""Lists in JSON documents that are not feeds: bytes → entries, by sensible guesses or by given paths.

WordPress (`/wp-json/wp/v2/posts`), Federal Register, Discourse, Algolia, search results of courts and agencies: somewhere
in the document is an array of objects that have a title, mostly an address and a date. The array whose objects
have most of them is the list. Names of fields are looked up in one table for each purpose; if none fits, what the
values look like decides.

JSON from the web is hostile: run this in a process with limits (`newswatch.feeds.worker`).
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timezone
from typing import Any
from urllib.parse import quote, urlsplit

from newswatch.document import Entry, ParsedFeed
from newswatch.errors import ParseFailed
from newswatch.feeds import charset, dates, entry, limits
from newswatch.feeds.links import absolute_link
from newswatch.selector import Selector

_TITLES = (
    "headline", "title", "title_plain", "fancy_title", "subject", "name", "display_title", "casetitle", "casename",
    "casecaption", "documenttitle", "story_title", "heading", "label", "text",
)  # fmt: skip
_LINKS = (
    "html_url", "canonical_url", "permalink", "link", "url", "web_url", "weburl", "public_url", "external_url", "article_url",
    "href", "document_url", "documenturl", "pdf_url", "pdfurl", "story_url", "source_url", "fileurl", "uri", "path", "links",
)  # fmt: skip
_DATES = (
    "published", "publication_date", "date_published", "publishedat", "published_at", "publishdate", "publish_date", "pubdate",
    "pub_date", "date_gmt", "date", "datetime", "filingdate", "filing_date", "issued", "release_date", "releasedate",
    "document_date", "doc_date", "created_at", "createdat", "created", "created_x0020_date", "date_heard", "timestamp", "time",
    "posted", "last_posted_at", "bumped_at", "updated_at", "updated", "modified",
)  # fmt: skip
_SUMMARIES = (
    "summary",
    "excerpt",
    "description",
    "abstract",
    "teaser",
    "subtitle",
    "snippet",
    "story_text",
    "blurb",
)
_INNER = ("rendered", "value", "plain", "default", "en", "html", "main", "href", "text")
"""What a field that is an object has its text in (WordPress: `title.rendered`)."""
_MAX_NODES = 200_000
_MAX_DEPTH = 12
_MAX_INNER = 60
_SAMPLE = 30
_MANY = 0.5
_MIN_LETTERS = 8
_MS_DATE = re.compile(r"^/Date\((-?\d{1,15})(?:[+-]\d{4})?\)/$")
_ADDRESS = re.compile(r"(?i)^(?:https?://|/)\S+$|^\S+\.(?:pdf|html?|aspx?|php)$")
_TAG = re.compile(r"<[a-zA-Z/!]")
_SECONDS = (100_000_000, 10_000_000_000)


def parse(body: bytes, *, url: str, headers: Mapping[str, str], paths: Selector | None = None) -> ParsedFeed:
    """The entries of the document's list, in its order.

    Raises ParseFailed for what is not JSON, and where no list is found.
    """
    given = paths or Selector()
    document = _loaded(body, headers)
    rows = _at(document, given.items) if given.items else _likely_rows(document)
    objects = [row for row in rows if isinstance(row, dict)] if isinstance(rows, list) else []
    found = _filled(given, objects[:_SAMPLE])
    if not objects or not found.title:
        where = f" at `{given.items}`" if given.items else ""
        raise ParseFailed(
            f"the JSON document has no list of objects with titles{where}: give the path of its list in `selector`"
        )
    entries = (_entry(row, found, url) for row in objects[: limits.MAX_ENTRIES])
    return ParsedFeed(tuple(one for one in entries if one.title or one.link))


def _loaded(body: bytes, headers: Mapping[str, str]) -> Any:
    try:
        return json.loads(charset.to_utf8(body, headers))
    except (ValueError, RecursionError) as error:
        raise ParseFailed(f"the document is not JSON that can be read ({type(error).__name__})") from None


def _likely_rows(document: Any) -> list[Any]:
    """The array whose objects look most like news; [] where none does."""
    best: list[Any] = []
    most = 0.0
    for rows in _arrays(document):
        worth = _worth(rows)
        if worth > most:
            best, most = rows, worth
    return best


def _arrays(document: Any) -> Iterator[list[Any]]:
    """The arrays of objects in a document, the outer ones first."""
    level: list[Any] = [document]
    seen = 0
    for _ in range(_MAX_DEPTH):
        below: list[Any] = []
        for node in level:
            if isinstance(node, list) and any(isinstance(one, dict) for one in node[:_SAMPLE]):
                yield node
            inner = node.values() if isinstance(node, dict) else node[:_SAMPLE]
            below.extend(one for one in inner if isinstance(one, dict | list))
            seen += len(inner)
            if seen > _MAX_NODES:
                return
        level = below


def _worth(rows: list[Any]) -> float:
    """How much an array looks like a list of news: the parts that its objects have, times how many they are."""
    objects = [row for row in rows[:_SAMPLE] if isinstance(row, dict)]
    paths = _filled(Selector(), objects)
    if not paths.title:
        return 0.0
    parts = 1.0 + 1.5 * bool(paths.link) + 1.5 * bool(paths.date) + 0.5 * bool(paths.summary)
    return parts * (1 + min(len(rows), _SAMPLE) / _SAMPLE)


def _filled(given: Selector, objects: Sequence[dict[str, Any]]) -> Selector:
    """The paths, those that are not given guessed from a sample of objects."""
    fields = _fields(objects)
    date = given.date or _named(fields, _DATES, _is_date, len(objects))
    link = (
        given.link
        or _named(fields, _LINKS, _is_link, len(objects))
        or _by_look(fields, _is_link, len(objects))
    )
    title = given.title or _named(fields, _TITLES, _is_title, len(objects)) or _wordiest(fields, len(objects))
    summary = given.summary or _named(fields, _SUMMARIES, _is_title, len(objects))
    return Selector(given.items, title, link, date, "" if summary == title else summary)


def _fields(objects: Sequence[dict[str, Any]]) -> dict[str, list[Any]]:
    """The values of each scalar field in the objects, one level down too, by path."""
    found: dict[str, list[Any]] = {}
    for row in objects:
        for name, value in row.items():
            if name.startswith("_"):
                continue
            if isinstance(value, dict):
                for inner, scalar in list(value.items())[:_MAX_INNER]:
                    if isinstance(scalar, str):
                        found.setdefault(f"{name}.{inner}", []).append(scalar)
            elif isinstance(value, str | int | float) and not isinstance(value, bool):
                found.setdefault(name, []).append(value)
    return found


def _named(fields: Mapping[str, list[Any]], names: Sequence[str], fits: Any, rows: int) -> str:
    """The first field with one of the names, in their order, whose values fit in most objects."""
    by_name: dict[str, str] = {}
    for path in sorted(fields, key=lambda path: path.count(".")):
        outer, _, inner = path.partition(".")
        by_name.setdefault((outer if inner in ("", *_INNER) else inner).lower(), path)
    candidates = (by_name[name] for name in names if name in by_name)
    return next((path for path in candidates if _share(fields[path], fits, rows) >= _MANY), "")


def _by_look(fields: Mapping[str, list[Any]], fits: Any, rows: int) -> str:
    """The field whose values fit and differ most."""
    best, most = "", 0
    for path, values in fields.items():
        different = len({str(value) for value in values if fits(value)})
        if different > most and _share(values, fits, rows) >= _MANY:
            best, most = path, different
    return best if most * 2 > rows else ""


def _wordiest(fields: Mapping[str, list[Any]], rows: int) -> str:
    """The field with the most letters whose values differ, for objects without any field named as a title."""
    best, most = "", float(_MIN_LETTERS)
    for path, values in fields.items():
        texts = [value for value in values if _is_title(value)]
        mean = sum(sum(map(str.isalpha, text[:300])) for text in texts) / rows
        if mean > most and len(set(texts)) * 2 > rows:
            best, most = path, mean
    return best


def _share(values: Sequence[Any], fits: Any, rows: int) -> float:
    return sum(1 for value in values if fits(value)) / max(1, rows)


def _is_title(value: Any) -> bool:
    return isinstance(value, str) and any(map(str.isalpha, value)) and not _ADDRESS.match(value.strip())


def _is_link(value: Any) -> bool:
    return isinstance(value, str) and bool(_ADDRESS.match(value.strip()))


def _is_date(value: Any) -> bool:
    return _date(value) is not None


def _at(document: Any, path: str) -> Any:
    for name in path.split(".") if path not in ("", ".") else ():
        if isinstance(document, list) and name.isdigit():
            document = document[int(name)] if int(name) < len(document) else None
        else:
            document = document.get(name) if isinstance(document, dict) else None
    return document


def _entry(row: dict[str, Any], paths: Selector, url: str) -> Entry:
    title, summary = _text(row, paths.title), _text(row, paths.summary)
    return Entry(
        guid=entry.guid_text(str(row["id"])) if isinstance(row.get("id"), str | int) else "",
        link=absolute_link(url, _text(row, paths.link)) if paths.link else _discourse_link(row, url),
        title=entry.title_text(title, markup=bool(_TAG.search(title))),
        summary=entry.summary_text(summary, markup=bool(_TAG.search(summary))),
        lang=entry.language(_text(row, "lang") or _text(row, "language")),
        published=_date(_at(row, paths.date)) if paths.date else None,
    )


def _discourse_link(row: Mapping[str, Any], url: str) -> str:
    """The address of a Discourse topic, which its list does not give."""
    slug, number = row.get("slug"), row.get("id")
    if not isinstance(slug, str) or not isinstance(number, int) or "posts_count" not in row:
        return ""
    parts = urlsplit(url)
    return absolute_link(f"{parts.scheme}://{parts.netloc}", f"/t/{quote(slug, safe='')}/{number}")


def _text(row: Mapping[str, Any], path: str) -> str:
    value = _at(row, path) if path else None
    return value if isinstance(value, str) else str(value) if isinstance(value, int | float) else ""


def _date(value: Any) -> datetime | None:
    """A date as text, as Unix time in seconds or milliseconds, or as .NET writes it (`/Date(1419350400000)/`)."""
    if isinstance(value, str):
        match = _MS_DATE.match(value)
        reading = None if match else dates.read_date(value)
        return _at_second(int(match[1]) / 1000) if match else reading and reading.moment
    if isinstance(value, int | float) and not isinstance(value, bool):
        return _at_second(value if value < _SECONDS[1] else value / 1000)
    return None


def _at_second(second: float) -> datetime | None:
    if not _SECONDS[0] <= second < _SECONDS[1]:
        return None
    return datetime.fromtimestamp(second, timezone.utc)
