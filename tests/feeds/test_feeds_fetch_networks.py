"""Proxies and private certificate authorities."""

import asyncio
import ssl

import pytest
from feeds_server import DNS, RSS, get, make_fetcher, response, start_server

from newswatch.errors import FetchFailed, FetchRefused, PermanentError


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


async def test_answer_in_tls_records_of_one_byte_is_cut_off_by_their_number(tls_server, private_ca):
    sent = 0

    async def bytewise(request, writer):
        nonlocal sent
        writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
        while True:
            for _ in range(500):
                writer.write(b" ")
            await writer.drain()
            sent += 500

    tls_server.answers["/bytes"] = bytewise
    fetcher = make_fetcher(
        env={"SSL_CERT_FILE": str(private_ca.bundle)},
        resolver=DNS({"news.example": ["127.0.0.1"]}),
        timeout_s=60.0,
    )
    async with fetcher:
        with pytest.raises(FetchRefused) as caught:
            await get(fetcher, tls_server.url("/bytes", "news.example").replace("http", "https"))
    assert caught.value.kind == "size"
    assert sent < 2_000_000


async def test_tls_connection_stays_open_unless_a_large_document_has_filled_its_buffers(
    tls_server, private_ca
):
    tls_server.answers["/large"] = response(RSS + b"<!-- -->" * 10_000)
    fetcher = make_fetcher(
        env={"SSL_CERT_FILE": str(private_ca.bundle)}, resolver=DNS({"news.example": ["127.0.0.1"]})
    )
    small, large = (
        tls_server.url(path, "news.example").replace("http", "https") for path in ("/f", "/large")
    )
    async with fetcher:
        for url, connections in ((small, 1), (small, 1), (large, 1), (small, 2), (small, 2)):
            await get(fetcher, url)
            assert tls_server.connections == connections


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


def handshakes(private_ca):
    """The server's context, and a list that says of each of its handshakes whether a session was resumed."""
    context, resumed = private_ca.server_context(), []

    class Noted(ssl.SSLObject):
        def do_handshake(self):
            super().do_handshake()
            resumed.append(self.session_reused)

    context.sslobject_class = Noted
    return context, resumed


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
async def test_tls_session_is_resumed_by_the_next_connection_of_the_fetcher(private_ca, version):
    context, resumed = handshakes(private_ca)
    context.maximum_version = version
    dns, env = DNS({"news.example": ["127.0.0.1"]}), {"SSL_CERT_FILE": str(private_ca.bundle)}
    async for server in start_server(ssl=context):
        server.answers["/f"] = response(RSS, "Connection: close")
        url = server.url("/f", "news.example").replace("http", "https")
        for _ in range(2):
            async with make_fetcher(env=env, resolver=dns) as fetcher:
                for _ in range(3):
                    assert (await get(fetcher, url)).body == RSS
    assert resumed == [False, True, True] * 2


async def test_tls_session_is_not_resumed_at_another_port_or_under_another_name(private_ca):
    context, resumed = handshakes(private_ca)
    dns = DNS({"news.example": ["127.0.0.1"], "other.example": ["127.0.0.1"]})
    async with make_fetcher(env={"SSL_CERT_FILE": str(private_ca.bundle)}, resolver=dns) as fetcher:
        async for server in start_server(ssl=context):
            async for neighbour in start_server(ssl=context):
                for each in (server, neighbour):
                    each.answers["/f"] = response(RSS, "Connection: close")
                    await get(fetcher, each.url("/f", "news.example").replace("http", "https"))
                with pytest.raises(FetchFailed) as caught:
                    await get(fetcher, server.url("/f", "other.example").replace("http", "https"))
    assert caught.value.kind == "tls"
    assert True not in resumed
