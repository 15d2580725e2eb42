import asyncio
import gzip
import logging
import socket
import time
import tracemalloc
import zlib
from datetime import datetime, timezone

import aiohttp
import pytest
from feeds_server import make_fetcher, redirect, response, start_server

from newswatch.errors import FetchFailed, FetchRefused, PermanentError
from newswatch.feeds.fetch import Auth
from newswatch.models import Feed

RSS = b"<rss version='2.0'><channel><title>t</title></channel></rss>"


def feed(url, **options):
    return Feed(id="gazette", url=url, **({"allow_private": True} | options))


async def get(fetcher, url, etag=None, last_modified=None, **options):
    return await fetcher.fetch(feed(url, **options), etag=etag, last_modified=last_modified)


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


async def test_permanent_redirects_are_followed_and_told(server, fetcher):
    server.answers["/old"] = redirect("/newer", 301)
    server.answers["/newer"] = redirect(server.url("/f"), 308)
    server.answers["/f"] = response(RSS)
    result = await get(fetcher, server.url("/old"))
    assert result.url == result.permanent_url == server.url("/f")


async def test_temporary_redirect_is_followed_but_not_told(server, fetcher):
    server.answers["/old"] = redirect("/f", 302)
    server.answers["/f"] = response(RSS)
    result = await get(fetcher, server.url("/old"))
    assert (result.url, result.permanent_url) == (server.url("/f"), None)


async def test_redirect_with_raw_utf8_location(server, fetcher):
    server.answers["/old"] = redirect("/új feed")
    server.answers["/%C3%BAj%20feed"] = response(RSS)
    assert (await get(fetcher, server.url("/old"))).body == RSS


async def test_redirect_loop_ends_after_its_first_round(server, fetcher):
    server.answers["/a"], server.answers["/b"] = redirect("/b"), redirect("/a")
    with pytest.raises(FetchRefused, match=r"gazette.*circle") as caught:
        await get(fetcher, server.url("/a"))
    assert caught.value.kind == "redirects"
    assert len(server.requests) == 2


@pytest.mark.parametrize("target", ["file:///etc/passwd", "ftp://127.0.0.1/x", "gopher://127.0.0.1:70/"])
async def test_redirect_to_another_scheme_is_refused(server, fetcher, target):
    server.answers["/f"] = redirect(target)
    with pytest.raises(FetchRefused, match="neither http nor https") as caught:
        await get(fetcher, server.url("/f"))
    assert caught.value.kind == "scheme"


class DNS(aiohttp.abc.AbstractResolver):
    """Answers from a table of names and addresses, and notes what it was asked."""

    def __init__(self, table):
        self.table = table
        self.asked = []

    async def resolve(self, host, port=0, family=socket.AF_INET):
        self.asked.append(host)
        if host not in self.table:
            raise OSError(None, "no such host")
        return [
            {
                "hostname": host,
                "host": address,
                "port": port,
                "family": socket.AF_INET,
                "proto": 0,
                "flags": 0,
            }
            for address in self.table[host]
        ]

    async def close(self):
        pass


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "localhost", "0x7f.1", "127.1", "2130706433", "[::ffff:127.0.0.1]", "evil.example"]
)
async def test_listener_on_a_private_address_sees_nothing(server, host):
    async with make_fetcher(
        resolver=None if host != "evil.example" else DNS({host: ["127.0.0.1"]})
    ) as fetcher:
        with pytest.raises((FetchRefused, FetchFailed)):
            await get(fetcher, server.url("/f", host), allow_private=False)
    assert server.connections == 0


async def test_dns_answer_with_private_addresses_only_is_refused(server):
    async with make_fetcher(
        resolver=DNS({"evil.example": ["127.0.0.1", "10.0.0.1", "169.254.169.254"]})
    ) as fetcher:
        with pytest.raises(FetchRefused, match=r"evil\.example resolves to a forbidden address") as caught:
            await get(fetcher, server.url("/f", "evil.example"), allow_private=False)
    assert caught.value.kind == "address"
    assert server.connections == 0


async def test_redirect_to_link_local_address_is_refused_even_with_allow_private(server, fetcher):
    server.answers["/f"] = redirect("http://169.254.169.254/latest/meta-data/")
    with pytest.raises(FetchRefused) as caught:
        await get(fetcher, server.url("/f"))
    assert caught.value.kind == "address"


