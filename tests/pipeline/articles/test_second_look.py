"""What one more reading of a link means: above all, when it does not mean that the article was withdrawn."""

from __future__ import annotations

import pytest

from newswatch.errors import FetchFailed, FetchRefused, ParseFailed
from newswatch.pipeline.articles import second_look
from newswatch.pipeline.articles.second_look import UNCLEAR, Reading
from newswatch.store.rechecks import Recheck

LINK = "https://news.example/story/1"
HOUR = 3_600_000
JOB = Recheck("wire:1", "wire", LINK, "Title", since_ms=0)
READ = Recheck("wire:1", "wire", LINK, "Title", since_ms=0, read=True, article="The text. " * 20)


def refused(status: int, url: str = LINK) -> FetchRefused:
    return FetchRefused("no", kind="http", status=status, url=url)


@pytest.mark.parametrize("status", [404, 410])
def test_only_not_found_and_gone_of_the_very_address_count(status):
    assert second_look.of_error(JOB, refused(status)) == Reading("gone", status=status)
    assert second_look.of_error(JOB, refused(status, "https://news.example/404")) == UNCLEAR
    assert second_look.of_error(JOB, refused(status, "")) == UNCLEAR


@pytest.mark.parametrize(
    "error",
    [
        *(refused(status) for status in (400, 401, 402, 403, 405, 406, 407, 409, 451, 418)),
        *(
            FetchFailed("no", kind="http", status=status, url=LINK)
            for status in (408, 425, 429, 500, 502, 503, 504)
        ),
        FetchFailed("no", kind="dns"),
        FetchFailed("no", kind="timeout"),
        FetchRefused("no", kind="address"),
        FetchRefused("no", kind="redirects"),
        ParseFailed("no text", kind="no_text"),
    ],
)
def test_everything_else_is_unclear(error):
    assert second_look.of_error(JOB, error) == UNCLEAR


@pytest.mark.parametrize(
    "url", ["https://news.example/", "https://consent.example/?to=1", "https://news.example/login"]
)
def test_answer_of_another_address_is_unclear(url):
    assert second_look.of_answer(JOB, url, "Some text") == UNCLEAR
    assert second_look.of_answer(JOB, LINK, "  ") == UNCLEAR
    assert second_look.of_answer(JOB, LINK.replace("https", "http"), "Text").what == "read"


def test_page_must_have_been_read_and_be_gone_for_an_hour():
    gone = Reading("gone", status=404)
    assert not second_look.follows(JOB, gone, HOUR).confirm
    first = second_look.follows(READ, gone, HOUR)
    assert (first.confirm, first.due_ms) == (False, 2 * HOUR)
    early = second_look.follows(first.after, gone, 2 * HOUR - 1)
    assert (early.confirm, early.due_ms) == (False, 2 * HOUR)
    assert second_look.follows(first.after, gone, 2 * HOUR).confirm


@pytest.mark.parametrize("between", [UNCLEAR, Reading("read", "The text. " * 20)])
def test_anything_in_between_begins_again(between):
    gone = Reading("gone", status=404)
    first = second_look.follows(READ, gone, HOUR).after
    again = second_look.follows(first, between, 2 * HOUR).after
    assert again.gone_ms == 0
    assert not second_look.follows(again, gone, 6 * HOUR).confirm


def test_page_that_is_gone_at_the_last_reading_is_read_once_more():
    last = second_look.follows(READ, Reading("gone", status=404), 24 * HOUR)
    assert last.due_ms == 25 * HOUR
    assert second_look.follows(last.after, UNCLEAR, 25 * HOUR).due_ms is None


def test_texts_are_compared_only_if_they_overlap():
    assert second_look.follows(READ, Reading("read", "The text. " * 18), HOUR).compare
    other = second_look.follows(READ, Reading("read", "We value your privacy. " * 20), HOUR)
    assert not other.compare
    assert other.after.article == READ.article
    assert not second_look.follows(JOB, Reading("read", "First text"), HOUR).compare


def test_pages_that_show_whether_the_host_is_read():
    links = [LINK, "https://other.example/a", *(f"https://news.example/story/{n}" for n in (2, 3, 4))]
    assert second_look.other_pages(JOB, links) == [
        "https://news.example/story/2",
        "https://news.example/story/3",
        "https://news.example/",
    ]
