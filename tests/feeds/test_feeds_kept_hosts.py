"""Connections stay open to few hosts, and only while those are asked often. One that the server closes costs no poll."""

import asyncio

import pytest
from feeds_server import RSS, feed, get, make_fetcher, response

from newswatch.errors import FetchFailed
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


async def test_kept_connections_that_the_server_closes_at_the_next_request_cost_no_poll(server, fetcher):
    answered, all_there = set(), asyncio.Event()

    async def once_a_connection(request, writer):
        if writer in answered:
            writer.close()
            raise ConnectionError
        answered.add(writer)
        if len(answered) == 4:
            all_there.set()
        await all_there.wait()
        writer.write(response(RSS))

    server.answers["/f"] = once_a_connection
    await asyncio.gather(*(get(fetcher, server.url("/f")) for _ in range(4)))
    assert server.connections == 4
    assert (await get(fetcher, server.url("/f"))).body == RSS
    assert server.connections == 5


async def test_connection_closed_before_any_answer_is_tried_once_more(server, fetcher):
    async def hang_up(request, writer):
        writer.close()
        raise ConnectionError

    server.answers["/f"] = hang_up
    with pytest.raises(FetchFailed) as caught:
        await get(fetcher, server.url("/f"))
    assert caught.value.kind == "truncated"
    assert len(server.requests) == 2


async def test_answer_that_breaks_off_in_its_head_is_not_asked_for_again(server, fetcher):
    async def break_off(request, writer):
        writer.write(response(RSS) if len(server.requests) == 1 else b"HTTP/1.1 200 OK\r\nX-Y: ")
        await writer.drain()
        if len(server.requests) > 1:
            writer.close()
            raise ConnectionError

    server.answers["/f"] = break_off
    await get(fetcher, server.url("/f"))
    with pytest.raises(FetchFailed) as caught:
        await get(fetcher, server.url("/f"))
    assert caught.value.kind == "truncated"
    assert len(server.requests) == 2
