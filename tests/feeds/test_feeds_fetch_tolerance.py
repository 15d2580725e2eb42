"""What browsers and curl overlook: odd heads, odd encodings, cookies on the way, dates in the future."""

import gzip
import tracemalloc
import zlib

import brotli
import pytest
from backports import zstd
from feeds_server import RSS, get, make_fetcher, redirect, response

from newswatch.errors import FetchFailed, FetchRefused


def raw_deflate(data):
    squeeze = zlib.compressobj(wbits=-15)
    return squeeze.compress(data) + squeeze.flush()


ENCODED = {
    "br": ("br", brotli.compress(RSS)),
    "zstd": ("zstd", zstd.compress(RSS)),
    "zstd in two frames": ("zstd", zstd.compress(RSS[:20]) + zstd.compress(RSS[20:])),
    "capital letters": ("GZIP", gzip.compress(RSS)),
    "x-gzip": ("x-gzip", gzip.compress(RSS)),
    "raw deflate": ("deflate", raw_deflate(RSS)),
    "deflate": ("deflate", zlib.compress(RSS)),
    "gzip and zeros": ("gzip", gzip.compress(RSS) + bytes(512)),
    "gzip and a line": ("gzip", gzip.compress(RSS) + b"\r\n<!-- cached -->"),
    "gzip in two members": ("gzip", gzip.compress(RSS[:20]) + gzip.compress(RSS[20:])),
    "gzip twice": ("gzip, gzip", gzip.compress(gzip.compress(RSS))),
    "gzip of a gzip file": ("gzip", gzip.compress(gzip.compress(RSS))),
    "br over gzip": ("gzip, br", brotli.compress(gzip.compress(RSS))),
    "gzip that is none": ("gzip", RSS),
    "a charset": ("utf-8", RSS),
    "identity": ("identity", RSS),
}


@pytest.mark.parametrize("name", ENCODED)
async def test_encoding_is_undone(server, fetcher, name):
    coding, body = ENCODED[name]
    server.answers["/f"] = response(body, f"Content-Encoding: {coding}")
    assert (await get(fetcher, server.url("/f"))).body == RSS


async def test_gzip_file_with_bytes_after_its_end_is_unpacked(server, fetcher):
    server.answers["/f.xml.gz"] = response(gzip.compress(RSS[:20]) + gzip.compress(RSS[20:]) + bytes(9))
    assert (await get(fetcher, server.url("/f.xml.gz"))).body == RSS


async def test_encodings_are_asked_for(server, fetcher):
    server.answers["/f"] = response(RSS)
    await get(fetcher, server.url("/f"))
    assert server.requests[0].headers["accept-encoding"] == "gzip, deflate, br, zstd"


@pytest.mark.parametrize("coding", ["br", "zstd", "gzip, br", "br, zstd", "br, br, gzip"])
async def test_bomb_of_any_encoding_is_cut_off(server, fetcher, coding):
    bomb = bytes(300_000_000) if "," not in coding else bytes(60_000_000)
    for name in coding.split(", "):
        pack = {"br": lambda data: brotli.compress(data, quality=1), "zstd": zstd.compress}
        bomb = pack.get(name, gzip.compress)(bomb)
    server.answers["/f"] = response(bomb, f"Content-Encoding: {coding}")
    del bomb
    tracemalloc.start()
    try:
        with pytest.raises(FetchRefused, match="larger than 10,000,000 bytes") as caught:
            await get(fetcher, server.url("/f"))
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert caught.value.kind == "size"
    assert peak < 40_000_000


async def test_document_of_exactly_the_limit_is_read(server):
    document = b"x" * 5_000
    async with make_fetcher(max_bytes=5_000) as fetcher:
        for coding, body in [
            ("br", brotli.compress(document)),
            ("zstd", zstd.compress(document)),
            ("gzip", gzip.compress(document)),
            ("deflate", zlib.compress(document)),
        ]:
            server.answers["/f"] = response(body, f"Content-Encoding: {coding}")
            assert (await get(fetcher, server.url("/f"))).body == document


@pytest.mark.parametrize(
    ("coding", "body"),
    [
        ("br", brotli.compress(RSS)[:-8]),
        ("zstd", zstd.compress(RSS)[:-8]),
        ("zstd", b"no zstd"),
        ("br", b"no br \xff\xff"),
        ("deflate", zlib.compress(RSS)[:-8]),
        ("gzip", gzip.compress(RSS)[:-12]),
        ("gzip", gzip.compress(RSS) + gzip.compress(RSS)[:12]),
    ],
    ids=["br cut", "zstd cut", "no zstd", "no br", "deflate cut", "gzip cut", "second member cut"],
)
async def test_damaged_encoding_is_retryable(server, fetcher, coding, body):
    server.answers["/f"] = response(body, f"Content-Encoding: {coding}")
    with pytest.raises(FetchFailed, match="incomplete or damaged") as caught:
        await get(fetcher, server.url("/f"))
    assert caught.value.kind == "truncated"


async def test_encoding_that_was_not_asked_for_is_named(server, fetcher):
    server.answers["/f"] = response(b"\x00\x01\x02", "Content-Encoding: compress")
    with pytest.raises(FetchFailed, match="compressed with compress, which was not requested"):
        await get(fetcher, server.url("/f"))


LENGTH = f"Content-Length: {len(RSS)}"
HEADS = {
    "length twice": [LENGTH, LENGTH],
    "length twice, in two spellings": [LENGTH, LENGTH.lower()],
    "length as a list": [f"{LENGTH}, {len(RSS)}"],
    "space after a name": ["X-Powered-By : something", LENGTH],
    "tab after a name": ["X-Powered-By\t: something", LENGTH],
    "space after the length's name": [LENGTH.replace(":", " :")],
    "line without a colon": ["served from the cache", LENGTH],
}


