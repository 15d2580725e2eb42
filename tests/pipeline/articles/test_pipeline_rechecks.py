"""Links of alerts are read again: what became of the passage, and whether the article was withdrawn."""

from __future__ import annotations

from datetime import timedelta

import pytest

from article_pages import linked, page, show
from feed_server import Document
from newswatch.store import keys

WORDS = "The central bank opposes the plan."
MINUTES, HOURS = timedelta(minutes=1), timedelta(hours=1)
GONE = Document(b"<p>Not found</p>", status=404)


@pytest.fixture
def room(newsroom):
    """A newsroom whose feed has `recheck: true`, with one alert in Slack and another item on its site."""
    ask(newsroom)
    other = linked(newsroom, 2, "Something else entirely happened")
    show(
        newsroom, linked(newsroom, 1, "Ministers meet", WORDS), other, page1=page(WORDS), page2=page("Else.")
    )
    newsroom.run()
    assert len(newsroom.posts()) == 1
    return newsroom


def ask(newsroom, more: str = ", recheck: true") -> None:
    newsroom.write(
        "feeds.yaml",
        "defaults: {every: 1m, lang: en, allow_private: true}\n"
        f"feeds:\n  - {{id: wire, url: {newsroom.site.url}/wire{more}}}\n",
    )


def later(room, span: timedelta, document: Document | None = None) -> None:
    """Let time pass and read again; `document` is what page 1 answers from now on."""
    if document is not None:
        room.site.documents["/page1"] = document
    room.pass_time(span)
    room.articles()
    room.deliver()


def said(room) -> list[str]:
    return [line for reply in room.replies() for line in reply["text"].split("\n")]


def reads(room, path: str = "/page1") -> int:
    return sum(request.path == path for request in room.site.requests)


def test_link_is_read_again_four_times_and_then_no_more(room):
    room.articles()
    assert reads(room) == 0
    for span in (11 * MINUTES, 50 * MINUTES, 5 * HOURS, 18 * HOURS, 24 * HOURS):
        later(room, span)
    assert reads(room) == 4
    assert room.redis.keys(keys.recheck("*")) == []
    assert room.redis.zcard(keys.RECHECKS) == 0
    assert said(room) == []


def test_without_the_setting_no_link_is_read_again(newsroom):
    show(newsroom, linked(newsroom, 1, "Ministers meet", WORDS), page1=page(WORDS))
    newsroom.run()
    later(newsroom, 11 * MINUTES)
    assert reads(newsroom) == 0


def test_setting_taken_back_ends_the_readings(room):
    ask(room, "")
    room.adopt()
    later(room, 11 * MINUTES)
    assert reads(room) == 0
    assert room.redis.zcard(keys.RECHECKS) == 0


def test_passage_that_the_page_lost_is_said(room):
    long = "The minister spoke to the press about the budget, the weather and the harvest. " * 6
    later(room, 11 * MINUTES, page(f"{WORDS} {long}"))
    later(room, 50 * MINUTES, page(long))
    assert said(room) == [f"Passage removed: “{WORDS}”"]
    assert "Passage removed: see the thread" in room.posts()[0]["text"]
    later(room, 5 * HOURS)
    assert len(said(room)) == 1


@pytest.mark.parametrize(
    "other",
    [
        page(
            "We value your privacy. Choose which cookies this site may set, and which partners may read them."
        ),
        Document(b"<html><body><p>Please log in</p></body></html>", headers={"Content-Type": "text/html"}),
        page(""),
    ],
)
def test_consent_page_and_other_texts_say_nothing(room, other):
    later(room, 11 * MINUTES, page(f"{WORDS} {'The minister spoke about the budget at length. ' * 8}"))
    later(room, 50 * MINUTES, other)
    later(room, 5 * HOURS)
    assert said(room) == []


def test_page_that_is_gone_twice_an_hour_apart_was_withdrawn(room):
    later(room, 11 * MINUTES)
    later(room, 50 * MINUTES, GONE)
    assert said(room) == []
    later(room, 59 * MINUTES)
    assert said(room) == []
    later(room, 2 * MINUTES)
    (line,) = said(room)
    assert line.startswith("Withdrawn: “Ministers meet” is no longer on 127.0.0.1 (HTTP 404 since ")
    assert "Article withdrawn: see the thread" in room.posts()[0]["text"]
    assert room.redis.zcard(keys.RECHECKS) == 0


def test_410_counts_like_404(room):
    later(room, 11 * MINUTES)
    later(room, 50 * MINUTES, Document(b"", status=410))
    later(room, 61 * MINUTES)
    assert len(said(room)) == 1


@pytest.mark.parametrize("status", [403, 503])
def test_other_answers_never_mean_withdrawn(room, status):
    later(room, 11 * MINUTES)
    for span in (50 * MINUTES, 61 * MINUTES, 5 * HOURS, 18 * HOURS):
        later(room, span, Document(b"", status=status))
    assert said(room) == []


def test_page_that_was_never_read_is_not_withdrawn(room):
    for span in (11 * MINUTES, 50 * MINUTES, 61 * MINUTES, 5 * HOURS, 18 * HOURS):
        later(room, span, GONE)
    assert said(room) == []


def test_redirect_to_a_page_that_is_not_found_is_not_withdrawn(room):
    later(room, 11 * MINUTES)
    room.site.documents["/missing"] = GONE
    away = Document(b"", status=302, headers={"Location": f"{room.site.url}/missing"})
    for span in (50 * MINUTES, 61 * MINUTES, 5 * HOURS):
        later(room, span, away)
    assert said(room) == []


def test_redirect_to_the_front_page_is_not_withdrawn(room):
    later(room, 11 * MINUTES)
    room.site.documents["/"] = page("All the news of the day.")
    away = Document(b"", status=301, headers={"Location": f"{room.site.url}/"})
    for span in (50 * MINUTES, 61 * MINUTES, 5 * HOURS):
        later(room, span, away)
    assert said(room) == []


def test_page_that_comes_back_in_between_is_not_withdrawn(room):
    later(room, 11 * MINUTES)
    later(room, 50 * MINUTES, GONE)
    later(room, 61 * MINUTES, page(WORDS))
    later(room, 4 * HOURS, GONE)
    assert said(room) == []


def test_error_in_between_begins_the_hour_again(room):
    later(room, 11 * MINUTES)
    later(room, 50 * MINUTES, GONE)
    later(room, 61 * MINUTES, Document(b"", status=503))
    later(room, 4 * HOURS, GONE)
    assert said(room) == []
    later(room, 61 * MINUTES)
    assert len(said(room)) == 1


def test_site_that_finds_no_page_at_all_withdraws_nothing(room):
    later(room, 11 * MINUTES)
    room.site.documents["/page2"] = GONE
    for span in (50 * MINUTES, 61 * MINUTES, 5 * HOURS, 18 * HOURS):
        later(room, span, GONE)
    assert said(room) == []


def test_muted_rule_says_nothing(room):
    later(room, 11 * MINUTES)
    room.command("mute", "central-bank-opposes", "--for", "1d")
    later(room, 50 * MINUTES, GONE)
    later(room, 61 * MINUTES)
    assert said(room) == []


def test_host_that_asks_for_a_pause_is_left_alone(room):
    later(room, 11 * MINUTES, Document(b"", status=429, headers={"Retry-After": "7200"}))
    later(room, 1 * HOURS)
    assert reads(room) == 1
    later(room, 2 * HOURS, page(WORDS))
    assert reads(room) == 2
    assert said(room) == []
