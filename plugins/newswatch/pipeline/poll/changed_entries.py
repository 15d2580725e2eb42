"""A document of which only the changed entries were parsed. Pure.

The parser leaves out the entries whose elements were in the feed's last document, byte for byte
(`newswatch.feeds.reduce`). Identity must come out exactly as for the whole document. So two conditions must
hold; if one does not, the whole document is parsed:

1. Each entry left out had a key of its own: no other entry of its document had it. Only such entries are
   remembered by element.
2. No entry parsed now has the key of one left out: they would have to be told apart.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from newswatch import __version__
from newswatch.feeds.canonical import canonical_link
from newswatch.feeds.limits import MAX_ENTRIES
from newswatch.feeds.wire import ParsedDocument
from newswatch.pipeline.poll import entry_ids
from newswatch.store.elements import HASH_BYTES, NOTHING
from newswatch.store.seen import SeenRecord, digest


@dataclass(frozen=True, slots=True)
class PartialDocument:
    """A document of which only the changed entries are known in full; of the others only the ids."""

    document: tuple[entry_ids.Identified, ...]
    unchanged: frozenset[bytes]
    left_out: Mapping[bytes, bytes]
    """The ids of the entries left out by element hash."""
    parsed: tuple[tuple[bytes, bytes], ...]
    """Element hash and key of the entries that were parsed, if they correspond."""

    def elements(self, ids: Mapping[bytes, bytes]) -> dict[bytes, bytes]:
        """What to remember for the next poll: id by element hash. `ids` are the ids that were decided by key."""
        once = Counter(key for _, key in self.parsed)
        return dict(self.left_out) | {
            name: NOTHING if key == NOTHING else ids[key]
            for name, key in self.parsed
            if key == NOTHING or (once[key] == 1 and key in ids)
        }


def circumstances(url: str) -> bytes:
    """A hash of everything besides the bytes that parsing depends on: the URL that links are relative to, and our release."""
    return digest(f"{__version__}\n{url}", HASH_BYTES)


def read(
    parsed: ParsedDocument, remembered: Mapping[bytes, bytes], known: Mapping[bytes, SeenRecord]
) -> PartialDocument | None:
    """The document, or None if it must be parsed whole.

    `remembered` are the identities by element that were given to the parser, `known` the feed's records by id.
    """
    entries = parsed.feed.entries
    left_out = {name: remembered.get(name) for name in parsed.dropped}
    ids = [name for name in left_out.values() if name is not None and name != NOTHING]
    if None in left_out.values() or len(left_out) < len(parsed.dropped) or len(set(ids)) < len(ids):
        return None
    keys = [
        NOTHING if entry_ids.is_empty(entry) else entry_ids.key_of(entry, canonical_link) for entry in entries
    ]
    unchanged = frozenset(ids)
    aligned = len(parsed.hashes) == len(entries)
    if unchanged and (
        not aligned
        or len(entries) + len(parsed.dropped) > MAX_ENTRIES
        or not unchanged.issubset(known)
        or not {known[id_].key for id_ in ids}.isdisjoint(keys)
    ):
        return None
    elements = {name: id_ for name, id_ in left_out.items() if id_ is not None}
    pairs = tuple(zip(parsed.hashes, keys, strict=True)) if aligned else ()
    return PartialDocument(tuple(entry_ids.identify(entries, canonical_link)), unchanged, elements, pairs)
