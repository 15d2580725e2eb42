"""Bodies that grow, drip, break off or never end."""

import asyncio
import gzip
import random
import socket
import struct
import time
import tracemalloc
import zlib

import pytest
from feeds_server import RSS, get, make_fetcher, response

from newswatch.errors import FetchFailed, FetchRefused
from newswatch.feeds.unpack import decoded


@pytest.mark.parametrize("encoding", ["gzip", "deflate"])
async def test_decompression_bomb_is_cut_off(server, fetcher, encoding):
    squeeze = zlib.compressobj(9, zlib.DEFLATED, 31 if encoding == "gzip" else 15)
    zeros = bytes(1_000_000)
    bomb = b"".join(squeeze.compress(zeros) for _ in range(300)) + squeeze.flush()
    server.answers["/f"] = response(bomb, f"Content-Encoding: {encoding}")
    tracemalloc.start()
    try:
        with pytest.raises(FetchRefused, match="larger than 10,000,000 bytes") as caught:
            await get(fetcher, server.url("/f"))
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert caught.value.kind == "size"
    assert peak < 40_000_000


async def test_gzip_body_is_decompressed(server, fetcher):
    server.answers["/f"] = response(gzip.compress(RSS), "Content-Encoding: gzip")
    assert (await get(fetcher, server.url("/f"))).body == RSS


async def test_gzip_file_without_the_header_is_unpacked(server, fetcher):
    server.answers["/f.xml.gz"] = response(gzip.compress(RSS), "Content-Type: application/gzip")
    assert (await get(fetcher, server.url("/f.xml.gz"))).body == RSS


@pytest.mark.parametrize(
    ("body", "error", "kind"),
    [
        (gzip.compress(bytes(30_000_000), mtime=0), FetchRefused, "size"),
        (gzip.compress(RSS, mtime=0)[:-12], FetchFailed, "truncated"),
        (b"\x1f\x8b\x08 no gzip", FetchFailed, "truncated"),
    ],
    ids=["bomb", "cut short", "no gzip"],
)
async def test_gzip_file_that_cannot_be_unpacked_is_reported(server, fetcher, body, error, kind):
    server.answers["/f.xml.gz"] = response(body)
    with pytest.raises(error) as caught:
        await get(fetcher, server.url("/f.xml.gz"))
    assert caught.value.kind == kind


async def test_endless_body_is_cut_off_at_the_cap(server):
    async def endless(request, writer):
        writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
        while True:
            writer.write(bytes(65_536))
            await writer.drain()

    server.answers["/f"] = endless
    async with make_fetcher(max_bytes=300_000) as fetcher:
        with pytest.raises(FetchRefused, match="300,000") as caught:
            await get(fetcher, server.url("/f"))
    assert caught.value.kind == "size"


@pytest.mark.parametrize("part", [b"HTTP/1.1 200 OK\r\n\r\n", b"HTTP/1.1 200 OK\r\n", b""])
async def test_slow_drip_ends_with_the_timeout(server, part):
    async def drip(request, writer):
        writer.write(part)
        for number in range(1_000):
            writer.write(b"X-Y: z\r\n" if part and not part.endswith(b"\r\n\r\n") else b"x" if part else b"")
            await writer.drain()
            await asyncio.sleep(0.05)
            assert number < 900

    server.answers["/f"] = drip
    began = time.monotonic()
    async with make_fetcher(timeout_s=0.6) as fetcher:
        with pytest.raises(FetchFailed) as caught:
            await get(fetcher, server.url("/f"))
    assert caught.value.kind in ("timeout", "http")
    assert time.monotonic() - began < 3


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (b"HTTP/1.1 200 OK\r\nContent-Length: 999\r\n\r\nshort", "truncated"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\nContent-Encoding: gzip\r\n\r\nabc", "truncated"),
        (b"SSH-2.0-OpenSSH\r\n\r\n", "http"),
        (b"", "truncated"),
    ],
)
async def test_damaged_answers_are_retryable(server, fetcher, answer, kind):
    async def send(request, writer):
        writer.write(answer)
        writer.close()

    server.answers["/f"] = send
    with pytest.raises(FetchFailed) as caught:
        await get(fetcher, server.url("/f"))
    assert caught.value.kind == kind