async def test_connection_of_a_private_feed_is_not_shared_with_a_public_one(server):
    server.answers["/f"] = response(RSS)
    async with make_fetcher(resolver=DNS({"both.example": ["127.0.0.1"]})) as fetcher:
        url = server.url("/f", "both.example")
        await get(fetcher, url)
        with pytest.raises(FetchRefused):
            await get(fetcher, url, allow_private=False)
        await get(fetcher, url)
    assert len(server.requests) == 2
    assert server.connections == 1


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
async def test_gzip_file_that_cannot_be_unpacked_is_told(server, fetcher, body, error, kind):
    server.answers["/f.xml.gz"] = response(body)
    with pytest.raises(error) as caught:
        await get(fetcher, server.url("/f.xml.gz"))
    assert caught.value.kind == kind


async def test_scheme_and_host_are_read_in_any_case(server, fetcher):
    server.answers["/F"] = response(RSS)
    assert (await get(fetcher, server.url("/F", "LocalHost").replace("http", "HTTP"))).body == RSS


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


async def test_redirects_share_one_timeout(server):
    def slow(target):
        async def answer(request, writer):
            await asyncio.sleep(0.25)
            writer.write(redirect(target))

        return answer

    for step in range(5):
        server.answers[f"/{step}"] = slow(f"/{step + 1}")
    async with make_fetcher(timeout_s=0.6) as fetcher:
        with pytest.raises(FetchFailed) as caught:
            await get(fetcher, server.url("/0"))
    assert caught.value.kind == "timeout"
    assert len(server.requests) < 5


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


def known(name):
    return {"login": Auth.basic("ann", "s3cret"), "token": Auth.bearer("t0ken")}.get(name)


async def test_auth_is_sent_by_name(server):
    server.answers["/f"] = response(RSS)
    async with make_fetcher(resolve_auth=known) as fetcher:
        await get(fetcher, server.url("/f"), auth="login")
        await get(fetcher, server.url("/f"), auth="token")
    assert [r.headers["authorization"] for r in server.requests] == ["Basic YW5uOnMzY3JldA==", "Bearer t0ken"]


async def test_auth_of_an_unknown_name_is_refused_before_any_request(server, fetcher):
    with pytest.raises(FetchRefused, match="`auth: nobody`") as caught:
        await get(fetcher, server.url("/f"), auth="nobody")
    assert caught.value.kind == "auth"
    assert server.requests == []


async def test_credentials_do_not_cross_origins(server, other_server):
    server.answers["/f"] = redirect(other_server.url("/f"))
    other_server.answers["/f"] = response(RSS)
    async with make_fetcher(resolve_auth=known) as fetcher:
        await get(fetcher, server.url("/f"), auth="login")
    assert "authorization" in server.requests[0].headers
    assert "authorization" not in other_server.requests[0].headers


async def test_secrets_of_the_url_are_used_but_not_told(server, fetcher, caplog):
    caplog.set_level(logging.DEBUG)
    server.answers["/f?token=hush"] = response(b"", status="500 Oops")
    url = server.url("/f?token=hush").replace("http://", "http://ann:s3cret@")
    with pytest.raises(FetchFailed) as caught:
        await get(fetcher, url)
    assert server.requests[0].headers["authorization"] == "Basic YW5uOnMzY3JldA=="
    told = str(caught.value) + repr(caught.value) + repr(caught.value.__context__) + caplog.text
    assert "s3cret" not in told
    assert "hush" not in told
    assert "feed gazette (http://***@127.0.0.1" in told


