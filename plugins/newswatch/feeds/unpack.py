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
_PIECE_BYTES = 16_384


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
    return _members(body, max_bytes, lambda: zlib.decompressobj(_WITH_GZIP_HEADER), "gzip", _GZIP)


def _members(body: bytes, max_bytes: int, start: Callable[[], Any], coding: str, mark: bytes) -> bytes:
    """All members that begin with `mark`, one after the other, each decompressed by an object of its own from `start`.

    They are given in pieces: of what follows a member its decompressor makes a copy.
    """
    document, at, whole = bytearray(), 0, memoryview(body)
    for _ in range(_MOST_MEMBERS):
        unpack = start()
        while at < len(body) and not unpack.eof:
            piece = whole[at : at + _PIECE_BYTES]
            try:
                document += unpack.decompress(piece, max_bytes + 1 - len(document))
            except (zlib.error, zstd.ZstdError):
                raise _damaged(coding) from None
            if len(document) > max_bytes:
                raise too_large(max_bytes)
            at += len(piece) - len(unpack.unused_data)
        if not unpack.eof:
            raise _damaged(coding)
        if not body.startswith(mark, at):
            return bytes(document)
    raise _damaged(coding)


def _inflated(body: bytes, max_bytes: int) -> bytes:
    """`deflate`: with zlib's header, as the standard has it, or without, as some servers send it."""
    unzip = zlib.decompressobj(_WITH_ZLIB_HEADER if body[0] & 0x0F == 8 else _RAW)
    try:
        document: bytes = unzip.decompress(body, max_bytes + 1)
    except zlib.error:
        raise _damaged("deflate") from None
    if len(document) > max_bytes:
        raise too_large(max_bytes)
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
    options: Any = {zstd.DecompressionParameter.window_log_max: _ZSTD_WINDOW_LOG}
    return _members(body, max_bytes, lambda: zstd.ZstdDecompressor(options=options), "zstd", _ZSTD)


def _damaged(coding: str) -> FetchFailed:
    return FetchFailed(f"the answer is incomplete or damaged ({coding})", kind="truncated")


_CODINGS: dict[str, Callable[[bytes, int], bytes]] = {
    "gzip": _gunzipped,
    "deflate": _inflated,
    "br": _unbrotlied,
    "zstd": _unzstd,
}