@pytest.mark.parametrize("name", HEADS)
@pytest.mark.parametrize("pieces", [1, 7])
async def test_fault_of_the_head_that_changes_nothing_is_overlooked(server, fetcher, name, pieces):
    data = "\r\n".join(["HTTP/1.1 200 OK", 'ETag: "1"', *HEADS[name], "", ""]).encode() + RSS

    async def answer(request, writer):
        size = len(data) // pieces + 1
        for start in range(0, len(data), size):
            writer.write(data[start : start + size])
            await writer.drain()

    server.answers["/f"] = answer
    result = await get(fetcher, server.url("/f"))
    assert (result.body, result.etag) == (RSS, '"1"')
    await get(fetcher, server.url("/f"))
    assert server.connections == 1


async def test_length_beside_chunks_does_not_count(server, fetcher):
    chunks = b"%x\r\n%s\r\n0\r\n\r\n" % (len(RSS), RSS)
    server.answers["/f"] = (
        b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n" + chunks
    )
    assert (await get(fetcher, server.url("/f"))).body == RSS


async def test_two_lengths_that_differ_are_an_error(server, fetcher):
    head = f"HTTP/1.1 200 OK\r\n{LENGTH}\r\nContent-Length: {len(RSS) - 1}\r\n\r\n"
    server.answers["/f"] = head.encode() + RSS
    with pytest.raises(FetchFailed, match="not valid HTTP"):
        await get(fetcher, server.url("/f"))


async def test_last_modified_in_the_future_is_not_sent_back(server, fetcher):
    server.answers["/f"] = response(RSS, "Last-Modified: Sat, 01 Jan 2180 00:00:00 GMT", 'ETag: "1"')
    result = await get(fetcher, server.url("/f"))
    assert (result.last_modified, result.etag) == (None, '"1"')


async def test_last_modified_counts_by_the_clock_of_its_server(server, fetcher):
    modified = "Sat, 01 Jan 2180 00:00:00 GMT"
    server.answers["/f"] = response(RSS, f"Last-Modified: {modified}", "Date: Sat, 01 Jan 2180 00:00:10 GMT")
    assert (await get(fetcher, server.url("/f"))).last_modified == modified


# ── cookies within one walk ───────────────────────────────────────────────────────────────────


def sets(location, *cookies, status=302):
    return response(
        b"", f"Location: {location}", *(f"Set-Cookie: {one}" for one in cookies), status=f"{status} Moved"
    )


async def test_cookie_of_one_hop_is_sent_to_the_next_and_forgotten_after(server, fetcher):
    server.answers["/f"] = sets("/next", "seen=1; Path=/", "other=2; Path=/elsewhere")
    server.answers["/next"] = response(RSS)
    for _ in range(2):
        await get(fetcher, server.url("/f"))
    assert [one.headers.get("cookie") for one in server.requests] == [None, "seen=1", None, "seen=1"]


async def test_redirect_to_the_same_url_with_a_cookie_is_not_a_loop(server, fetcher):
    async def answer(request, writer):
        writer.write(response(RSS) if "pass=x" in request.headers.get("cookie", "") else sets("/f", "pass=x"))

    server.answers["/f"] = answer
    assert (await get(fetcher, server.url("/f"))).body == RSS


async def test_redirect_to_the_same_url_with_the_same_cookie_is_a_loop(server, fetcher):
    server.answers["/f"] = sets("/f", "pass=x")
    with pytest.raises(FetchRefused, match="loop"):
        await get(fetcher, server.url("/f"))
    assert len(server.requests) == 2


async def test_new_cookie_each_time_ends_after_the_most_redirects(server, fetcher):
    count = 0

    async def answer(request, writer):
        nonlocal count
        count += 1
        writer.write(sets("/f", f"pass={count}"))

    server.answers["/f"] = answer
    with pytest.raises(FetchRefused, match="redirects more than"):
        await get(fetcher, server.url("/f"))
    assert count < 10


async def test_cookie_stays_with_the_host_that_set_it(server, fetcher):
    server.answers["/f"] = sets(server.url("/next", host="localhost"), "seen=1", "wide=1; Domain=localhost")
    server.answers["/next"] = redirect(server.url("/back"))
    server.answers["/back"] = response(RSS)
    await get(fetcher, server.url("/f"))
    assert [one.headers.get("cookie") for one in server.requests] == [None, None, "seen=1"]


async def test_cookie_for_a_public_suffix_is_dropped(server):
    from feeds_server import DNS  # noqa: PLC0415

    table = DNS(
        {"a.example.co.uk": ["127.0.0.1"], "b.example.co.uk": ["127.0.0.1"], "bank.co.uk": ["127.0.0.1"]}
    )
    server.answers["/f"] = sets(
        server.url("/b", host="b.example.co.uk"),
        "wide=1; Domain=co.uk; Path=/",
        "site=1; Domain=example.co.uk; Path=/",
    )
    server.answers["/b"] = redirect(server.url("/c", host="bank.co.uk"))
    server.answers["/c"] = response(RSS)
    async with make_fetcher(resolver=table) as fetcher:
        await get(fetcher, server.url("/f", host="a.example.co.uk"))
    assert [one.headers.get("cookie") for one in server.requests] == [None, "site=1", None]


async def test_secure_cookie_is_not_sent_over_http(server, fetcher):
    server.answers["/f"] = sets("/next", "seen=1; Secure")
    server.answers["/next"] = response(RSS)
    await get(fetcher, server.url("/f"))
    assert "cookie" not in server.requests[1].headers
