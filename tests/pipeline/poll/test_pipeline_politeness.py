"""Hosts that ask for less, also by way of redirects, and hosts that many feeds share."""

from __future__ import annotations

import pytest

from feed_server import Document, FeedServer, rss, story
from newswatch.models import Feed
from newswatch.pipeline.poll.run import plan_shards, shards


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


def test_host_is_never_split_over_shards_also_where_feeds_moved_to_it():
    feeds = [Feed(id=f"f{n}", url=f"https://h{n}.example/rss") for n in range(6)]
    asked = {"f0": "https://hub.example/0", "f3": "https://HUB.example:444/3", "f5": "http://hub.example./5"}
    together = [shard.feed_ids for shard in shards(feeds, 3, asked) if "f0" in shard.feed_ids]
    assert [sorted(ids) for ids in together] == [["f0", "f3", "f5"]]


def test_plan_puts_feeds_together_that_moved_to_one_host(newsroom):
    configure(newsroom, **{name: f"https://{name}.example/rss" for name in ("a", "b", "c", "d")})
    newsroom.adopt()
    for name in ("a", "d"):
        values = {"adopted_url": f"https://hub.example/{name}", "adopted_from": f"https://{name}.example/rss"}
        newsroom.redis.hset(f"newswatch:feed:{name}", mapping=values)
    planned = newsroom._do(lambda services: plan_shards(services, shard_size=2))
    assert ["a", "d"] in [sorted(shard.feed_ids) for shard in planned]
    assert all(shard.label.split(",")[0] for shard in planned)


def test_hosts_written_as_addresses_are_named(newsroom):
    planned = shards([Feed(id="six", url="http://[2600:1::2]:8080/rss")], 10)
    assert [shard.label for shard in planned] == ["2600:1::2, 1 feed"]
