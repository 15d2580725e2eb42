"""Dropping the entries that an earlier poll has seen, before the slow parser reads the document.

A document is cut into its entries by looking for their tags. An entry whose bytes were seen before is
left out, and feedparser gets the rest. expat, a strict parser, then checks the cuts: it reads the
document with an empty entry in place of each one left out. That is enough, because bytes that were a
whole entry once are a whole entry wherever an empty one could be, and it costs almost nothing for
the entries left out. If expat finds the entries elsewhere (a tag in a comment, entries within
entries, markup that is not well-formed), the full parser gets the whole document.

An entry is the same only if its bytes are the same and the elements around it have the same
attributes and namespaces. Any edit makes it a new entry.

For each feed the caller keeps an 8-byte hash of each entry, with its id and link. The result includes
the hashes of dropped entries, because the claim must know which ids are still in the document.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Any, NamedTuple
from xml.parsers import expat

from newswatch.feeds.entry_cuts import Cut, entry_cuts

HASH_BYTES = 8
_ENTRIES = frozenset({"item", "entry"})
_PARENTS = frozenset({"channel", "feed", "RDF", "rss"})


class Reduced(NamedTuple):
    """A document without the entries that were seen before.

    `kept` has the hashes of the entries in it, `dropped` those of the entries removed, both in document
    order. `document` is UTF-8, whatever it declares. `places` are those of the kept entries in the whole
    document, from 0.
    """

    document: bytes
    kept: tuple[bytes, ...]
    dropped: tuple[bytes, ...]
    places: tuple[int, ...] = ()


class _Unexpected(Exception):
    """The entries are not where the cuts are."""


def reduce_document(document: bytes, seen: Callable[[bytes], bool]) -> Reduced | None:
    """The document without the entries whose hash is `seen`, or None where the full parser must read it all.

    That is so for JSON, for documents that are not well-formed or have a document type (entities), and
    for entries in unexpected places. `document` is UTF-8.
    """
    document = document.lstrip()
    cuts = entry_cuts(document)
    if not cuts:
        return None
    outline = _Outline()
    try:
        around = outline.read_lead(document[: cuts[0].start])
        names = [_hash(around, document[cut.start : cut.end]) for cut in cuts]
        drops = [seen(name) for name in names]
        rest, expected = _with_empty_entries(document, cuts, drops)
        if outline.read_rest(rest) != expected:
            return None
    except (expat.ExpatError, _Unexpected):
        return None
    marked = list(zip(names, drops, strict=True))
    return Reduced(
        _without(document, cuts, drops),
        tuple(name for name, drop in marked if not drop),
        tuple(name for name, drop in marked if drop),
        tuple(place for place, drop in enumerate(drops) if not drop),
    )


def _hash(around: bytes, entry: bytes) -> bytes:
    return hashlib.sha256(around + entry).digest()[:HASH_BYTES]


def _with_empty_entries(
    document: bytes, cuts: list[Cut], drops: list[bool]
) -> tuple[bytes, list[tuple[int, int]]]:
    """The document from the first entry on, with empty entries for those dropped.

    Also returns where the opening and the closing tag of each entry are expected.
    """
    pieces: list[bytes] = []
    expected: list[tuple[int, int]] = []
    offset = before = cuts[0].start
    for cut, drop in zip(cuts, drops, strict=True):
        opening = b"<%b>" % cut.name if drop else document[cut.start : cut.closing]
        closing = b"</%b>" % cut.name if drop else document[cut.closing : cut.end]
        start = offset + cut.start - before
        expected.append((start, start + len(opening)))
        offset = start + len(opening) + len(closing)
        pieces += [document[before : cut.start], opening, closing]
        before = cut.end
    return b"".join([*pieces, document[before:]]), expected


def _without(document: bytes, cuts: list[Cut], drops: list[bool]) -> bytes:
    pieces, begin = [], 0
    for cut, drop in zip(cuts, drops, strict=True):
        if drop:
            pieces.append(document[begin : cut.start])
            begin = cut.end
    return b"".join([*pieces, document[begin:]])


class _Outline:
    """Where entries open and close according to expat. Raises ExpatError or _Unexpected."""

    def __init__(self) -> None:
        self._parser = expat.ParserCreate("utf-8", " ")
        self._parser.StartElementHandler = self._opened
        self._parser.EndElementHandler = self._closed
        self._parser.StartNamespaceDeclHandler = self._declared
        self._parser.StartDoctypeDeclHandler = _refuse
        self._depth = 0
        self._around: list[tuple[int, str, object]] = []
        self._home: int | None = None
        """The depth of the first entry. All entries must be children of the same element."""
        self._begun: list[int] = []
        self._ended: list[int] = []

    def read_lead(self, lead: bytes) -> bytes:
        """Reads the part before the first entry. Returns a digest of the elements around all entries."""
        self._parser.Parse(lead, False)
        self._home = self._depth
        if not self._around or _local(self._around[-1][1]) not in _PARENTS:
            raise _Unexpected
        return hashlib.blake2b(repr(self._around).encode("utf-8", "replace"), digest_size=32).digest()

    def read_rest(self, rest: bytes) -> list[tuple[int, int]]:
        """Reads the rest. Returns the offsets of the entries' opening and closing tags."""
        self._parser.Parse(rest, True)
        return list(zip(self._begun, self._ended, strict=True))

    def _declared(self, prefix: str | None, uri: str | None) -> None:
        if self._home is None:
            self._around.append((self._depth, f"xmlns:{prefix}", uri))

    def _opened(self, name: str, attributes: dict[str, str]) -> None:
        if _local(name) in _ENTRIES:
            if self._depth != self._home:
                raise _Unexpected
            self._begun.append(self._parser.CurrentByteIndex)
        elif self._home is None:
            self._around.append((self._depth, name, sorted(attributes.items())))
        self._depth += 1

    def _closed(self, name: str) -> None:
        self._depth -= 1
        if self._home is None:
            self._around = [one for one in self._around if one[0] < self._depth]
        elif self._depth < self._home:
            # No entry may follow outside the parent of the first one.
            self._home = -1
        elif self._depth == self._home and _local(name) in _ENTRIES:
            self._ended.append(self._parser.CurrentByteIndex)


def _local(name: str) -> str:
    """The name without its namespace, which expat puts before it."""
    return name.rpartition(" ")[2]


def _refuse(*_: Any) -> None:
    raise _Unexpected
