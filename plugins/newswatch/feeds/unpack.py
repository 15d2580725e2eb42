"""Gzipped documents without a Content-Encoding header: `feed.xml.gz`, or a server's mistake."""

from __future__ import annotations

import zlib

from newswatch.errors import FetchFailed, FetchRefused

_GZIP = b"\x1f\x8b\x08"
_WITH_GZIP_HEADER = 31


def unpacked(body: bytes, max_bytes: int) -> bytes:
    """`body`, decompressed if it is a gzip file, to at most `max_bytes`.

    Raises FetchRefused(kind="size") for a larger document, FetchFailed(kind="truncated") for a damaged
    one.
    """
    if not body.startswith(_GZIP):
        return body
    unzip = zlib.decompressobj(_WITH_GZIP_HEADER)
    try:
        document = unzip.decompress(body, max_bytes)
    except zlib.error:
        raise FetchFailed("the answer is incomplete or damaged (gzip)", kind="truncated") from None
    if unzip.eof:
        return document
    if unzip.unconsumed_tail:
        raise too_large(max_bytes)
    raise FetchFailed("the answer is incomplete or damaged (gzip)", kind="truncated")


def too_large(max_bytes: int) -> FetchRefused:
    """The error for a document over the limit."""
    return FetchRefused(f"the document is larger than {max_bytes:,} bytes when decompressed", kind="size")
