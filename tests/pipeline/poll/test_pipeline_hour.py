"""An hour on a desk: one host asks for less, one feed moves, one dies, one returns, one goes silent."""

from __future__ import annotations

import re
import time
from datetime import datetime, timedelta, timezone

import pytest

from feed_server import Document, FeedServer, rss, story
from newsroom import OPS
from newswatch.cli.feeds import _states

START = datetime.now(timezone.utc).replace(microsecond=0)


@pytest.fixture
def sites():
    """Hosts of their own, one a story."""
    made = {name: FeedServer() for name in ("busy", "old", "new", "dying", "returning", "silent")}
    yield made
    for site in made.values():
        site.stop()


@pytest.fixture
def desk(newsroom, sites):
    """A newsroom that polls these sites every five minutes, at exactly that pace."""
    urls = {
        "wire": f"{newsroom.site.url}/wire",
        "busy-1": f"{sites['busy'].url}/1",
        "busy-2": f"{sites['busy'].url}/2",
        "moving": f"{sites['old'].url}/feed",
        **{name: f"{sites[name].url}/feed" for name in ("dying", "returning", "silent")},
    }
    rows = "".join(f"  - {{id: {name}, url: {url}}}\n" for name, url in urls.items())
    head = "defaults: {every: 5m, at_most: 5m, allow_private: true}\nfeeds:\n"
    newsroom.write("feeds.yaml", head + rows)
    for site, path in (
        (newsroom.site, "/wire"),
        *((sites[name], "/feed") for name in ("old", "new", "dying")),
    ):
        site.serve(path, *(story(n, now=START) for n in range(3)))
    for path in ("/1", "/2"):
        sites["busy"].serve(path, story(1, now=START))
    sites["returning"].documents["/feed"] = Document(b"", status=500)
    hourly = [story(n, now=START, age=timedelta(hours=5.5 + n)) for n in range(9 * 24)]
    sites["silent"].serve("/feed", *hourly[30:])
    newsroom.hourly = hourly
    return newsroom


def at(desk, minute: float) -> None:
    """Set the desk's clock; it goes on from there."""
    set_at = time.monotonic()
    desk.clock = lambda: START + timedelta(minutes=minute, seconds=time.monotonic() - set_at)


def rows(desk) -> dict[str, dict]:
    """What `newswatch feeds` shows."""
    return {row["id"]: row for row in desk._do(_states)}


def ops(desk) -> list[str]:
    """All that a reader of the ops channel finds there, with moments left out."""
    desk.until(lambda: desk.deliver().queued == 0)
    return [re.sub(r"\d{2} \w+ \d{2}:\d{2} UTC", "TIME", post["text"]) for post in desk.posts(OPS)]


def told(desk, word: str) -> list[str]:
    """What ops was told of a feed."""
    desk.until(lambda: desk.deliver().queued == 0)
    return [post["text"] for post in desk.posts(OPS) if f"Feed {word} " in post["text"]]


def times(site: FeedServer, path: str) -> int:
    return sum(1 for request in site.requests if request.path == path)


@pytest.mark.slow
def test_each_feed_has_its_story_told_rightly_and_once(desk, sites):
    for minute in (-1510, -1470, -329, -60):
        at(desk, minute)
        if minute == -329:
            sites["silent"].serve("/feed", *desk.hourly)
        desk.poll()
    assert len(told(desk, "returning")) == 1
    asked = {}
    for minute in range(0, 65, 5):
        at(desk, minute)
        if minute == 5:
            target = f"{sites['new'].url}/feed"
            sites["old"].documents["/feed"] = Document(b"", status=301, headers={"Location": target})
        if minute == 10:
            slow = Document(b"", status=429, headers={"Retry-After": "1200"})
            sites["busy"].documents["/1"] = sites["busy"].documents["/2"] = slow
        if minute == 15:
            asked = {path: times(sites["busy"], path) for path in ("/1", "/2")}
            sites["busy"].serve("/1", story(2, now=START))
            sites["busy"].serve("/2", story(2, now=START))
        if minute == 20:
            sites["dying"].documents["/feed"] = Document(b"", status=410)
        if minute == 30:
            sites["returning"].serve("/feed", story(1, now=START))
        desk.poll(all_feeds=False)
        if minute in (15, 25):
            assert {path: times(sites["busy"], path) for path in ("/1", "/2")} == asked
            assert {rows(desk)[name]["state"] for name in ("busy-1", "busy-2")} <= {"waiting", "slowed"}
            assert "asked for a pause" in rows(desk)["busy-2"]["advice"]
    seen = rows(desk)
    states = {name: row["state"] for name, row in seen.items()}
    assert states == {
        "wire": "ok",
        "busy-1": "ok",
        "busy-2": "ok",
        "moving": "ok",
        "dying": "stopped",
        "returning": "ok",
        "silent": "silent",
    }
    assert seen["moving"]["redirects_to"].endswith("/feed")
    assert "set its url" in seen["moving"]["advice"]
    assert "410" in seen["dying"]["error"]
    assert "silent since" in seen["silent"]["advice"]
    assert seen["silent"]["rhythm_s"] == 3600
    given_up = (
        f"Feed returning ({sites['returning'].url}/feed) has failed since TIME and is polled less often now:"
        " the server answered HTTP 500. What to do: it is tried again automatically; if it lasts, contact the publisher or"
        " remove the feed from feeds.yaml."
    )
    stopped = (
        f"Feed dying ({sites['dying'].url}/feed) is stopped: the server says it is gone for good (HTTP 410)."
        " Remove it from feeds.yaml or set its new url."
    )
    silent = (
        f"Feed silent ({sites['silent'].url}/feed) answers but has had no new item since TIME, which is much longer than usual"
        " (one every 1 h). If the site has newer articles, find the feed that has them."
    )
    found = ops(desk)
    assert sorted(found) == sorted([given_up, stopped, silent, "Feed returning answers again."])
    assert found[0] == given_up
    assert times(desk.site, "/wire") == 4 + 13


