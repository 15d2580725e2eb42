"""What a document says when only those of its entries were parsed that had changed. Pure.

The parser leaves out the entries whose elements the feed's last document held, byte for byte
(`newswatch.feeds.reduce`). For identity to come out exactly as it does for the whole document,
two things must hold, and where one does not, the whole document is parsed after all:

1. Each entry left out had an identity of its own: no other entry of its document shared guid or
   link with it. Only such entries are remembered by element.
2. No entry parsed now shares guid or link with one left out: that would change both identities.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from newswatch import __version__
from newswatch.feeds.canonical import canonical_link
from newswatch.feeds.limits import MAX_ENTRIES
from newswatch.feeds.wire import ParsedDocument
from newswatch.pipeline.poll import entry_ids
from newswatch.store.elements import HASH_BYTES, NOTHING
from newswatch.store.seen import digest


@dataclass(frozen=True, slots=True)
class Reading:
    """A document as far as it must be known: its changed entries, and the ids of the others."""

    document: tuple[entry_ids.Identified, ...]
    unchanged: frozenset[bytes]
    elements: Mapping[bytes, bytes]
    """What to remember for the next poll: identity by element hash."""


def circumstances(url: str) -> bytes:
    """Names all that a reading depends on besides the bytes: where links lead from, and our own code."""
    return digest(f"{__version__}\n{url}", HASH_BYTES)


def read(
    parsed: ParsedDocument, remembered: Mapping[bytes, bytes], known: Collection[bytes]
) -> Reading | None:
    """The reading of a parsed document, or None where it must be parsed whole.

    `remembered` has the identities by element that the parser was given, `known` the ids of the
    feed's records.
    """
    entries = parsed.feed.entries
    left_out = {name: remembered.get(name) for name in parsed.dropped}
    ids = [name for name in left_out.values() if name is not None and name != NOTHING]
    if None in left_out.values() or len(left_out) < len(parsed.dropped) or len(set(ids)) < len(ids):
        return None
    names = [
        NOTHING if entry_ids.is_empty(entry) else entry_ids.plain_id(entry, canonical_link)
        for entry in entries
    ]
    unchanged = frozenset(ids)
    aligned = len(parsed.hashes) == len(entries)
    if unchanged and (
        not aligned
        or len(entries) + len(parsed.dropped) > MAX_ENTRIES
        or not unchanged.isdisjoint(names)
        or not unchanged.issubset(known)
    ):
        return None
    elements = {name: id_ for name, id_ in left_out.items() if id_ is not None}
    if aligned:
        once = Counter(names)
        new = zip(parsed.hashes, names, strict=True)
        elements |= {name: id_ for name, id_ in new if id_ == NOTHING or once[id_] == 1}
    return Reading(tuple(entry_ids.identify(entries, canonical_link)), unchanged, elements)
