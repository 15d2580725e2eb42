"""Reading pages: slow, broken, forbidden and busy sites, and what they never hold up."""

from __future__ import annotations

import json
import threading
from datetime import timedelta

import pytest

from article_pages import linked, page, row, show, stream
from feed_server import Document, FeedServer, story
from newswatch.feeds.auth import resolver
from newswatch.pipeline.articles.run import run_articles
from newswatch.pipeline.base.adoption import adopt_config
from newswatch.pipeline.poll.run import run_poll

WORDS = "The central bank opposes the plan."
DAY = timedelta(days=1)


@pytest.fixture
def room(newsroom):
    """A newsroom whose feed has `article: true`."""
    newsroom.feeds("wire", article=True)
    return newsroom


@pytest.fixture
def elsewhere():
    """A second site, on another host."""
    site = FeedServer()
    yield site
    site.stop()


def test_page_that_is_slow_never_holds_up_the_title(room):
    answered = threading.Event()
    show(room, linked(room, summary=WORDS), page1=page(WORDS))
    room.site.documents["/page1"].before_answer = lambda: answered.wait(60)
    process = room.start("run", "--json")
    try:
        room.until(room.posts, timeout_s=60)
        room.until(lambda: room.redis.exists("newswatch:lease:articles"))
    finally:
        answered.set()
        out, err = process.communicate(timeout=240)
    assert process.returncode == 0, err
    assert json.loads(out)["articles"]["fetched"] == 1
    assert len(room.slack.messages()) == 1


def test_slow_site_does_not_hold_up_the_pages_of_others(room, elsewhere):
    answered = threading.Event()
    slow = [story(n, link=f"{elsewhere.url.replace('127.0.0.1', '127.0.0.2')}/slow{n}") for n in range(2, 9)]
    show(room, *slow, linked(room), page1=page(WORDS))
    for n in range(2, 9):
        elsewhere.documents[f"/slow{n}"] = page("Nothing.")
        elsewhere.documents[f"/slow{n}"].before_answer = lambda: answered.wait(30)
    room.poll()
    reading = threading.Thread(target=room.articles)
    reading.start()
    try:
        room.until(lambda: any(one["article"] for one in stream(room)))
    finally:
        answered.set()
        reading.join(60)


def test_page_that_fails_is_tried_three_times_and_then_told_with_the_feed(room):
    show(room, linked(room, summary=WORDS), page1=Document(b"oops", status=503))
    room.run()
    assert len(room.posts()) == 1
    for pause in (timedelta(seconds=70), timedelta(minutes=6), DAY):
        counts = room.articles()
        assert (counts.jobs, counts.failed) == (1, 1)
        assert room.articles().jobs == 0
        room.pass_time(pause)
    assert room.articles().as_dict() == {"jobs": 0, "fetched": 0, "failed": 0, "queued": 0}
    found = row(room)
    assert (found["articles_read"], found["articles_failed"]) == (0, 1)
    assert "HTTP 503" in found["article_error"]
    assert found["state"] == "ok"
    assert "HTTP 503" in room.command("feeds")[1]


def test_page_that_works_at_the_second_try_is_matched(room):
    show(room, linked(room), page1=Document(b"not yet", status=404))
    room.run()
    assert room.articles().queued == 1
    room.site.documents["/page1"] = page(WORDS)
    room.pass_time(timedelta(seconds=70))
    assert room.articles().fetched == 1
    assert room.match().alerts == 1
    assert row(room)["articles_failed"] == 0


def test_retry_after_is_honoured_for_all_pages_of_the_host(room):
    busy = Document(b"slow down", status=429, headers={"Retry-After": "600"})
    pages = {f"page{n}": busy for n in range(1, 9)}
    show(room, *(linked(room, n) for n in range(1, 9)), **pages)
    room.poll()
    first = room.articles()
    assert first.queued == 8
    assert first.jobs <= 4
    asked = len(room.site.requests)
    for n in range(1, 9):
        room.site.documents[f"/page{n}"] = page(WORDS)
    room.pass_time(timedelta(seconds=550))
    assert room.articles().jobs == 0
    assert len(room.site.requests) == asked
    room.pass_time(timedelta(seconds=60))
    assert room.articles().fetched == 8


