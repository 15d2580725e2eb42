"""What a feed has shown: one packed record for each item, all of a feed in one string.

A string of 61-byte records costs about 68 bytes an item however many there are. Hash fields cost more, because Redis
stores hashes compactly only up to 512 fields. The claim appends records chunk by chunk and writes the compacted string
with the last chunk. Of two records with one id the later counts.
"""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Iterable
from typing import Literal, NamedTuple, get_args

_RECORD = struct.Struct("<8s8s8s6s6s6sIIIIHB")
RECORD_BYTES = _RECORD.size
_SILENT = 1

KnownBy = Literal["", "guid", "link", "title", "content"]
"""What showed that an entry is a new item, or of which item it is an edit. `title` is title and day."""
_KNOWN_BY: tuple[KnownBy, ...] = get_args(KnownBy)


_FLAGS = [(bool(flags & _SILENT), (*_KNOWN_BY, "", "", "")[flags >> 1]) for flags in range(16)]


class SeenRecord(NamedTuple):
    """One remembered item. Times are whole seconds since 1970; 0 means unknown.

    `id` names the record within its feed. `key` is the hash of what the entry is recognised by in the present document:
    its guid, else its link, else its title and day. Several records may have one key. `item` is the first `id` (they
    differ after the guid changed). `last_in_document` is the last poll whose document had the item.
    """

    id: bytes
    key: bytes
    item: bytes
    link: bytes
    title: bytes
    content: bytes
    published: int
    first_seen: int
    last_in_document: int
    config_version: int
    revision: int
    silent: bool
    known_by: KnownBy = ""
    """How the last decision that was not "a repetition" was made."""

    def shown_at(self, moment: int) -> SeenRecord:
        """The record of an item that was in the document then. All records of a feed are renewed together."""
        return tuple.__new__(SeenRecord, (*self[:8], moment, *self[9:]))

    def pack(self) -> bytes:
        """The record as Redis stores it."""
        flags = (_SILENT if self.silent else 0) | _KNOWN_BY.index(self.known_by) << 1
        return _RECORD.pack(*self[:10], min(self.revision, 0xFFFF), flags)


def digest(value: str, size: int) -> bytes:
    """A hash of `value` of `size` bytes. All zeros for an empty value, which must never match."""
    if not value:
        return bytes(size)
    return hashlib.blake2b(value.encode("utf-8", "surrogatepass"), digest_size=size).digest()


def pack_all(records: Iterable[SeenRecord]) -> bytes:
    """Records one after the other."""
    return b"".join(record.pack() for record in records)


def unpack_all(blob: bytes) -> dict[bytes, SeenRecord]:
    """Records by id. An incomplete last record is ignored."""
    whole = len(blob) - len(blob) % RECORD_BYTES
    records = {}
    for row in _RECORD.iter_unpack(blob[:whole]):
        records[row[0]] = tuple.__new__(SeenRecord, row[:-1] + _FLAGS[row[-1] & 0x0F])
    return records
