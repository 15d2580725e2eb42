"""What is asked for, of whom and how often, and what an answer brings."""

import asyncio
import socket
from datetime import datetime, timezone

import pytest
from feeds_server import DNS, RSS, get, make_fetcher, response

from newswatch.errors import FetchFailed, FetchRefused


async def test_fetch_brings_body_validators_and_the_headers_that_matter(server, fetcher):
    server.answers["/f"] = response(
        RSS, 'ETag: W/"a, b"', "Last-Modified: whenever", "Content-Type: text/xml", "X-Y: z"
    )
    result = await get(fetcher, server.url("/f"))
    assert (result.status, result.body, result.url) == (200, RSS, server.url("/f"))
    assert (result.etag, result.last_modified) == ('W/"a, b"', "whenever")
    assert result.headers == {"content-type": "text/xml"}
    assert result.permanent_url is None
    assert server.requests[0].headers["user-agent"] == "newswatch-test"
    assert "if-none-match" not in server.requests[0].headers


async def test_validators_go_back_verbatim_and_304_has_no_body(server, fetcher):
    server.answers["/f"] = b'HTTP/1.1 304 Not Modified\r\nETag: "new\xc3\xbc"\r\n\r\n'
    result = await get(fetcher, server.url("/f"), etag='"odd \xfc" ,', last_modified="Tuesday-ish")
    sent = server.requests[0].headers
    assert (sent["if-none-match"], sent["if-modified-since"]) == ('"odd \xfc" ,', "Tuesday-ish")
    assert (result.status, result.body, result.etag) == (304, b"", '"new\xfc"')


async def test_scheme_and_host_are_read_in_any_case(server, fetcher):
    server.answers["/F"] = response(RSS)
    assert (await get(fetcher, server.url("/F", "LocalHost").replace("http", "HTTP"))).body == RSS


async def test_rate_limit_carries_the_wait_by_the_injected_clock(server):
    server.answers["/f"] = response(
        b"", "Retry-After: Mon, 02 Nov 2026 12:02:00 GMT", status="429 Too Many Requests"
    )
    now = datetime(2026, 11, 2, 12, 0, tzinfo=timezone.utc)
    async with make_fetcher(clock=lambda: now) as fetcher:
        with pytest.raises(FetchFailed, match="HTTP 429, retry after 120 s") as caught:
            await get(fetcher, server.url("/f"))
    assert (caught.value.kind, caught.value.retry_after_s) == ("ratelimited", 120.0)


async def test_gone_feed_is_refused_for_good(server, fetcher):
    server.answers["/f"] = response(b"", status="410 Gone")
    with pytest.raises(FetchRefused, match=r"feed gazette .*gone") as caught:
        await get(fetcher, server.url("/f"))
    assert (caught.value.kind, caught.value.status) == ("gone", 410)


async def test_refused_connection_is_retryable(fetcher):
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{unused.getsockname()[1]}/f"
        with pytest.raises(FetchFailed) as caught:
            await get(fetcher, url)
    assert caught.value.kind == "connect"


async def test_unknown_host_is_a_dns_failure():
    async with make_fetcher(resolver=DNS({})) as fetcher:
        with pytest.raises(FetchFailed) as caught:
            await get(fetcher, "http://nowhere.example/f")
    assert caught.value.kind == "dns"


async def test_international_host_is_asked_for_in_punycode(server):
    dns = DNS({"xn--mnchen-3ya.example": ["127.0.0.1"]})
    server.answers["/f"] = response(RSS)
    async with make_fetcher(resolver=dns) as fetcher:
        await get(fetcher, server.url("/f", "münchen.example"))
    assert dns.asked == ["xn--mnchen-3ya.example"]
    assert server.requests[0].headers["host"].startswith("xn--mnchen-3ya.example")


async def test_path_and_query_reach_the_server_byte_for_byte(server, fetcher):
    server.answers["/a%2Fb/%7Ec?sig=a%2bb+c&x=%20"] = response(RSS)
    assert (await get(fetcher, server.url("/a%2Fb/%7Ec?sig=a%2bb+c&x=%20#frag"))).body == RSS


async def test_url_without_a_path_is_asked_for_the_root(server, fetcher):
    server.answers["/"] = server.answers["/?a=1"] = response(RSS)
    assert (await get(fetcher, server.url(""))).body == RSS
    assert (await get(fetcher, server.url("?a=1"))).body == RSS


async def test_endless_headers_are_cut_off(server, fetcher):
    async def endless(request, writer):
        writer.write(b"HTTP/1.1 200 OK\r\n")
        while True:
            writer.write(b"X-Y: " + b"z" * 4_000 + b"\r\n")
            await writer.drain()

    server.answers["/f"] = endless
    with pytest.raises(FetchFailed) as caught:
        await get(fetcher, server.url("/f"))
    assert caught.value.kind == "http"


async def test_at_most_four_requests_at_once_per_host(server, fetcher):
    async def slow(request, writer):
        await asyncio.sleep(0.05)
        writer.write(response(RSS))

    server.answers["/f"] = slow
    await asyncio.gather(*(get(fetcher, server.url("/f")) for _ in range(20)))
    assert server.most_running == 4


async def test_busy_host_does_not_hold_up_others(server, other_server):
    async def stuck(request, writer):
        await asyncio.sleep(60)

    server.answers["/f"] = stuck
    other_server.answers["/f"] = response(RSS)
    async with make_fetcher(
        concurrency=5, resolver=DNS({"a.example": ["127.0.0.1"], "b.example": ["127.0.0.1"]})
    ) as f:
        waiting = [asyncio.create_task(get(f, server.url("/f", "a.example"))) for _ in range(10)]
        await asyncio.sleep(0.05)
        assert (await asyncio.wait_for(get(f, other_server.url("/f", "b.example")), 3)).body == RSS
        for task in waiting:
            task.cancel()
        await asyncio.gather(*waiting, return_exceptions=True)
