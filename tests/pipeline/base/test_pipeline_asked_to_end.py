"""SIGTERM while a request is in flight: each stage ends within seconds, and the next shift loses and repeats nothing."""

from __future__ import annotations

import asyncio
import os
import signal
import threading
from datetime import timedelta

import pytest

from article_pages import linked, page, show
from feed_server import Document, story
from newswatch.pipeline.base.shift import Shift
from newswatch.store import pulses
from residents import WORK, Resident

WORDS = "The central bank opposes the plan."
NEVER_S = 120
"""A request in flight is not answered within this time, unless the test lets it be."""
ENDS_S = 8
"""Three seconds on an idle machine. A feed's request would be given up after ten."""


class Held:
    """An answer that is held back until `let`."""

    def __init__(self) -> None:
        self.begun, self._may = threading.Event(), threading.Event()

    def __call__(self) -> None:
        self.begun.set()
        self._may.wait(NEVER_S)

    def let(self) -> None:
        self._may.set()


@pytest.fixture
def held():
    answer = Held()
    yield answer
    answer.let()


@pytest.fixture(autouse=True)
def airflows_handler():
    """As Airflow's task runner sets it: it does nothing that ends a task."""
    before = signal.signal(signal.SIGTERM, lambda *_: None)
    yield
    signal.signal(signal.SIGTERM, before)


async def ended_by_sigterm(room, stage, in_flight):
    """Let a stage work until something is in flight, and send SIGTERM. Returns the stage's counts."""
    async with room.services() as services:
        working = asyncio.ensure_future(WORK[stage](Shift(services, stage, 600.0)))
        await asyncio.to_thread(room.until, lambda: in_flight() or working.done())
        assert not working.done()
        os.kill(os.getpid(), signal.SIGTERM)
        done, _ = await asyncio.wait({working}, timeout=ENDS_S)
        assert done
        counts = working.result()
        (pulse,) = await pulses.read(services.redis, [stage])
    assert (pulse.state, pulse.note) == ("ended", "it was asked to end (SIGTERM)")
    assert not room.redis.exists(f"newswatch:lease:{stage}")
    return counts


async def test_poll_leaves_a_feed_that_does_not_answer_to_the_next_shift(newsroom, held):
    newsroom.site.serve("/wire", story(1))
    newsroom.site.documents["/wire"].before_answer = held
    await asyncio.to_thread(newsroom.adopt)
    await ended_by_sigterm(newsroom, "poll-1", held.begun.is_set)
    assert newsroom.redis.xlen("newswatch:items") == 0
    newsroom.site.serve("/wire", story(1))
    held.let()
    following = await asyncio.to_thread(lambda: Resident(newsroom, "poll-1").at_work())
    await asyncio.to_thread(newsroom.until, lambda: newsroom.redis.xlen("newswatch:items") == 1)
    await asyncio.to_thread(following.end)
    assert newsroom.redis.xlen("newswatch:items") == 1


async def test_poll_hands_over_what_is_answered_meanwhile(newsroom, held):
    newsroom.site.serve("/wire", story(1))
    newsroom.site.documents["/wire"].before_answer = held
    await asyncio.to_thread(newsroom.adopt)

    def answered_once_it_is_asked_to_end():
        if held.begun.is_set():
            threading.Timer(0.3, held.let).start()
        return held.begun.is_set()

    counts = await ended_by_sigterm(newsroom, "poll-1", answered_once_it_is_asked_to_end)
    assert (counts.polled, counts.new, newsroom.redis.xlen("newswatch:items")) == (1, 1, 1)


async def test_match_alerts_once_for_each_item_of_a_batch_in_hand(newsroom):
    number = 120
    await asyncio.to_thread(newsroom.adopt)
    titles = (story(n, f"The central bank opposes plan {n} of {n * 7}", "x") for n in range(number))
    newsroom.site.serve("/wire", *titles)
    await asyncio.to_thread(newsroom.poll)

    def alerts():
        return newsroom.redis.zcard("newswatch:alerts")

    counts = await ended_by_sigterm(newsroom, "match", alerts)
    assert counts.alerts == alerts()
    following = await asyncio.to_thread(lambda: Resident(newsroom, "match").at_work())
    await asyncio.to_thread(newsroom.until, lambda: alerts() == number)
    await asyncio.to_thread(following.end)
    assert counts.alerts + following.counts.alerts == alerts() == number


@pytest.mark.parametrize("when", ["before", "after"])
async def test_deliver_sends_a_message_once_whose_answer_did_not_come(newsroom, when):
    """`before`: Slack has not carried the request out. `after`: it has, and nobody knows."""
    newsroom.slack.fault("timeout", method="chat.postMessage", when=when, delay_s=NEVER_S)
    newsroom.site.serve("/wire", story(1, WORDS))
    for step in (newsroom.adopt, newsroom.poll, newsroom.match):
        await asyncio.to_thread(step)
    await ended_by_sigterm(newsroom, "deliver", lambda: newsroom.slack.stats()["faults_spent"])
    newsroom.pass_time(timedelta(minutes=1))  # until then Slack might still carry it out
    following = await asyncio.to_thread(lambda: Resident(newsroom, "deliver").at_work())
    await asyncio.to_thread(newsroom.until, lambda: not newsroom.json("queue", "list"))
    await asyncio.to_thread(following.end)
    assert len(newsroom.posts()) == 1


async def test_article_that_does_not_come_is_read_in_the_next_shift(newsroom, held):
    newsroom.feeds("wire", article=True)
    show(newsroom, linked(newsroom), page1=page(WORDS))
    newsroom.site.documents["/page1"].before_answer = held
    await asyncio.to_thread(newsroom.adopt)
    await asyncio.to_thread(newsroom.poll)
    counts = await ended_by_sigterm(newsroom, "articles", held.begun.is_set)
    assert (counts.fetched, counts.failed) == (0, 0)
    newsroom.site.documents["/page1"] = Document(page(WORDS).body, headers=page(WORDS).headers)
    held.let()
    following = await asyncio.to_thread(lambda: Resident(newsroom, "articles").at_work())
    await asyncio.to_thread(newsroom.until, lambda: newsroom.redis.xlen("newswatch:items") == 2)
    await asyncio.to_thread(following.end)
    assert (following.counts.fetched, following.counts.failed) == (1, 0)