@pytest.mark.parametrize(
    ("document", "said"),
    [
        (
            Document(b"", status=302, headers={"Location": "http://169.254.169.254/latest/"}),
            "169.254.169.254",
        ),
        (Document(b"x" * 5_000_001, headers={"Content-Type": "text/html"}), "5,000,000 bytes"),
        (Document(b"%PDF-1.7", headers={"Content-Type": "application/pdf"}), "application/pdf"),
        (Document(b"<html><body></body></html>", headers={"Content-Type": "text/html"}), "no main text"),
        (Document(b"no", status=403), "HTTP 403"),
    ],
    ids=["redirect-into-the-machine's-network", "too-large", "no-page", "no-text", "forbidden"],
)
def test_page_that_cannot_be_read_is_given_up_on_at_once_with_the_reason(room, document, said):
    show(room, linked(room), page1=document)
    room.run()
    counts = room.articles()
    assert (counts.jobs, counts.failed, counts.queued) == (1, 1, 0)
    assert said in row(room)["article_error"]
    assert row(room)["articles_failed"] == 1
    assert not room.redis.keys("newswatch:article:*")


def test_page_in_a_private_network_is_refused_unless_the_feed_allows_it(room):
    show(room, linked(room), page1=page(WORDS))
    room.poll()
    text = (room.config / "feeds.yaml").read_text()
    room.write("feeds.yaml", text.replace("allow_private: true", "allow_private: false"))
    room.adopt()
    before = len(room.site.requests)
    assert room.articles().failed == 1
    assert len(room.site.requests) == before
    assert "allow_private" in row(room)["article_error"]


def test_page_that_costs_too_much_is_given_up_on_and_the_next_is_read(room):
    hostile = b"<html><body><article>" + b"<p>" + b"<b>" * 400_000 + b"x" * 4_000
    bomb = Document(hostile, headers={"Content-Type": "text/html"})
    show(room, linked(room, 1), linked(room, 2), page1=bomb, page2=page(WORDS))
    room.poll()
    counts = room.articles()
    assert counts.jobs == 2
    assert any(one["article"] and WORDS in one["body"] for one in stream(room))
    assert counts.queued == 0


# ── whose credentials, how many at once ───────────────────────────────────────────────────────────


def test_credentials_go_to_the_feeds_own_origin_only(room, elsewhere):
    room.write(
        "feeds.yaml",
        "defaults: {allow_private: true}\n"
        f"feeds:\n  - {{id: wire, url: '{room.site.url}/wire', article: true, auth: NEWSWATCH_FEED_WIRE}}\n",
    )
    show(room, linked(room, 1), story(2, link=f"{elsewhere.url}/page2"), page1=page(WORDS))
    elsewhere.documents["/page2"] = page(WORDS)
    resolve_auth = resolver({"NEWSWATCH_FEED_WIRE": "Bearer secret"})

    def work(stage):
        return room._do(stage, resolve_auth=resolve_auth)

    work(adopt_config)
    work(run_poll)
    assert work(run_articles).fetched == 2
    own = next(one for one in room.site.requests if one.path == "/page1")
    assert own.headers["Authorization"] == "Bearer secret"
    assert own.headers["Accept"].startswith("text/html")
    assert "Authorization" not in elsewhere.requests[0].headers


def test_at_most_four_pages_of_a_host_are_asked_for_at_once(room):
    at_once, most, lock = 0, 0, threading.Lock()
    gate = threading.Semaphore(0)

    def count() -> None:
        nonlocal at_once, most
        with lock:
            at_once += 1
            most = max(most, at_once)
        gate.acquire(timeout=0.2)
        with lock:
            at_once -= 1

    pages = {f"page{n}": page(WORDS) for n in range(1, 15)}
    for document in pages.values():
        document.before_answer = count
    show(room, *(linked(room, n) for n in range(1, 15)), **pages)
    room.poll()
    assert room.articles().fetched == 14
    assert most == 4


# ── kills, retention, the seed ────────────────────────────────────────────────────────────────────
