"""Secrets of feeds: which names may be used at all, and where a secret is sent."""

from __future__ import annotations

import re

import pytest

from feed_server import Document, FeedServer, story
from newswatch.models import Bundle, Feed, Receiver, Rule
from newswatch.pipeline.base.services import Services
from newswatch.pipeline.poll.run import run_poll
from newswatch.store import configuration
from newswatch.store.client import redis_errors
from proxy_server import Proxy

WORDS = "The ministers met in the capital on Monday and talked for several hours about the plan. "
PAGE = f"<html><body><article><h1>Talks</h1><p>{WORDS * 5}</p></article></body></html>".encode()

FORBIDDEN = [
    "newswatch_slack",
    "newswatch_redis",
    "REDIS_URL",
    "SLACK_BOT_TOKEN",
    "${SLACK_BOT_TOKEN}",
    "$NEWSWATCH_FEED_ECB",
    "DATABASE_PASSWORD",
    "aws_default",
    "NEWSWATCH_MONITOR_TOKEN",
    "NEWSWATCH_FEED_",
    "newswatch_feed_",
    "Newswatch_Feed_ecb",
    "me:hidden",
]


@pytest.fixture
def elsewhere():
    site = FeedServer()
    yield site
    site.stop()


def paid(room, auth, url=None, more=""):
    room.write(
        "feeds.yaml",
        "defaults: {allow_private: true}\n"
        f"feeds:\n  - id: wire\n    url: '{url or room.site.url + '/wire'}'\n    auth: '{auth}'\n{more}",
    )


@pytest.mark.parametrize("name", FORBIDDEN)
def test_auth_that_names_another_variable_or_connection_is_an_error_with_its_place(newsroom, name):
    paid(newsroom, name)
    status, out, err = newsroom.command("check")
    assert status == 1, (out, err)
    line, folder = [line for line in out.splitlines() if "warning" not in line]
    assert folder == f"{newsroom.config}: 1 error"
    assert re.match(r"\S*feeds\.yaml:5:11: ", line)
    assert "NEWSWATCH_FEED_" in line
    assert "newswatch_feed_" in line
    assert "hidden" not in line


@pytest.mark.parametrize("name", ["NEWSWATCH_FEED_ECB", "newswatch_feed_ecb", "newswatch_feed_e.c-b"])
def test_auth_of_a_feed_secret_passes(newsroom, name):
    paid(newsroom, name)
    status, out, err = newsroom.command("check")
    assert status == 0, (out, err)


def put_in_force(room, feed):
    """A bundle as an older release may have left it: no check stands between it and the stages."""
    from newswatch.pipeline.base.configuration import to_store  # noqa: PLC0415

    bundle = Bundle(
        version=1,
        digest="old",
        feeds=(feed,),
        rules=(Rule("r", "central bank", notify=("policy",)),),
        receivers=(Receiver("policy", "C0123456789"),),
    )

    async def work(services: Services) -> None:
        with redis_errors():
            stored = to_store(bundle, "")
            known, change = configuration.Head(), configuration.FeedChange(kept_s=60)
            assert await configuration.put_in_force(services.redis, known, stored, change, owner="", now_ms=0)

    room._do(work)


@pytest.mark.parametrize("name", ["REDIS_URL", "SLACK_BOT_TOKEN", "newswatch_slack", "MY_PASSWORD"])
def test_secret_of_a_bundle_stored_before_is_refused_where_it_would_be_read(newsroom, monkeypatch, name):
    monkeypatch.setenv("MY_PASSWORD", "Bearer hidden")
    newsroom.site.serve("/wire", story(1))
    put_in_force(newsroom, Feed(id="wire", url=f"{newsroom.site.url}/wire", auth=name, allow_private=True))
    (newsroom.config / "feeds.yaml").unlink()  # nothing to apply: what is stored stays in force
    status, out, err = newsroom.command("poll", "--all", "--json")
    assert '"failed": 1' in out, (status, out, err)
    assert newsroom.site.requests == []
    shown = newsroom.command("feeds")[1]
    assert "hidden" not in out + err + shown


def test_secret_is_dropped_on_the_way_to_another_origin_and_does_not_come_back(
    newsroom, elsewhere, monkeypatch
):
    monkeypatch.setenv("NEWSWATCH_FEED_WIRE", "Bearer hidden")
    newsroom.site.documents["/wire"] = Document(status=302, headers={"Location": f"{newsroom.site.url}/next"})
    newsroom.site.documents["/next"] = Document(status=302, headers={"Location": f"{elsewhere.url}/away"})
    elsewhere.documents["/away"] = Document(status=302, headers={"Location": f"{newsroom.site.url}/back"})
    newsroom.site.serve("/back", story(1))
    paid(newsroom, "newswatch_feed_wire")
    assert newsroom.json("poll")["new"] == 1
    sent = {one.path: one.headers.get("Authorization") for one in newsroom.site.requests}
    assert sent == {"/wire": "Bearer hidden", "/next": "Bearer hidden", "/back": None}
    assert [one.headers.get("Authorization") for one in elsewhere.requests] == [None]


