"""Hosts that ask for less, also by way of redirects, and hosts that many feeds share."""

from __future__ import annotations

import pytest

from feed_server import Document, FeedServer, rss, story
from newswatch.pipeline.poll import cycle


@pytest.fixture
def hub():
    """A host that other hosts' feeds redirect to."""
    server = FeedServer()
    yield server
    server.stop()


@pytest.fixture
def elsewhere():
    server = FeedServer()
    yield server
    server.stop()


def moved_to(server: FeedServer, path: str) -> Document:
    return Document(b"", status=302, headers={"Location": server.url + path})


def configure(newsroom, **urls: str) -> None:
    rows = "".join(f"  - {{id: {name}, url: {url}, article: true}}\n" for name, url in urls.items())
    newsroom.write("feeds.yaml", f"defaults: {{allow_private: true}}\nfeeds:\n{rows}")


def test_429_after_a_redirect_slows_the_host_that_said_it_and_not_the_one_that_redirects(
    newsroom, hub, elsewhere
):
    newsroom.site.documents["/one"] = moved_to(hub, "/one")
    newsroom.site.serve("/own", story(1))
    elsewhere.documents["/two"] = moved_to(hub, "/two")
    hub.documents["/one"] = Document(b"", status=429, headers={"Retry-After": "600"})
    hub.serve("/two", story(2))
    configure(newsroom, one=f"{newsroom.site.url}/one")
    newsroom.poll()
    assert [request.path for request in hub.requests] == ["/one"]
    configure(
        newsroom,
        own=f"{newsroom.site.url}/own",
        two=f"{elsewhere.url}/two",
        direct=f"{hub.url}/two",
    )
    newsroom.poll()
    rows = {row["id"]: row for row in newsroom.json("feeds")}
    assert rows["own"]["state"] == "ok"
    assert rows["two"]["state"] == "slowed"
    assert "redirects to 127.0.0.1, which asked for a pause" in rows["two"]["error"]
    assert rows["direct"]["paused_until"]
    assert [request.path for request in hub.requests] == ["/one"]


def test_page_that_redirects_to_a_host_that_asked_for_a_pause_waits_for_it(newsroom, hub, elsewhere):
    hub.documents["/slow"] = Document(b"", status=429, headers={"Retry-After": "600"})
    hub.documents["/fine"] = Document(b"<html><p>Never asked for</p></html>")
    for path in ("/slow", "/fine"):
        newsroom.site.documents[path] = moved_to(hub, path)
    elsewhere.documents["/feed"] = Document(rss(story(1, link=newsroom.site.url + "/slow")))
    configure(newsroom, wire=f"{elsewhere.url}/feed")
    newsroom.poll()
    newsroom.articles()
    elsewhere.documents["/feed"] = Document(rss(story(2, link=newsroom.site.url + "/fine")))
    newsroom.poll()
    counts = newsroom.articles()
    assert (counts.jobs, counts.failed, counts.queued) == (1, 1, 2)
    assert [request.path for request in hub.requests] == ["/slow"]


def test_feeds_of_one_host_are_polled_one_right_after_the_other(newsroom, monkeypatch):
    """Its connection is open then. A server may have closed it after other hosts had their turn."""
    monkeypatch.setattr(cycle, "AT_ONCE", 1)
    monkeypatch.setattr(cycle, "STAY_S", 300.0)  # however busy this machine is
    hosts = (newsroom.site.url, newsroom.site.url.replace("127.0.0.1", "localhost"))
    urls = {f"{'ab'[n % 2]}{n}": f"{hosts[n % 2]}/{'ab'[n % 2]}" for n in range(6)}
    for path in ("/a", "/b"):
        newsroom.site.serve(path, story(1))
    configure(newsroom, **urls)
    newsroom.poll()
    paths = [request.path for request in newsroom.site.requests]
    assert paths in (["/a"] * 3 + ["/b"] * 3, ["/b"] * 3 + ["/a"] * 3)
