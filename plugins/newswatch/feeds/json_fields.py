"""Which fields of a JSON list's rows are the title, link, date and summary of an item: by their names, else by their values.

Names are looked up in one table for each purpose. A field deep inside an object counts less than one beside it, and what
belongs to something else (its author, image, category) does not count. If no name fits, what the values look like decides.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime, timezone
from functools import lru_cache
from typing import Any

from newswatch.feeds import dates
from newswatch.feeds.date_days import DateHints
from newswatch.feeds.dates import NO_HINTS
from newswatch.selector import Selector

Fields = Mapping[str, list[Any]]

_TITLES = """headline title titleplain titletext fancytitle mainheading subject name displaytitle casetitle casename
    casecaption documenttitle storytitle newstitle posttitle articletitle pagetitle webtitle heading caption titulo título
    titre titel titolo tytul заголовок 标题 標題 タイトル 제목 label message content text t""".split()  # noqa: SIM905
_LINKS = """htmlurl canonicalurl canonical permalink link url weburl publicurl fullurl pageurl externalurl articleurl newsurl
    posturl href documenturl pdfurl storyurl sourceurl fileurl contenturl absoluteurl alternate web enlace lien linkurl
    uri path alias file document attachment links urls l u""".split()  # noqa: SIM905
_DATES = """published publicationdate datepublished publishedat publishedon publishedtime publisheddate publishdate pubdate
    firstpublished firstpublicationdate webpublicationdate publicationstartdate dategmt date datetime newsdate
    filingdate filedon filed issued issuedate releasedate released documentdate docdate postdate displaydate fecha datum
    createdat created createdutc createdtime creationdate createddate createdx0020date dateheard timestamp time posted
    postedat postedon lastpostedat bumpedat updatedat updated datemodified modified modifiedgmt lastmod lastmodified
    seendate d""".split()  # noqa: SIM905
_SUMMARIES = """summary excerpt description abstract teaser standfirst dek lead lede intro introduction subtitle subheadline
    snippet storytext blurb shortdescription trailtext resumen resume zusammenfassung 摘要""".split()  # noqa: SIM905
_INNER = frozenset("rendered value plain default html main href text raw iso plaintext en date".split())  # noqa: SIM905
"""What a field that is an object has its text in (WordPress: `title.rendered`)."""
_WRAPPERS = frozenset("attributes node source fields data item properties snippet commit sys".split())  # noqa: SIM905
"""Objects that hold the fields of the row itself (JSON:API, GraphQL, Elasticsearch)."""
_OF_OTHERS = frozenset(
    """author authors user users owner creator editor contributor publisher provider image images thumbnail thumbnails
    photo photos picture avatar media icon logo category categories section tag tags topic topics keyword keywords comments
    replies reactions breadcrumbs self related parent embedded collection seo og location venue video audio highlightresult
    shortlink amp api guid""".split()  # noqa: SIM905
)
"""Objects and fields that describe something else than the item."""
_NOT_NEWS_DATES = re.compile(r"(?i)expir|deadline|clos|end|until|birth|valid|start|next|embargo")
_DATE_NAME = re.compile(r"(?i)date|time|publ|creat|posted|issued|filed|fecha|datum")
_LISTED = re.compile(r"(?i)(?:link|url|file|document|attachment|headline|title)s?$")
"""Arrays of objects inside a row whose first object belongs to the item itself."""
_MAX_DEPTH = 4
_MAX_INNER = 60
_MAX_FIELDS = 400
_DEEPER = 6
"""How many places in a table of names one level of depth costs."""
_MANY, _MOST = 0.5, 0.8
_GOOD_LETTERS, _MIN_LETTERS, _MANY_LETTERS = 60, 8, 220
_MS_DATE = re.compile(r"^/Date\((-?\d{1,15})(?:[+-]\d{4})?\)/$")
_ADDRESS = re.compile(
    r"(?i)^(?:https?://|/(?!/?$))\S+$|^[^\s<>]+\.(?:pdf|html?|aspx?|php|docx?)(?:[?#]\S*)?$"
)
_RELATIVE = re.compile(r"^[\w.~%-]+(?:/[\w.~%=&?-]+)+/?$")
_PICTURE = re.compile(r"(?i)\.(?:jpe?g|png|gif|svg|webp|ico|mp[34]|css|js)(?:\?|$)")
_NOT_NAME = re.compile(r"[\W_]+")
_LANGUAGE = re.compile(r"^[a-z]{2}(?:[-_][A-Za-z]{2})?$")
_SECONDS = (100_000_000, 10_000_000_000)
_DAYS = (19_710_101, 21_001_231)


def fields_of(rows: Sequence[Mapping[str, Any]]) -> dict[str, list[Any]]:
    """The values of each field in the rows, by path, also of objects and first elements inside."""
    found: dict[str, list[Any]] = {}
    for row in rows:
        _collect(row, "", 0, found)
    return found


def filled(given: Selector, rows: Sequence[Mapping[str, Any]], hints: DateHints = NO_HINTS) -> Selector:
    """The paths, those that are not given guessed from a sample of rows."""
    fields = fields_of(rows)

    def is_date(value: Any) -> bool:
        return date_of(value, hints) is not None

    count = len(rows)
    link = given.link or _named(fields, _LINKS, _may_be_link, count) or _linklike(fields, count)
    title = given.title or _named(fields, _TITLES, is_title, count) or _wordiest(fields, count)
    date = (
        given.date or _named(fields, _DATES, is_date, count, varied=False) or _datelike(fields, count, hints)
    )
    summary = given.summary or _named(fields, _SUMMARIES, is_title, count, varied=False)
    return Selector(given.items, title, link, date, "" if summary == title else summary)


def date_of(value: Any, hints: DateHints = NO_HINTS) -> datetime | None:
    """A date as text, as the number of its digits, or as Unix time.

    The number of digits is 20261126; Unix time is in seconds, milliseconds or microseconds, or as .NET writes it
    (`/Date(1419350400000)/`).
    """
    if isinstance(value, bool):
        return None
    if isinstance(value, str):
        match = _MS_DATE.match(value)
        reading = None if match else dates.read_date(value, hints=hints)
        return _at_second(int(match[1]) / 1000) if match else reading and reading.moment
    if isinstance(value, int | float):
        if _DAYS[0] <= value <= _DAYS[1] and value == int(value):
            return date_of(str(int(value)))
        for scale in (1, 1_000, 1_000_000):
            if _SECONDS[0] * scale <= value < _SECONDS[1] * scale:
                return _at_second(value / scale)
    return None


def is_title(value: Any) -> bool:
    """Whether a value is text."""
    return (
        isinstance(value, str)
        and any(map(str.isalpha, value[:500]))
        and not _ADDRESS.match(value[:2_000].strip())
    )


def is_link(value: Any) -> bool:
    """Whether a value looks like the address of a document."""
    return (
        isinstance(value, str)
        and bool(_ADDRESS.match(value[:4_000].strip()))
        and not _PICTURE.search(value[-40:])
    )


def _may_be_link(value: Any) -> bool:
    return is_link(value) or (isinstance(value, str) and bool(_RELATIVE.match(value[:4_000].strip())))


def _collect(value: Any, path: str, depth: int, found: dict[str, list[Any]]) -> None:
    if isinstance(value, dict):
        if depth < _MAX_DEPTH:
            for name, inner in list(value.items())[:_MAX_INNER]:
                if name and "." not in name and (not name.startswith("_") or name == "_source"):
                    _collect(inner, f"{path}.{name}" if path else name, depth + 1, found)
    elif isinstance(value, list):
        first = value[0] if value else None
        of_item = not isinstance(first, dict | list) or _LISTED.search(path)
        if first is not None and of_item and depth < _MAX_DEPTH:
            _collect(first, f"{path}.0", depth + 1, found)
    elif isinstance(value, str | int | float) and not isinstance(value, bool):
        values = found.get(path)
        if values is not None:
            values.append(value)
        elif len(found) < _MAX_FIELDS:
            found[path] = [value]


@lru_cache(4_096)
def _name_of(path: str) -> tuple[str, int]:
    """What a field is called, in lower case without separators, and how deep it is; "" for one that belongs to others."""
    parts = [_NOT_NAME.sub("", part).lower() for part in path.split(".")]
    if not _OF_OTHERS.isdisjoint(parts):
        return "", 0
    while len(parts) > 1 and (
        parts[-1] in _INNER or parts[-1].isdigit() or _LANGUAGE.match(path.split(".")[len(parts) - 1])
    ):
        parts.pop()
    outer = [part for part in parts[:-1] if part not in _WRAPPERS and not part.isdigit()]
    return parts[-1], len(outer)


def _named(
    fields: Fields, names: Sequence[str], fits: Callable[[Any], bool], rows: int, *, varied: bool = True
) -> str:
    """The first field with one of the names, in their order, whose values fit in most rows (and differ)."""
    places = {name: place for place, name in enumerate(names)}
    ranked: list[tuple[int, int, str]] = []
    for at, path in enumerate(fields):
        name, depth = _name_of(path)
        place = places.get(name)
        if place is not None:
            ranked.append((place + _DEEPER * depth, 0 if path.endswith(".en") else at + 1, path))
    ranked.sort()
    fitting = (path for _, _, path in ranked if _share(fields[path], fits, rows) >= _MANY)
    return next((path for path in fitting if not varied or _is_varied(fields[path], rows)), "")


def _is_varied(values: Sequence[Any], rows: int) -> bool:
    return rows < 3 or len({str(value)[:500] for value in values}) * 2 > len(values)


def _linklike(fields: Fields, rows: int) -> str:
    """The field whose values look most like addresses of documents, and differ most."""
    best, most = "", 0
    for path, values in fields.items():
        different = len({value for value in values if is_link(value)})
        if different > most and _name_of(path)[0] and _share(values, is_link, rows) >= _MANY:
            best, most = path, different
    return best if most * 2 > rows else ""


def _datelike(fields: Fields, rows: int, hints: DateHints) -> str:
    """The first field whose texts are dates in most rows."""
    for path, values in fields.items():
        name, _ = _name_of(path)
        if ("." in path and not name) or _NOT_NEWS_DATES.search(path):
            continue
        texts = values if _DATE_NAME.search(path) else [value for value in values if isinstance(value, str)]
        if _share(texts, lambda value: date_of(value, hints) is not None, rows) >= _MOST:
            return path
    return ""


def _wordiest(fields: Fields, rows: int) -> str:
    """The field whose texts are most like headlines in length and differ, where no field is named as a title."""
    best, most = "", 0.0
    for path, values in fields.items():
        texts = [value for value in values if is_title(value) and date_of(value) is None]
        if not _name_of(path)[0] or len(texts) < _MANY * rows or not _is_varied(texts, len(texts)):
            continue
        mean = sum(sum(map(str.isalpha, text[:600])) for text in texts) / len(texts)
        worth = min(mean, _GOOD_LETTERS) - max(0.0, mean - _MANY_LETTERS) / 10
        if mean > _MIN_LETTERS and worth > most + 1:
            best, most = path, worth
    return best


def _share(values: Iterable[Any], fits: Callable[[Any], bool], rows: int) -> float:
    return sum(1 for value in values if fits(value)) / max(1, rows)


def _at_second(second: float) -> datetime | None:
    if not _SECONDS[0] <= second < _SECONDS[1]:
        return None
    return datetime.fromtimestamp(second, timezone.utc)
