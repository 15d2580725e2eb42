"""A document of which only the changed entries were parsed. Pure.

The parser leaves out the entries whose elements were in the feed's last document, byte for byte
(`newswatch.feeds.reduce`). Identity must come out exactly as for the whole document. So two conditions must
hold; if one does not, the whole document is parsed:

1. Each entry left out had an identity of its own: no other entry of its document had its guid or link. Only
   such entries are remembered by element.
2. No entry parsed now has the guid or link of one left out: that would change both identities.
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
class PartialDocument:
    """A document of which only the changed entries are known in full; of the others only the ids."""

    document: tuple[entry_ids.Identified, ...]
    unchanged: frozenset[bytes]
    elements: Mapping[bytes, bytes]
    """What to remember for the next poll: identity by element hash."""


def circumstances(url: str) -> bytes:
    """A hash of everything besides the bytes that parsing depends on: the URL that links are relative to, and our release."""
    return digest(f"{__version__}\n{url}", HASH_BYTES)


def read(
    parsed: ParsedDocument, remembered: Mapping[bytes, bytes], known: Collection[bytes]
) -> PartialDocument | None:
    """The document, or None if it must be parsed whole.

    `remembered` are the identities by element that were given to the parser, `known` the ids of the feed's records.
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
    return PartialDocument(tuple(entry_ids.identify(entries, canonical_link)), unchanged, elements)
