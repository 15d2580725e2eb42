"""A story's message was deleted in Slack: the next report replaces it, and later ones go to its thread."""

from __future__ import annotations

from datetime import timedelta

import pytest

from feed_server import story
from newsroom import POLICY

WORDS = "The central bank opposes the plan."
PAPERS = ("wire", "daily", "weekly", "herald")


@pytest.fixture
def told(newsroom):
    """A story that one paper after another reports; its first message was deleted."""
    newsroom.feeds(*PAPERS)
    for paper in PAPERS:
        newsroom.site.serve(f"/{paper}", title=paper)
    report(newsroom, 0)
    newsroom.run()
    (first,) = newsroom.posts()
    newsroom.slack.delete(POLICY, first["ts"])
    return newsroom


def report(room, number: int) -> None:
    link = f"https://news.example/story/1?utm_source={PAPERS[number]}"
    room.site.serve(f"/{PAPERS[number]}", story(1 + number, f"Told again {number}", WORDS, link=link))


def test_later_replies_go_to_the_reply_that_replaced_a_deleted_message(told):
    report(told, 1)
    told.run()
    (second,) = told.posts()
    report(told, 2)
    told.run()
    report(told, 3)
    told.run()
    assert [one["ts"] for one in told.posts()] == [second["ts"]]
    assert [one["thread_ts"] for one in told.replies()] == [second["ts"]] * 2
    assert "+2 publishers" in told.posts()[0]["text"]


def test_reply_whose_answer_was_lost_replaces_the_deleted_message_too(told):
    told.slack.fault("reset", when="after")
    report(told, 1)
    told.run()
    told.pass_time(timedelta(minutes=2))
    told.until(lambda: told.deliver().queued == 0)
    (second,) = told.posts()
    report(told, 2)
    told.run()
    assert [one["thread_ts"] for one in told.replies()] == [second["ts"]]
