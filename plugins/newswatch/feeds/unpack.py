"""Decompressing documents: `Content-Encoding`, and gzip files without that header. Pure.

aiohttp could do the first, but it refuses what browsers and curl take: bytes after the end of a gzip stream, a
document that is not compressed although the header says so, an encoding that is none (`utf-8`).
"""

from __future__ import annotations

import sys
import zlib
from collections.abc import Callable
from typing import Any

import brotli

from newswatch.errors import FetchFailed, FetchRefused

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

ACCEPTED = "gzip, deflate, br, zstd"
MOST_CODINGS = 3
_GZIP = b"\x1f\x8b\x08"
_ZSTD = b"\x28\xb5\x2f\xfd"
_ZSTD_WINDOW_LOG = 23
"""RFC 9659: a receiver supports windows of 8 MB, and no server may need more."""
_WITH_GZIP_HEADER, _WITH_ZLIB_HEADER, _RAW = 31, 15, -15
_MOST_MEMBERS = 1_000


def decoded(body: bytes, content_encoding: str, max_bytes: int) -> bytes:
    """The document in `body`, decompressed to at most `max_bytes`.

    Raises FetchRefused(kind="size") for a larger document, FetchFailed(kind="truncated") for a damaged
    one, and FetchFailed(kind="http") for an encoding that we did not ask for.
    """
    codings = [name.strip().lower() for name in content_encoding.split(",")] if content_encoding else []
    codings = [name for name in codings if name not in ("", "identity")]
    if len(codings) > MOST_CODINGS:
        raise FetchFailed(f"the answer is compressed {len(codings)} times", kind="http")
    for name in reversed(codings):
        body = _without(name, body, max_bytes)
    return _gunzipped(body, max_bytes) if body.startswith(_GZIP) else body


def too_large(max_bytes: int) -> FetchRefused:
    """The error for a document over the limit."""
    return FetchRefused(f"the document is larger than {max_bytes:,} bytes when decompressed", kind="size")


def _without(coding: str, body: bytes, max_bytes: int) -> bytes:
    """`body` with one coding undone."""
    if not body or _is_plain(body):
        return body  # the header is wrong
    unpack = _CODINGS.get(coding.removeprefix("x-"))
    if unpack is None:
        raise FetchFailed(
            f"the answer is compressed with {coding[:40]}, which was not requested", kind="http"
        )
    return unpack(body, max_bytes)


def _is_plain(body: bytes) -> bool:
    """Whether it begins as a document does. No compressed data begins like that."""
    return (
        body[:200]
        .removeprefix(b"\xef\xbb\xbf")
        .lstrip()[:5]
        .lower()
        .startswith((b"<?xml", b"<rss", b"<feed", b"<rdf", b"<!doc", b"<html"))
    )


def _gunzipped(body: bytes, max_bytes: int) -> bytes:
    """All members of a gzip file. What comes after the last one is ignored, as gzip itself does."""
    document, left = b"", body
    for _ in range(_MOST_MEMBERS):
        unzip = zlib.decompressobj(_WITH_GZIP_HEADER)
        try:
            document += _capped(unzip, left, max_bytes - len(document), max_bytes)
        except zlib.error:
            raise _damaged("gzip") from None
        if not unzip.eof:
            raise _damaged("gzip")
        left = unzip.unused_data
        if not left.startswith(_GZIP):
            return document
    raise _damaged("gzip")


def _inflated(body: bytes, max_bytes: int) -> bytes:
    """`deflate`: with zlib's header, as the standard has it, or without, as some servers send it."""
    unzip = zlib.decompressobj(_WITH_ZLIB_HEADER if body[0] & 0x0F == 8 else _RAW)
    try:
        document = _capped(unzip, body, max_bytes, max_bytes)
    except zlib.error:
        raise _damaged("deflate") from None
    if not unzip.eof:
        raise _damaged("deflate")
    return document


def _unbrotlied(body: bytes, max_bytes: int) -> bytes:
    unpack = brotli.Decompressor()
    document = bytearray()
    try:
        chunk = body
        while True:
            document += unpack.process(chunk, output_buffer_limit=max_bytes + 1 - len(document))
            if len(document) > max_bytes:
                raise too_large(max_bytes)
            if unpack.is_finished() or unpack.can_accept_more_data():
                break
            chunk = b""
    except brotli.error:
        raise _damaged("br") from None
    if not unpack.is_finished():
        raise _damaged("br")
    return bytes(document)


def _unzstd(body: bytes, max_bytes: int) -> bytes:
    """All frames. What comes after the last one is ignored."""
    document, left = b"", body
    options: Any = {zstd.DecompressionParameter.window_log_max: _ZSTD_WINDOW_LOG}
    for _ in range(_MOST_MEMBERS):
        unpack = zstd.ZstdDecompressor(options=options)
        try:
            document += unpack.decompress(left, max_length=max_bytes + 1 - len(document))
        except zstd.ZstdError:
            raise _damaged("zstd") from None
        if len(document) > max_bytes:
            raise too_large(max_bytes)
        if not unpack.eof:
            raise _damaged("zstd")
        left = unpack.unused_data
        if not left.startswith(_ZSTD):
            return document
    raise _damaged("zstd")


def _capped(unzip: Any, data: bytes, room: int, max_bytes: int) -> bytes:
    """What `unzip` makes of `data`; it may not be more than `room` bytes. Raises FetchRefused."""
    document: bytes = unzip.decompress(data, room + 1)
    if len(document) > room:
        raise too_large(max_bytes)
    return document


def _damaged(coding: str) -> FetchFailed:
    return FetchFailed(f"the answer is incomplete or damaged ({coding})", kind="truncated")


_CODINGS: dict[str, Callable[[bytes, int], bytes]] = {
    "gzip": _gunzipped,
    "deflate": _inflated,
    "br": _unbrotlied,
    "zstd": _unzstd,
}