class ProxyServer:
    """A forward and CONNECT proxy that notes what it was asked for."""

    def __init__(self, target_port):
        self.target_port = target_port
        self.asked = []

    async def serve(self, reader, writer):
        head = await reader.readuntil(b"\r\n\r\n")
        first, *lines = head.decode().split("\r\n")
        auth = next((line for line in lines if line.lower().startswith("proxy-authorization")), "")
        self.asked.append((first, auth.partition(": ")[2]))
        upstream_reader, upstream = await asyncio.open_connection("127.0.0.1", self.target_port)
        if first.startswith("CONNECT"):
            writer.write(b"HTTP/1.1 200 Fine\r\n\r\n")
        else:
            upstream.write(b"GET /f HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        await asyncio.gather(pump(reader, upstream), pump(upstream_reader, writer), return_exceptions=True)


async def pump(reader, writer):
    try:
        while data := await reader.read(65_536):
            writer.write(data)
            await writer.drain()
    finally:
        writer.close()


@pytest.fixture
async def proxy(server):
    found = ProxyServer(server.port)
    tasks = set()

    async def serve(reader, writer):
        tasks.add(asyncio.current_task())
        await found.serve(reader, writer)

    listener = await asyncio.start_server(serve, "127.0.0.1", 0)
    found.url = f"http://me:pw@127.0.0.1:{listener.sockets[0].getsockname()[1]}"
    yield found
    listener.close()
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


async def test_proxy_gets_the_request_for_a_name_only_it_can_resolve(server, proxy):
    server.answers["/f"] = response(RSS, "Connection: close")
    async with make_fetcher(env={"HTTP_PROXY": proxy.url}, resolver=DNS({})) as fetcher:
        result = await get(fetcher, "http://news.example/f", allow_private=False)
    assert result.body == RSS
    assert proxy.asked == [("GET http://news.example/f HTTP/1.1", "Basic bWU6cHc=")]


async def test_literal_private_address_is_refused_behind_a_proxy_too(server, proxy):
    async with make_fetcher(env={"HTTP_PROXY": proxy.url}) as fetcher:
        for host in ("127.0.0.1", "localhost", "10.0.0.1", "[::1]"):
            with pytest.raises(FetchRefused):
                await get(fetcher, f"http://{host}/f", allow_private=False)
    assert proxy.asked == []


async def test_no_proxy_host_is_asked_directly(server, proxy):
    server.answers["/f"] = response(RSS)
    async with make_fetcher(env={"HTTP_PROXY": proxy.url, "NO_PROXY": "127.0.0.0/8"}) as fetcher:
        await get(fetcher, server.url("/f"))
    assert proxy.asked == []


async def test_unreachable_proxy_is_named_without_its_password(fetcher):
    async with make_fetcher(env={"HTTP_PROXY": "http://me:hidden@127.0.0.1:9"}) as behind:
        with pytest.raises(FetchFailed, match="the proxy cannot be reached") as caught:
            await get(behind, "http://news.example/f")
    assert "hidden" not in str(caught.value)


@pytest.fixture(scope="module")
def private_ca(tmp_path_factory):
    """A private CA's bundle and the key and certificate of a server for news.example."""
    pytest.importorskip("cryptography")
    from certificates import write_ca_and_server  # noqa: PLC0415 - needs cryptography

    return write_ca_and_server(tmp_path_factory.mktemp("ca"), "news.example")


@pytest.fixture
async def tls_server(private_ca):
    async for started in start_server(ssl=private_ca.server_context()):
        started.answers["/f"] = response(RSS)
        yield started


async def test_private_ca_of_the_environment_is_trusted(tls_server, private_ca):
    dns = DNS({"news.example": ["127.0.0.1"]})
    url = f"https://news.example:{tls_server.port}/f"
    for name in ("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE"):
        async with make_fetcher(env={name: str(private_ca.bundle)}, resolver=dns) as fetcher:
            assert (await get(fetcher, url)).body == RSS
    async with make_fetcher(resolver=dns) as fetcher:
        with pytest.raises(FetchFailed, match="SSL_CERT_FILE") as caught:
            await get(fetcher, url)
    assert caught.value.kind == "tls"


async def test_https_goes_through_a_connect_tunnel(tls_server, private_ca, proxy):
    proxy.target_port = tls_server.port
    env = {"HTTPS_PROXY": proxy.url, "SSL_CERT_FILE": str(private_ca.bundle)}
    async with make_fetcher(env=env, resolver=DNS({})) as fetcher:
        assert (await get(fetcher, "https://news.example/f", allow_private=False)).body == RSS
    assert proxy.asked == [("CONNECT news.example:443 HTTP/1.1", "Basic bWU6cHc=")]


async def test_unreadable_ca_bundle_is_named(tmp_path):
    with pytest.raises(PermanentError, match="REQUESTS_CA_BUNDLE"):
        async with make_fetcher(env={"REQUESTS_CA_BUNDLE": str(tmp_path / "missing.pem")}):
            pass
