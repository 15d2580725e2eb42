"""Pages over real HTTP and Redis: what the text of an item's page adds, and what it never holds up."""

from __future__ import annotations

import json
import threading
from datetime import datetime, timedelta, timezone

import pytest

from feed_server import Document, FeedServer, story
from newsroom import Newsroom, kill
from newswatch.feeds.auth import Auth
from newswatch.pipeline.articles import run_articles
from newswatch.pipeline.configure import adopt_config
from newswatch.pipeline.housekeeping import run_housekeeping
from newswatch.pipeline.poll import run_poll

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


def page(text: str, *, title: str = "Ministers meet") -> Document:
    """A web page with this main text."""
    filler = "The ministers met in the capital on Monday and talked about the plan for several hours."
    html = (
        f"<!doctype html><html lang='en'><head><title>{title}</title></head><body><main><article>"
        f"<h1>{title}</h1><p>{filler}</p><p>{text}</p></article></main></body></html>"
    )
    return Document(html.encode(), headers={"Content-Type": "text/html; charset=utf-8"})


def show(room: Newsroom, *items: dict, **pages: Document) -> None:
    """Serve a feed of these items, and pages by name."""
    room.site.serve("/wire", *items)
    room.site.documents.update({f"/{name}": document for name, document in pages.items()})


def linked(room: Newsroom, number: int = 1, title: str = "", summary: str = "", **more) -> dict:
    """An item whose page is `/page{number}` on the feed's own site."""
    return story(number, title, summary, link=f"{room.site.url}/page{number}", **more)


def stream(room: Newsroom) -> list[dict]:
    return [json.loads(values["item"]) for _, values in room.redis.xrange("newswatch:items")]


def row(room: Newsroom) -> dict:
    return room.json("feeds")[0]


def test_words_that_only_the_page_says_alert_once(room):
    show(room, linked(room), page1=page(WORDS))
    polled, matched, _ = room.run()
    assert (polled.new, matched.alerts) == (1, 0)
    counts = room.articles()
    assert (counts.jobs, counts.fetched, counts.failed, counts.queued) == (1, 1, 0, 0)
    assert room.match().alerts == 1
    room.deliver()
    assert room.articles().jobs == 0
    room.run()
    (message,) = room.posts()
    assert "central bank opposes" in message["text"]
    assert "updated" not in message["text"].lower()


def test_item_comes_again_with_the_pages_text_and_the_feeds_title_and_summary(room):
    show(
        room, linked(room, title="As the feed says", summary="Standfirst."), page1=page(WORDS, title="Other")
    )
    room.run()
    room.articles()
    first, second = stream(room)
    assert WORDS in second["body"]
    assert (second["title"], second["summary"]) == ("As the feed says", "Standfirst.")
    assert (first["article"], second["article"]) == (False, True)
    assert {**first, "body": "", "article": None} == {**second, "body": "", "article": None}


def test_rule_that_the_title_satisfied_does_not_alert_again_for_the_page(room):
    show(room, linked(room, summary=WORDS), page1=page(WORDS))
    room.run()
    room.articles()
    assert room.match().items == 1
    room.deliver()
    assert len(room.slack.messages()) == 1


def test_rule_that_only_the_page_satisfies_joins_the_storys_thread(room):
    room.watchlist(
        "rules:\n"
        "  - {id: title-rule, query: 'title: ministers', notify: [policy]}\n"
        "  - {id: body-rule, query: central bank opposes, severity: high, notify: [policy]}\n"
    )
    show(room, linked(room, title="Ministers meet"), page1=page(WORDS))
    room.run()
    room.articles()
    room.match()
    room.until(lambda: room.deliver() and room.replies())
    (message,) = room.posts()
    (reply,) = room.replies()
    assert reply["thread_ts"] == message["ts"]
    assert "body-rule" in reply["text"]
    assert len(room.alert_ids()) == len(set(room.alert_ids())) == 2