@pytest.mark.slow
def test_moved_feed_is_taken_up_after_days_told_once_and_undone_with_the_file(desk, sites):
    target = f"{sites['new'].url}/feed"
    at(desk, 0)
    desk.poll()
    before = desk.redis.xlen("newswatch:items")
    sites["old"].documents["/feed"] = Document(b"", status=308, headers={"Location": target})
    for hour in (1, 20, 40):
        at(desk, hour * 60)
        desk.poll()
        assert rows(desk)["moving"]["moved_to"] is None
    at(desk, 50 * 60)
    desk.poll()
    row = rows(desk)["moving"]
    assert row["moved_to"] == target
    assert f"set its url to {target}" in row["advice"]
    asked = times(sites["old"], "/feed")
    at(desk, 51 * 60)
    desk.poll()
    assert times(sites["old"], "/feed") == asked
    assert len(told(desk, "moving")) == 1
    assert desk.redis.xlen("newswatch:items") == before
    text = (desk.config / "feeds.yaml").read_text().replace(f"{sites['old'].url}/feed", target)
    desk.write("feeds.yaml", text)
    desk.poll()
    row = rows(desk)["moving"]
    assert (row["moved_to"], row["url"], row["state"]) == (None, target, "ok")
    assert len(told(desk, "moving")) == 2
    assert desk.redis.xlen("newswatch:items") == before


def test_maintenance_page_and_a_redirect_to_another_feed_change_no_url(desk, sites):
    at(desk, 0)
    desk.poll()
    moved = Document(b"", status=301, headers={"Location": f"{sites['new'].url}/feed"})
    sites["old"].documents["/feed"] = moved
    other = rss(story(900, "Something else", now=START, link="https://other.example/"), title="Parked")
    page = b"<!doctype html><html><head><title>Back soon</title></head></html>"
    for hour in range(1, 100, 12):
        body = page if hour % 24 == 1 else other
        sites["new"].documents["/feed"] = Document(body)
        at(desk, hour * 60)
        desk.poll()
    assert rows(desk)["moving"]["moved_to"] is None
    sites["old"].serve("/feed", *(story(n, now=START) for n in range(3)))
    at(desk, 101 * 60)
    desk.poll()
    row = rows(desk)["moving"]
    assert (row["state"], row["redirects_to"]) == ("ok", None)


def test_server_that_answers_304_for_ever_is_asked_in_full_now_and_then(newsroom):
    newsroom.site.serve("/wire", story(1, now=START), etag='"stuck"')
    newsroom.clock = lambda: START
    newsroom.poll()
    newsroom.site.serve("/wire", story(1, now=START), story(2, now=START), etag='"stuck"')
    assert newsroom.poll().not_modified == 1
    newsroom.clock = lambda: START + timedelta(hours=25)
    assert newsroom.poll().new == 1
    assert "If-None-Match" not in newsroom.site.requests[-1].headers


def test_slow_host_with_many_feeds_does_not_hold_up_another(newsroom, sites):
    slow = [f"s{n}" for n in range(60)]
    lines = "".join(f"  - {{id: {name}, url: {sites['busy'].url}/{name}}}\n" for name in slow)
    lines += f"  - {{id: wire, url: {newsroom.site.url}/wire}}\n"
    newsroom.write("feeds.yaml", f"defaults: {{allow_private: true}}\nfeeds:\n{lines}")
    hold = []

    def wait() -> None:
        hold.append(1)
        if len(hold) <= 4:
            newsroom.until(lambda: times(newsroom.site, "/wire"), timeout_s=8)

    for name in slow:
        sites["busy"].serve(f"/{name}", story(1))
        sites["busy"].documents[f"/{name}"].before_answer = wait
    newsroom.site.serve("/wire", story(1))
    counts = newsroom.poll()
    assert (counts.polled, counts.failed) == (61, 0)


def test_feed_taken_out_after_its_notice_leaves_none_behind_and_is_told_anew_when_it_returns(newsroom):
    newsroom.feeds("wire", "dead")
    newsroom.site.serve("/wire", story(1))
    newsroom.site.documents["/dead"] = Document(b"", status=410)
    newsroom.poll()
    assert newsroom.redis.smembers("newswatch:notices") == {"stopped:dead"}
    newsroom.feeds("wire")
    newsroom.poll()
    assert newsroom.redis.smembers("newswatch:notices") == set()
    newsroom.feeds("wire", "dead")
    newsroom.poll()
    assert len(told(newsroom, "dead")) == 2