def test_preview_sends_the_secret_of_a_configured_feed_to_its_own_origin_only(
    newsroom, elsewhere, monkeypatch
):
    monkeypatch.setenv("NEWSWATCH_FEED_WIRE", "Bearer hidden")
    newsroom.site.documents["/wire"] = Document(status=302, headers={"Location": f"{elsewhere.url}/away"})
    elsewhere.serve("/away", story(1))
    paid(newsroom, "NEWSWATCH_FEED_WIRE")
    assert len(newsroom.json("feeds", "preview", "wire")["items"]) == 1
    assert newsroom.site.requests[0].headers["Authorization"] == "Bearer hidden"
    assert "Authorization" not in elsewhere.requests[0].headers


def test_feed_whose_secret_has_no_usable_form_fails_alone(newsroom, monkeypatch):
    monkeypatch.setenv("NEWSWATCH_FEED_WIRE", "hidden")
    newsroom.site.serve("/wire", story(1))
    newsroom.site.serve("/open", story(2))
    paid(newsroom, "NEWSWATCH_FEED_WIRE", more=f"  - {{id: open, url: '{newsroom.site.url}/open'}}\n")
    status, out, err = newsroom.command("poll", "--json")
    assert '"new": 1' in out, (status, out, err)
    assert '"failed": 1' in out
    assert "hidden" not in out + err
    status, out, err = newsroom.command("check")
    assert status == 1
    assert "NEWSWATCH_FEED_WIRE" in out
    assert "hidden" not in out + err


def test_page_that_redirects_elsewhere_gets_the_secret_at_its_own_origin_only(
    newsroom, elsewhere, monkeypatch
):
    monkeypatch.setenv("NEWSWATCH_FEED_WIRE", "Bearer hidden")
    newsroom.site.serve("/wire", story(1, link=f"{newsroom.site.url}/page"))
    newsroom.site.documents["/page"] = Document(status=301, headers={"Location": f"{elsewhere.url}/page"})
    elsewhere.documents["/page"] = Document(PAGE, headers={"Content-Type": "text/html"})
    paid(newsroom, "NEWSWATCH_FEED_WIRE", more="    article: true\n")
    newsroom.json("poll")
    assert newsroom.json("articles")["fetched"] == 1
    sent = {one.path: one.headers.get("Authorization") for one in newsroom.site.requests}
    assert sent == {"/wire": "Bearer hidden", "/page": "Bearer hidden"}
    assert [one.headers.get("Authorization") for one in elsewhere.requests] == [None]


def test_secret_is_dropped_on_the_way_to_another_origin_behind_a_proxy_too(newsroom, elsewhere, monkeypatch):
    proxy = Proxy({"own.example": newsroom.site.port, "other.example": elsewhere.port})
    monkeypatch.setenv("HTTP_PROXY", f"http://me:pw@127.0.0.1:{proxy.port}")
    monkeypatch.setenv("NEWSWATCH_FEED_WIRE", "Bearer hidden")
    monkeypatch.delenv("NO_PROXY", raising=False)
    monkeypatch.delenv("no_proxy", raising=False)
    newsroom.site.documents["/wire"] = Document(status=302, headers={"Location": "http://other.example/away"})
    elsewhere.documents["/away"] = Document(status=302, headers={"Location": "http://own.example/back"})
    newsroom.site.serve("/back", story(1))
    paid(newsroom, "NEWSWATCH_FEED_WIRE", url="http://own.example/wire")
    assert newsroom.json("poll")["new"] == 1
    proxy.stop()
    sent = [(one.path, one.headers.get("Authorization")) for one in newsroom.site.requests]
    assert sent == [("/wire", "Bearer hidden"), ("/back", None)]
    assert [one.headers.get("Authorization") for one in elsewhere.requests] == [None]


def test_url_adopted_after_a_move_never_gets_a_secret_named_later(newsroom, elsewhere, monkeypatch):
    monkeypatch.setenv("NEWSWATCH_FEED_WIRE", "Bearer hidden")
    for site in (newsroom.site, elsewhere):
        site.serve("/wire", story(1))
    newsroom.poll()
    newsroom.redis.hset(
        "newswatch:feed:wire",
        mapping={"adopted_url": f"{elsewhere.url}/wire", "adopted_from": f"{newsroom.site.url}/wire"},
    )
    newsroom._do(lambda services: run_poll(services, all_feeds=True))
    assert len(elsewhere.requests) == 1, "without a secret the adopted address is asked"
    paid(newsroom, "NEWSWATCH_FEED_WIRE")
    newsroom.json("poll", "--all")
    assert newsroom.site.requests[-1].headers["Authorization"] == "Bearer hidden"
    assert all("Authorization" not in one.headers for one in elsewhere.requests)