def test_page_that_says_what_the_feed_said_brings_nothing(room):
    show(room, linked(room), page1=page(WORDS))
    room.run()
    room.articles()
    body = stream(room)[-1]["body"]
    content = "".join(f"<p>{block}</p>" for block in body.split("\n\n"))
    rss = (
        room.site.documents["/wire"]
        .body.decode()
        .replace("<rss ", "<rss xmlns:content='http://purl.org/rss/1.0/modules/content/' ")
    )
    rss = (
        rss.replace("guid-1", "guid-2")
        .replace("page1", "page2")
        .replace("</item>", f"<content:encoded><![CDATA[{content}]]></content:encoded></item>")
    )
    room.site.documents["/wire"] = Document(rss.encode())
    room.site.documents["/page2"] = room.site.documents["/page1"]
    assert room.poll().new == 1
    assert stream(room)[-1]["body"] == body
    counts = room.articles()
    assert (counts.jobs, counts.fetched, counts.queued) == (1, 0, 0)
    assert len(stream(room)) == 3


def test_feed_without_the_setting_and_items_without_a_link_have_no_page_read(newsroom):
    newsroom.site.serve("/wire", linked(newsroom))
    newsroom.run()
    assert newsroom.articles().jobs == 0
    newsroom.feeds("wire", article=True)
    newsroom.site.serve("/wire", linked(newsroom), story(2, link=""), linked(newsroom, 3, age=2 * DAY))
    assert newsroom.poll().new == 2
    newsroom.site.documents["/page3"] = page(WORDS)
    assert newsroom.articles().jobs == 1
    assert [request.path for request in newsroom.site.requests if "page" in request.path] == ["/page3"]


def test_items_held_at_first_sight_have_no_page_read(room):
    show(room, linked(room, age=2 * DAY), page1=page(WORDS))
    room.run()
    assert room.articles().jobs == 0


def test_setting_taken_back_takes_the_queued_pages_along(room):
    show(room, linked(room), page1=page(WORDS))
    room.poll()
    room.feeds("wire")
    room.adopt()
    counts = room.articles()
    assert (counts.jobs, counts.queued) == (0, 0)
    assert all("page" not in request.path for request in room.site.requests)


# ── edits ─────────────────────────────────────────────────────────────────────────────────────────


def test_edit_has_the_page_read_again_and_old_alerts_stay_single(room):
    show(room, linked(room), page1=page(WORDS))
    room.run()
    room.articles()
    room.match()
    show(room, linked(room, title="A new headline"), page1=page(WORDS + " More."))
    assert room.poll().new == 1
    assert room.articles().fetched == 1
    assert [(one["revision"], one["article"]) for one in stream(room)] == [
        (0, False), (0, True), (1, False), (1, True)
    ]  # fmt: skip
    assert room.match().alerts == 0


def test_edit_while_the_page_is_read_wins_over_the_older_text(room):
    show(room, linked(room), page1=page(WORDS))
    room.poll()

    def edit() -> None:
        room.site.documents["/page1"].before_answer = None
        room.site.serve("/wire", linked(room, title="A new headline"))
        room.poll()

    room.site.documents["/page1"].before_answer = edit
    counts = room.articles()
    assert (counts.jobs, counts.fetched, counts.queued) == (2, 1, 0)
    assert [(one["revision"], one["article"]) for one in stream(room)] == [
        (0, False), (1, False), (1, True)
    ]  # fmt: skip


def test_page_read_later_than_48_hours_still_alerts_for_a_new_item_but_a_late_edit_has_none_read(room):
    show(room, linked(room), page1=page(WORDS))
    room.poll()
    room.pass_time(2 * DAY)
    room.articles()
    assert room.match().alerts == 1
    show(room, linked(room, summary="A late edit.", age=2 * DAY))
    assert room.poll().new == 1
    assert room.articles().jobs == 0


# ── pages that fail ───────────────────────────────────────────────────────────────────────────────


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
        out, err = process.communicate(timeout=60)
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
        f"feeds:\n  - {{id: wire, url: '{room.site.url}/wire', article: true, auth: wire_login}}\n",
    )
    show(room, linked(room, 1), story(2, link=f"{elsewhere.url}/page2"), page1=page(WORDS))
    elsewhere.documents["/page2"] = page(WORDS)
    env = {"wire_login": "me:secret"}

    def work(stage):
        return room._do(stage, env=env, resolve_auth=lambda _name: Auth("Bearer secret"))

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


