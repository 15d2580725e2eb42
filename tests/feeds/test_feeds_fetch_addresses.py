"""No name, address or redirect leads to a forbidden address."""

import pytest
from feeds_server import DNS, RSS, get, make_fetcher, redirect, response

from newswatch.errors import FetchFailed, FetchRefused


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
