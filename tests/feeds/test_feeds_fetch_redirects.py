"""Redirects are followed, reported when permanent, and never lead in a loop or out of the web."""

import asyncio

import pytest
from feeds_server import RSS, get, make_fetcher, redirect, response

from newswatch.errors import FetchFailed, FetchRefused


async def test_permanent_redirects_are_followed_and_reported(server, fetcher):
    server.answers["/old"] = redirect("/newer", 301)
    server.answers["/newer"] = redirect(server.url("/f"), 308)
    server.answers["/f"] = response(RSS)
    result = await get(fetcher, server.url("/old"))
    assert result.url == result.permanent_url == server.url("/f")


async def test_temporary_redirect_is_followed_but_not_reported(server, fetcher):
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
    with pytest.raises(FetchRefused, match=r"gazette.*loop") as caught:
        await get(fetcher, server.url("/a"))
    assert caught.value.kind == "redirects"
    assert len(server.requests) == 2


@pytest.mark.parametrize("target", ["file:///etc/passwd", "ftp://127.0.0.1/x", "gopher://127.0.0.1:70/"])
async def test_redirect_to_another_scheme_is_refused(server, fetcher, target):
    server.answers["/f"] = redirect(target)
    with pytest.raises(FetchRefused, match="neither http nor https") as caught:
        await get(fetcher, server.url("/f"))
    assert caught.value.kind == "scheme"


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
