"""What a feed has shown before: one packed record an item, all of a feed in one string.

A string of 53-byte records costs about 60 bytes an item however many there are, where hash
fields fall off Redis's compact encoding beyond 512. The claim appends records chunk by chunk and
writes the compacted whole with the last one; of two records with one id the later counts.
"""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Iterable
from typing import Literal, NamedTuple, get_args

_RECORD = struct.Struct("<8s8s6s6s6sIIIIHB")
RECORD_BYTES = _RECORD.size
_SILENT = 1

KnownBy = Literal["", "guid", "link", "title", "content"]
"""What decided that an entry is a new item, or an edit of which: `title` is title and day."""
_KNOWN_BY: tuple[KnownBy, ...] = get_args(KnownBy)


_FLAGS = [(bool(flags & _SILENT), (*_KNOWN_BY, "", "", "")[flags >> 1]) for flags in range(16)]


class SeenRecord(NamedTuple):
    """One remembered item. Times are whole seconds since 1970; 0 means unknown.

    `id` is the hash of the identity the document shows now, `item` that of the first identity
    (they differ after guid churn), `last_in_document` the last poll whose document held it.
    """

    id: bytes
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
    """Of the last decision that was not "a repetition"."""

    def shown_at(self, moment: int) -> SeenRecord:
        """The record of an item that was in the document then; all of a feed's are renewed with each one."""
        return tuple.__new__(SeenRecord, (*self[:7], moment, *self[8:]))

    def pack(self) -> bytes:
        """The record as it stands in Redis."""
        flags = (_SILENT if self.silent else 0) | _KNOWN_BY.index(self.known_by) << 1
        return _RECORD.pack(*self[:9], min(self.revision, 0xFFFF), flags)


def digest(value: str, size: int) -> bytes:
    """`size` bytes naming `value`; all zeros for an empty value, so that emptiness never matches."""
    if not value:
        return bytes(size)
    return hashlib.blake2b(value.encode("utf-8", "surrogatepass"), digest_size=size).digest()


def pack_all(records: Iterable[SeenRecord]) -> bytes:
    """Records one after the other."""
    return b"".join(record.pack() for record in records)


def unpack_all(blob: bytes) -> dict[bytes, SeenRecord]:
    """Records by id; a torn tail (never written by us) is ignored."""
    whole = len(blob) - len(blob) % RECORD_BYTES
    records = {}
    for row in _RECORD.iter_unpack(blob[:whole]):
        records[row[0]] = tuple.__new__(SeenRecord, row[:-1] + _FLAGS[row[-1] & 0x0F])
    return records
