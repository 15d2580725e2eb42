"""Credentials are found by name, sent to their origin only, and never shown."""

import logging

import pytest
from feeds_server import RSS, get, make_fetcher, redirect, response

from newswatch.errors import FetchFailed, FetchRefused
from newswatch.feeds.fetch import Auth


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


async def test_secrets_of_the_url_are_used_but_not_shown(server, fetcher, caplog):
    caplog.set_level(logging.DEBUG)
    server.answers["/f?token=hush"] = response(b"", status="500 Oops")
    url = server.url("/f?token=hush").replace("http://", "http://ann:s3cret@")
    with pytest.raises(FetchFailed) as caught:
        await get(fetcher, url)
    assert server.requests[0].headers["authorization"] == "Basic YW5uOnMzY3JldA=="
    shown = str(caught.value) + repr(caught.value) + repr(caught.value.__context__) + caplog.text
    assert "s3cret" not in shown
    assert "hush" not in shown
    assert "feed gazette (http://***@127.0.0.1" in shown
