"""Dropping the entries a poll has already seen before the costly parser reads them.

A feed is cut into its entries by their tags alone, and an entry whose bytes were seen is left out;
feedparser gets the rest. Whether the cuts are where the entries really begin and end is then
asked of expat, a strict parser, which reads the document with an empty entry in place of each one
left out. That suffices, and costs next to nothing for what was left out: bytes that once were a
whole entry are one wherever an empty entry could stand. Where expat sees it differently (a tag in
a comment, entries within entries, markup that is not well-formed), the document is for the full
parser.

An entry is the same only if its bytes are and all that surrounds it means the same for it: the
elements around it with their attributes and namespaces. An edit of any kind makes it new.

The caller keeps, per feed, an 8-byte hash per entry and what it stood for (its id and link):
hashes of dropped entries come back, because the claim must know which ids are still in the
document.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple
from xml.parsers import expat

from newswatch.feeds import charset

HASH_BYTES = 8
_OPENING = re.compile(rb"<(item|entry)(?=[\s>])")
_CLOSING = {b"item": b"</item>", b"entry": b"</entry>"}
_ENTRIES = frozenset({"item", "entry"})
_PARENTS = frozenset({"channel", "feed", "RDF", "rss"})


class Reduced(NamedTuple):
    """A document without the entries that were seen.

    `kept` has the hashes of the entries left, `dropped` of those removed, each in document order;
    `document` is UTF-8, whatever it says of itself.
    """

    document: bytes
    kept: tuple[bytes, ...]
    dropped: tuple[bytes, ...]


class _Cut(NamedTuple):
    """Where an entry seems to stand: offsets of its first byte, its closing tag, and the byte behind it."""

    start: int
    closing: int
    end: int
    name: bytes


class _Unexpected(Exception):
    """The document is not as the cuts suppose."""


def reduce_document(
    body: bytes, seen: Callable[[bytes], bool], *, headers: Mapping[str, str] | None = None
) -> Reduced | None:
    """`body` without the entries whose hash is `seen`, or None where only the full parser can tell.

    None: not well-formed, a document type (entities), JSON, or entries in unexpected places.
    `headers` is read for the charset, as the parser does.
    """
    document = charset.to_utf8(body, headers or {}).lstrip()
    cuts = _cuts(document)
    if not cuts:
        return None
    outline = _Outline()
    try:
        around = outline.read_lead(document[: cuts[0].start])
        names = [_hash(around, document[cut.start : cut.end]) for cut in cuts]
        drops = [seen(name) for name in names]
        stand_in, expected = _with_stand_ins(document, cuts, drops)
        if outline.read_rest(stand_in) != expected:
            return None
    except (expat.ExpatError, _Unexpected):
        return None
    marked = list(zip(names, drops, strict=True))
    return Reduced(
        _without(document, cuts, drops),
        tuple(name for name, drop in marked if not drop),
        tuple(name for name, drop in marked if drop),
    )


def _hash(around: bytes, entry: bytes) -> bytes:
    return hashlib.sha256(around + entry).digest()[:HASH_BYTES]


def _cuts(document: bytes) -> list[_Cut]:
    """Where entries seem to stand, in order; none where one does not seem to end."""
    cuts: list[_Cut] = []
    opening = _OPENING.search(document)
    while opening is not None:
        tag = _CLOSING[opening[1]]
        closing = document.find(tag, opening.end())
        if closing < 0:
            return []
        end = closing + len(tag)
        cuts.append(_Cut(opening.start(), closing, end, opening[1]))
        opening = _OPENING.search(document, end)
    return cuts


def _with_stand_ins(
    document: bytes, cuts: list[_Cut], drops: list[bool]
) -> tuple[bytes, list[tuple[int, int]]]:
    """The document from the first entry on, empty entries for those dropped; where each opens and closes."""
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


def _without(document: bytes, cuts: list[_Cut], drops: list[bool]) -> bytes:
    pieces, begin = [], 0
    for cut, drop in zip(cuts, drops, strict=True):
        if drop:
            pieces.append(document[begin : cut.start])
            begin = cut.end
    return b"".join([*pieces, document[begin:]])


class _Outline:
    """Where entries open and close as a strict parser reads it. Raises ExpatError or _Unexpected."""

    def __init__(self) -> None:
        self._parser = expat.ParserCreate("utf-8", " ")
        self._parser.StartElementHandler = self._opened
        self._parser.EndElementHandler = self._closed
        self._parser.StartNamespaceDeclHandler = self._declared
        self._parser.StartDoctypeDeclHandler = _refuse
        self._depth = 0
        self._around: list[tuple[int, str, object]] = []
        self._home: int | None = None
        """How deep the first entry's parent is; all entries must be children of that one element."""
        self._begun: list[int] = []
        self._ended: list[int] = []

    def read_lead(self, lead: bytes) -> bytes:
        """Reads what comes before the first entry; a digest of what surrounds all entries."""
        self._parser.Parse(lead, False)
        self._home = self._depth
        if not self._around or _local(self._around[-1][1]) not in _PARENTS:
            raise _Unexpected
        return hashlib.blake2b(repr(self._around).encode("utf-8", "replace"), digest_size=32).digest()

    def read_rest(self, rest: bytes) -> list[tuple[int, int]]:
        """Reads on to the end; the offsets of the entries' opening and closing tags."""
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
            # No entry may follow outside of the element that held the first one.
            self._home = -1
        elif self._depth == self._home and _local(name) in _ENTRIES:
            self._ended.append(self._parser.CurrentByteIndex)


def _local(name: str) -> str:
    """The name without its namespace, which expat puts before it."""
    return name.rpartition(" ")[2]


def _refuse(*_: Any) -> None:
    raise _Unexpected
