"""Which entries a feed's last document had. The next poll then parses only those that changed.

One string for each feed: 8 bytes that identify how the document was parsed, then for each entry the hash of its
element (`newswatch.feeds.reduce`) and its identity, 8 bytes each. An empty entry has an identity of zeros. Only the
claim's last chunk writes it, so it always belongs to the records beside it.
"""

from __future__ import annotations

from collections.abc import Mapping

HASH_BYTES = 8
_ROW = 2 * HASH_BYTES
NOTHING = bytes(HASH_BYTES)


def pack_elements(circumstances: bytes, elements: Mapping[bytes, bytes]) -> bytes:
    """The string for Redis; empty if there is nothing to remember."""
    if not elements:
        return b""
    return circumstances + b"".join(name + identity for name, identity in elements.items())


def unpack_elements(blob: bytes, circumstances: bytes) -> dict[bytes, bytes]:
    """Identity by element hash; empty if the document was parsed under other circumstances."""
    if blob[:HASH_BYTES] != circumstances:
        return {}
    whole = len(blob) - (len(blob) - HASH_BYTES) % _ROW
    return {
        blob[start : start + HASH_BYTES]: blob[start + HASH_BYTES : start + _ROW]
        for start in range(HASH_BYTES, whole, _ROW)
    }