def test_kill_while_pages_are_read_loses_and_doubles_nothing(room):
    asked = threading.Event()
    pages = {f"page{n}": page(WORDS) for n in range(12)}
    pages["page9"].before_answer = asked.set
    show(room, *(linked(room, n, f"Distinct headline {n}") for n in range(12)), **pages)
    room.json("poll")
    room.json("match-pending")
    process = room.start("articles")
    assert asked.wait(60)
    kill(process)
    room.until(lambda: room.articles().queued == 0)
    read = [one["id"] for one in stream(room) if one["article"]]
    assert len(read) == len(set(read)) == 12
    room.match()
    room.until(lambda: room.deliver() and len(room.alert_ids()) == 12)
    assert len(set(room.alert_ids())) == 12


def test_article_jobs_are_kept_for_a_week_at_most(room):
    show(room, linked(room), page1=page(WORDS))
    room.poll()
    (job,) = room.redis.keys("newswatch:article:*")
    assert 6.9 * 86_400 < room.redis.ttl(job) <= 7 * 86_400
    room.redis.delete(job)
    assert room.articles().as_dict() == {"jobs": 0, "fetched": 0, "failed": 0, "queued": 0}
    assert room.redis.zcard("newswatch:articles") == 0


def test_housekeeping_takes_forgotten_pages_off_the_queue(room):
    show(room, linked(room), page1=page(WORDS))
    room.poll()
    assert room._do(run_housekeeping)["articles"] == 0
    room.pass_time(8 * DAY)
    assert room._do(run_housekeeping)["articles"] == 1
    assert room.redis.zcard("newswatch:articles") == 0


def test_commands_give_the_counts_that_scripts_rely_on(room):
    show(room, linked(room), page1=page(WORDS))
    assert room.json("poll")["new"] == 1
    assert room.json("articles") == {"jobs": 1, "fetched": 1, "failed": 0, "queued": 0}
    show(room, linked(room), linked(room, 2), page2=page(WORDS, title="Another"))
    counts = room.json("run", "--all")
    assert (counts["poll"]["new"], counts["articles"]["fetched"]) == (1, 1)
    assert (counts["match"]["alerts"], counts["deliver"]["sent"]) == (2, 2)


SEED_RULES = """\
rules:
  - {id: body, query: do not support this initiative, notify: [policy]}
  - {id: standfirst, query: central bank opposes, severity: high, notify: [policy]}
  - {id: teaser, query: securities, notify: [policy]}
  - {id: promotion, query: GoPlus, notify: [policy]}
"""


@pytest.mark.shared
def test_seed_story_matches_by_its_page_and_its_teasers_match_nothing(room, shared_data):
    seed = shared_data / "seed"
    room.clock = lambda: datetime(2021, 11, 12, 20, 0, tzinfo=timezone.utc)
    room.watchlist(SEED_RULES)
    feed = (seed / "feed.xml").read_text("utf-8").replace("https://news.example", room.site.url)
    room.site.documents["/wire"] = Document(feed.encode())
    path = "/policy/2021/11/12/russian-ministries-duma-want-to-legalize-crypto-mining-report/"
    html = Document((seed / "story.html").read_bytes(), headers={"Content-Type": "text/html; charset=utf-8"})
    room.site.documents[path + "?utm_source=rss&utm_medium=feed"] = html
    room.run()
    (message,) = room.posts()
    assert "standfirst" in message["text"]
    assert room.articles().fetched == 1
    assert room.match().alerts == 1
    room.pass_time(timedelta(seconds=5))
    room.until(lambda: room.deliver() and room.replies())
    (reply,) = room.replies()
    assert "does not support this initiative" in reply["text"]
    told = [alert["rule_id"] for alert in room.json("alerts")]
    assert sorted(told) == ["body", "standfirst"]
