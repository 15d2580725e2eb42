"""How a parser process and its owner communicate: frames of JSON on pipes, nothing executable.

A frame is two big-endian 32-bit lengths, a JSON head and a binary tail. The owner checks everything in
a result, because the process that wrote it has read hostile bytes.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Iterable, Mapping
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any, NamedTuple

from newswatch.document import Entry, LostEntry, ParsedFeed

if TYPE_CHECKING:
    from newswatch.feeds.article import Article
    from newswatch.feeds.sitemap import Child, Sitemap

SITEMAP, JSON, JSON_PATHS = "sitemap", "json", "json paths"
"""The kinds of source, besides feeds and pages, that a job can be about."""
EXIT_MEMORY = 77
"""The exit code of a parser process that ran out of memory while it was not parsing."""
LENGTHS = struct.Struct(">II")
MAX_HEAD_BYTES = 256_000_000
"""More than the largest real result. The owner must not allocate memory for a damaged length."""
_DATES = frozenset({"published", "updated"})
_NAMES = Entry._fields


class ParsedDocument(NamedTuple):
    """The result of a parser process.

    `hashes` has the hash of the element of each entry, in order; the next poll takes them as seen. It is
    empty where elements and entries do not correspond; then the next poll must not drop anything.
    `dropped` are the hashes of the entries that were left out because they were seen before.
    """

    feed: ParsedFeed
    hashes: tuple[bytes, ...] = ()
    dropped: tuple[bytes, ...] = ()


def frame(head: Mapping[str, Any], tail: bytes = b"") -> bytes:
    """One frame, ready to be written."""
    data = json.dumps(head, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")
    return LENGTHS.pack(len(data), len(tail)) + data + tail


def document_head(document: ParsedDocument) -> dict[str, Any]:
    """The JSON form of a ParsedDocument."""
    feed = document.feed
    return {
        "title": feed.title,
        "lang": feed.lang,
        "ttl_s": feed.ttl_s,
        "lost": [list(one) for one in feed.lost],
        "entries": [[_out(value) for value in entry] for entry in feed.entries],
        "hashes": join_hashes(document.hashes),
        "dropped": join_hashes(document.dropped),
    }


def read_document(head: Mapping[str, Any], hash_bytes: int) -> ParsedDocument:
    """A ParsedDocument from its JSON form. Raises ValueError, KeyError or TypeError when damaged."""
    feed = ParsedFeed(
        entries=tuple(_entry(values) for values in head["entries"]),
        title=str(head["title"]),
        lang=str(head["lang"]),
        ttl_s=None if head["ttl_s"] is None else float(head["ttl_s"]),
        lost=tuple(LostEntry(int(place), str(title)) for place, title in head["lost"]),
    )
    return ParsedDocument(
        feed, split_hashes(head["hashes"], hash_bytes), split_hashes(head["dropped"], hash_bytes)
    )


def sitemap_head(sitemap: Sitemap) -> dict[str, Any]:
    """The JSON form of a Sitemap."""
    children = [[child.url, _out(child.modified)] for child in sitemap.children]
    return document_head(ParsedDocument(sitemap.feed)) | {"children": children}


def read_children(head: Mapping[str, Any]) -> tuple[Child, ...]:
    """The children of a Sitemap from its JSON form. Raises ValueError, KeyError or TypeError when damaged."""
    from newswatch.feeds.sitemap import Child  # noqa: PLC0415 - feeds do not need it

    return tuple(Child(str(url), _moment(modified)) for url, modified in head["children"])


def article_head(article: Article) -> dict[str, Any]:
    """The JSON form of an Article."""
    return {name: _out(getattr(article, name)) for name in article.__slots__}


def read_article(head: Mapping[str, Any]) -> Article:
    """An Article from its JSON form. Raises ValueError, KeyError or TypeError when damaged."""
    from newswatch.feeds.article import Article  # noqa: PLC0415 - loads what reads pages; feeds do not need it

    return Article(**{name: _in(name, head[name]) for name in Article.__slots__})


def join_hashes(hashes: Iterable[bytes]) -> str:
    """Hashes of one size as one hex text."""
    return b"".join(hashes).hex()


def split_hashes(text: str, size: int) -> tuple[bytes, ...]:
    """The hashes in a text made by `join_hashes`, `size` bytes each. Raises ValueError."""
    data = bytes.fromhex(text)
    return tuple(data[start : start + size] for start in range(0, len(data), size))


def _out(value: Any) -> Any:
    return value.timestamp() if isinstance(value, datetime) else value


def _entry(values: list[Any]) -> Entry:
    return Entry(**{name: _in(name, value) for name, value in zip(_NAMES, values, strict=True)})


def _in(name: str, value: Any) -> Any:
    if name in _DATES:
        return _moment(value)
    if name in ("dates_unclear", "dates_counted"):
        return bool(value)
    return tuple(str(tag) for tag in value) if name == "tags" else str(value)


def _moment(value: Any) -> datetime | None:
    return None if value is None else datetime.fromtimestamp(float(value), timezone.utc)
