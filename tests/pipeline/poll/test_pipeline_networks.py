"""Polling from within a company: a proxy, a private CA, paid feeds, and what must not be reached from there."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from feed_server import Document, FeedServer, story
from newsroom import ROOT
from proxy_server import Proxy

WORDS = "The central bank opposes the plan."
PAGE = (
    "<!doctype html><html><head><title>Talks</title></head><body><article><h1>Talks</h1>"
    "<p>The ministers met in the capital on Monday and talked for several hours about the plan.</p>"
    f"<p>{WORDS}</p></article></body></html>"
).encode()


@pytest.fixture
def secure(tmp_path):
    """A site for news.example with a certificate of a private CA, and the CA's bundle."""
    pytest.importorskip("cryptography")
    from certificates import write_ca_and_server  # noqa: PLC0415 - needs cryptography

    made = write_ca_and_server(tmp_path, "news.example")
    site = FeedServer(tls=made.server_context())
    site.bundle = made.bundle
    yield site
    site.stop()


@pytest.fixture
def proxy(newsroom, monkeypatch):
    """A proxy that wants a password; the commands find it in their environment."""
    found = Proxy({"plain.example": newsroom.site.port})
    url = f"http://me:pw@127.0.0.1:{found.port}"
    for name, value in {"HTTP_PROXY": url, "HTTPS_PROXY": url, "NO_PROXY": "127.0.0.1"}.items():
        monkeypatch.setenv(name, value)
    yield found
    found.stop()


def test_paid_feed_and_its_pages_are_read_through_the_proxy_with_a_private_ca(
    newsroom, secure, proxy, monkeypatch
):
    proxy.names["news.example"] = secure.port
    monkeypatch.setenv("SSL_CERT_FILE", str(secure.bundle))
    monkeypatch.setenv("NEWSWATCH_FEED_PAID", "reader:secret")
    secure.serve("/feed", story(1, "Ministers meet", link="https://news.example/page"))
    secure.documents["/page"] = Document(PAGE, headers={"Content-Type": "text/html"})
    newsroom.site.serve("/rss", story(2))
    newsroom.write(
        "feeds.yaml",
        "feeds:\n  - {id: paid, url: 'https://news.example/feed', auth: NEWSWATCH_FEED_PAID, article: true}\n"
        "  - {id: plain, url: 'http://plain.example/rss'}\n"
        f"  - {{id: own, url: '{newsroom.site.url}/rss', allow_private: true}}\n",
    )
    polled = newsroom.json("poll")
    assert (polled["new"], polled["failed"]) == (3, 0), newsroom.json("feeds")
    assert newsroom.json("articles")["fetched"] == 1
    newsroom.match()
    newsroom.deliver()
    assert ["Ministers meet" in post["text"] for post in newsroom.posts()] == [True]
    assert {(one.method, one.target) for one in proxy.asked} == {
        ("CONNECT", "news.example:443"),
        ("GET", "http://plain.example/rss"),
    }
    assert {one.authorization for one in proxy.asked} == {"Basic bWU6cHc="}
    assert [request.headers.get("Authorization") for request in secure.requests] == [
        "Basic cmVhZGVyOnNlY3JldA=="
    ] * 2
    assert not any("Authorization" in request.headers for request in newsroom.site.requests)


def test_proxy_is_never_asked_for_an_address_of_ours_nor_is_it_by_a_redirect(newsroom, proxy):
    inner = FeedServer()
    try:
        hosts = ["127.0.0.1", "localhost", "[::1]", "10.0.0.1", "169.254.169.254", "[::ffff:127.0.0.1]"]
        odd = ["0x7f.1", "127.1", "2130706433", "0177.0.0.1", "0"]
        urls = [f"http://{host}:{inner.port}/rss" for host in [*hosts, *odd]]
        for number, url in enumerate(urls):
            newsroom.site.documents[f"/to{number}"] = Document(b"", status=301, headers={"Location": url})
        inner.serve("/rss", story(1))
        rows = [f"  - {{id: d{n}, url: '{url}'}}" for n, url in enumerate(urls)]
        rows += [f"  - {{id: r{n}, url: 'http://plain.example/to{n}'}}" for n in range(len(urls))]
        newsroom.write("feeds.yaml", "feeds:\n" + "\n".join(rows) + "\n")
        polled = newsroom.json("poll")
        assert polled["failed"] == polled["polled"] == 2 * len(urls)
        assert inner.requests == []
        assert {one.target.rpartition("/")[0] for one in proxy.asked} == {"http://plain.example"}
        states = {row["id"]: row for row in newsroom.json("feeds")}
        assert {row["state"] for row in states.values()} == {"refused"}
        assert f"redirects to http://127.0.0.1:{inner.port}/rss" in states["r0"]["error"]
        assert "allow_private" in states["d0"]["error"]
        assert "allow_private" not in states["r0"]["error"] + states["d4"]["error"]
    finally:
        inner.stop()


def test_name_of_an_inner_host_is_the_proxys_business(newsroom, proxy):
    proxy.names["intranet.example"] = newsroom.site.port
    newsroom.site.serve("/rss", story(1))
    newsroom.write("feeds.yaml", "feeds:\n  - {id: inner, url: 'http://intranet.example/rss'}\n")
    assert newsroom.json("poll")["new"] == 1


@pytest.mark.slow
def test_no_redirect_and_no_name_leads_a_poll_into_a_private_network(tmp_path):
    """In a network of its own, where public and private addresses are all this machine's."""
    unshare = shutil.which("unshare")
    tried = subprocess.run([unshare or "false", "-rnm", "ip", "link"], capture_output=True, check=False)
    if tried.returncode:
        pytest.skip("this system gives no network namespaces to tests (unshare -rnm, ip)")
    script = Path(__file__).with_name("inner_network.py")
    ended = subprocess.run(
        [str(unshare), "-rnm", sys.executable, str(script), str(tmp_path)],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(map(str, (ROOT, ROOT / "plugins", ROOT / "tests")))},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr
    found = json.loads(ended.stdout.splitlines()[-1])
    states = found["states"]
    assert {name: state for name, state in states.items() if name in ("good", "mixed")} == {
        "good": "ok",
        "mixed": "ok",
    }
    assert {state for name, state in states.items() if name not in ("good", "mixed")} <= {
        "refused",
        "failing",
    }
    assert found["seen"] == []
    assert len(states) > 50
