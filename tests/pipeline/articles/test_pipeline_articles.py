"""Pages over real HTTP and Redis: what the text of an item's page adds, and that nothing of it is lost."""

from __future__ import annotations

import threading
from datetime import datetime, timedelta, timezone

import pytest

from article_pages import linked, page, show, stream
from feed_server import Document, story
from newsroom import kill
from newswatch.pipeline.oversight.housekeeping import run_housekeeping

WORDS = "The central bank opposes the plan."
DAY = timedelta(days=1)


@pytest.fixture
def room(newsroom):
    """A newsroom whose feed has `article: true`."""
    newsroom.feeds("wire", article=True)
    return newsroom


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


@pytest.mark.heavy
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