ENDLESS = {
    "interim answers": (b"", b"HTTP/1.1 100 Continue\r\n\r\n" * 2_000),
    "a byte to a chunk": (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"1\r\n \r\n" * 10_000),
    "a chunk's length": (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"0" * 50_000),
    "a chunk's extension": (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1;", b"a=b;" * 10_000),
}


@pytest.mark.parametrize("name", ENDLESS)
async def test_answer_that_brings_no_document_is_cut_off_by_what_comes_in(server, name):
    head, piece = ENDLESS[name]
    sent = 0

    async def answer(request, writer):
        nonlocal sent
        writer.write(head)
        while True:
            writer.write(piece)
            await writer.drain()
            sent += len(piece)

    server.answers["/f"] = answer
    async with make_fetcher(max_bytes=1_000_000, timeout_s=60.0) as fetcher:
        with pytest.raises((FetchFailed, FetchRefused)) as caught:
            await get(fetcher, server.url("/f"))
    assert caught.value.kind in {"size", "truncated"}
    assert sent < 40_000_000


def closing(body: bytes, *, reset: bool = False):
    """An answer whose end is the end of the connection."""

    async def answer(request, writer):
        writer.write(b'HTTP/1.1 200 OK\r\nETag: "1"\r\nLast-Modified: then\r\n\r\n' + body)
        await writer.drain()
        await asyncio.sleep(0.2)
        if reset:
            linger = struct.pack("ii", 1, 0)
            writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        writer.close()
        raise ConnectionError

    return answer


CUT = RSS.removesuffix(b"</channel></rss>") + b"<item><title>a</title></item>"


async def test_connection_that_is_cut_is_not_taken_for_the_end_of_the_document(server, fetcher):
    server.answers["/f"] = closing(CUT, reset=True)
    with pytest.raises(FetchFailed, match="connection broke") as caught:
        await get(fetcher, server.url("/f"))
    assert caught.value.kind == "truncated"


@pytest.mark.parametrize(
    ("body", "etag"),
    [(RSS, '"1"'), (RSS + b"\n<!-- served in 3 ms -->\n", '"1"'), (b'{"items": []}\n', '"1"'), (CUT, None)],
)
async def test_document_that_may_be_cut_short_is_read_but_not_confirmed_by_a_304(server, fetcher, body, etag):
    server.answers["/f"] = closing(body)
    result = await get(fetcher, server.url("/f"))
    assert (result.body, result.etag, bool(result.last_modified)) == (body, etag, etag is not None)


async def test_large_document_of_slow_framing_is_read_whole(server):
    async def answer(request, writer):
        writer.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        for _ in range(3_000):
            writer.write(b"bb8\r\n" + b"x" * 3_000 + b"\r\n")
            await writer.drain()
        writer.write(b"0\r\n\r\n")

    server.answers["/f"] = answer
    async with make_fetcher() as fetcher:
        assert len((await get(fetcher, server.url("/f"))).body) == 9_000_000


async def test_connection_kept_alive_carries_any_number_of_documents(server):
    server.answers["/f"] = response(b" " * 900_000)
    async with make_fetcher(max_bytes=1_000_000) as fetcher:
        for _ in range(6):
            assert len((await get(fetcher, server.url("/f"))).body) == 900_000
    assert server.connections == 1


def test_file_of_many_gzip_members_costs_hardly_more_than_one_of_few():
    noise = random.Random(1).randbytes(9_000_000)

    def cost_s(members: int) -> float:
        size = len(noise) // members
        body = b"".join(gzip.compress(noise[n * size : (n + 1) * size], 1) for n in range(members))
        before = time.process_time()
        assert decoded(body, "gzip", 10_000_000) == noise
        return time.process_time() - before

    few = min(cost_s(9) for _ in range(3))
    assert min(cost_s(900) for _ in range(3)) < 8 * few
