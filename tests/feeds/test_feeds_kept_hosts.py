"""Connections stay open to few hosts, and only while those are asked often."""

import asyncio
import ssl
import sys
from asyncio import sslproto

import pytest
from feeds_server import feed, make_fetcher, response

from newswatch.feeds import sessions
from newswatch.feeds.kept_hosts import KeptHosts


def test_connections_stay_open_to_the_first_hosts_only_until_one_is_no_longer_asked():
    kept = KeptHosts(2, 60.0)
    assert kept.keeps("a", 0.0)
    assert kept.keeps("b", 10.0)
    assert not kept.keeps("c", 20.0)
    assert kept.keeps("a", 50.0)
    assert kept.keeps("c", 75.0)  # b was asked too long ago
    assert not kept.keeps("b", 76.0)


async def test_one_connection_serves_all_feeds_of_a_host_that_are_asked_for_one_after_the_other(
    server, monkeypatch
):
    monkeypatch.setattr(sessions, "MOST_KEPT", 0)
    server.answers["/f"] = response(b"<rss/>")
    async with make_fetcher() as fetcher:
        for more in (True, True, False):
            await fetcher.fetch(feed(server.url("/f")), etag=None, last_modified=None, more=more)
    asked_to_close = ["connection" in request.headers for request in server.requests]
    assert asked_to_close == [False, False, True]
    assert server.connections == 1


@pytest.mark.skipif(sys.version_info < (3, 11), reason="asyncio's TLS kept no buffers before Python 3.11")
async def test_tls_connection_takes_little_memory():
    async with make_fetcher():
        made = sslproto.SSLProtocol(
            asyncio.get_running_loop(), asyncio.Protocol(), ssl.create_default_context(), None
        )
    assert len(made._ssl_buffer) == sessions.TLS_BUFFER_BYTES
