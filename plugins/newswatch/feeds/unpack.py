"""Documents that arrive gzipped without saying so: `feed.xml.gz`, or a server that forgot its header."""

from __future__ import annotations

import zlib

from newswatch.errors import FetchFailed, FetchRefused

_GZIP = b"\x1f\x8b\x08"
_WITH_GZIP_HEADER = 31


def unpacked(body: bytes, max_bytes: int) -> bytes:
    """`body`, decompressed if it is a gzip file. No more than `max_bytes` are ever produced.

    Raises FetchRefused(kind="size") beyond that, FetchFailed(kind="truncated") when damaged.
    """
    if not body.startswith(_GZIP):
        return body
    unzip = zlib.decompressobj(_WITH_GZIP_HEADER)
    try:
        document = unzip.decompress(body, max_bytes)
    except zlib.error:
        raise FetchFailed("the answer broke off or is damaged (gzip)", kind="truncated") from None
    if unzip.eof:
        return document
    if unzip.unconsumed_tail:
        raise too_large(max_bytes)
    raise FetchFailed("the answer broke off or is damaged (gzip)", kind="truncated")


def too_large(max_bytes: int) -> FetchRefused:
    """The error for a document beyond the cap."""
    return FetchRefused(f"the document is larger than {max_bytes:,} bytes when decompressed", kind="size")
