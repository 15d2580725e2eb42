"""When the poll shard asks Airflow to start the article reader, when it does not, and when the reader ends."""

from __future__ import annotations

import asyncio
import threading
from datetime import timedelta

import pytest

from article_pages import linked, page, show
from newswatch.pipeline.articles.on_demand import QuietEnd, ReaderStart
from newswatch.pipeline.articles.run import stay_reading
from newswatch.pipeline.base.shift import Shift
from newswatch.store import pulses
from newswatch.store.leases import Lease
from newswatch.store.pulses import DrainRequest, Pulse
from residents import Resident


class Airflow:
    """Counts how often it was asked for a run. `away`: it fails. `slow`: it answers when that is set.

    `busy`: it starts none, since the DAG is paused or has a run already.
    """

    def __init__(self) -> None:
        self.asked = 0
        self.away = self.busy = False
        self.slow: asyncio.Event | None = None

    async def start(self) -> bool:
        self.asked += 1
        if self.slow is not None:
            await self.slow.wait()
        if self.away:
            raise ConnectionError("the api-server is away")
        return not self.busy

    def looks_of(self, services) -> ReaderStart:
        return ReaderStart(Shift(services, "poll-1", 60.0, article_waits=self.start))


@pytest.fixture
def airflow():
    return Airflow()


@pytest.fixture
def room(newsroom):
    """A newsroom in which an article waits."""
    newsroom.feeds("wire", article=True)
    show(newsroom, linked(newsroom), page1=page("Words."))
    newsroom.poll()
    return newsroom


async def look(starter, times=1):
    """Look so often; Airflow answers between two looks if it can."""
    for _ in range(times):
        await starter.start_reader()
        for _ in range(3):
            await asyncio.sleep(0)


def forget_the_last_request(room):
    """As if half a minute had passed: Redis has its own clock."""
    assert 0 < room.redis.pttl("newswatch:reader:asked") <= 30_000
    room.redis.delete("newswatch:reader:asked")


def beat(room, state, age_s):
    now = room.clock()

    async def write(services):
        heard = now - timedelta(seconds=age_s)
        await pulses.beat(services.redis, Pulse("articles", state, heard, heard, heard))

    room._do(write)


def test_a_run_is_asked_for_once_when_an_article_waits(room, airflow):
    async def looks(services):
        await look(airflow.looks_of(services), 3)
        await look(airflow.looks_of(services), 3)  # another process that polls, for a moment

    room._do(looks)
    assert airflow.asked == 1
    forget_the_last_request(room)
    room._do(looks)
    assert airflow.asked == 2, "it still waits, so the run came to nothing"


def test_a_link_that_is_to_be_read_again_starts_a_run_too(newsroom, airflow):
    newsroom.adopt()
    newsroom.redis.zadd("newswatch:rechecks", {"item": newsroom.clock().timestamp() * 1000 - 1})
    newsroom._do(lambda services: look(airflow.looks_of(services)))
    assert airflow.asked == 1


@pytest.mark.parametrize("due_in_s", [None, 60])
def test_no_run_is_asked_for_while_nothing_is_due(newsroom, airflow, due_in_s):
    newsroom.adopt()
    if due_in_s is not None:
        at_ms = (newsroom.clock().timestamp() + due_in_s) * 1000
        newsroom.redis.zadd("newswatch:articles", {"item": at_ms})
        newsroom.redis.zadd("newswatch:rechecks", {"item": at_ms})
    newsroom._do(lambda services: look(airflow.looks_of(services)))
    assert airflow.asked == 0
    if due_in_s is not None:
        newsroom.pass_time(timedelta(seconds=due_in_s + 1))
        newsroom._do(lambda services: look(airflow.looks_of(services)))
        assert airflow.asked == 1


@pytest.mark.parametrize(
    ("state", "age_s", "asked"),
    [
        ("working", 5, 0),
        ("waiting", 5, 0),
        ("drained", 5, 0),
        ("ended", 5, 1),
        ("working", 70, 1),  # it was killed, and its tries are used up
    ],
)
def test_no_run_is_asked_for_while_a_reader_lives(room, airflow, state, age_s, asked):
    beat(room, state, age_s)
    room._do(lambda services: look(airflow.looks_of(services)))
    assert airflow.asked == asked


def test_no_run_is_asked_for_while_the_stages_drain(room, airflow):
    room._do(lambda services: pulses.ask_to_drain(services.redis, DrainRequest("ada", room.clock())))
    room._do(lambda services: look(airflow.looks_of(services)))
    assert airflow.asked == 0
    room._do(lambda services: pulses.resume(services.redis))
    room._do(lambda services: look(airflow.looks_of(services)))
    assert airflow.asked == 1


def test_airflow_that_does_not_answer_holds_up_no_beat_and_is_not_asked_twice(room, airflow):
    async def looks(services):
        airflow.slow, starter = asyncio.Event(), airflow.looks_of(services)
        await look(starter)
        await services.redis.delete("newswatch:reader:asked")
        await asyncio.wait_for(look(starter, 3), 20)
        assert airflow.asked == 1
        airflow.slow.set()
        await look(starter, 2)
        assert airflow.asked == 2

    room._do(looks)


def test_airflow_that_starts_none_is_asked_again_with_the_next_look(room, airflow):
    """The run of a reader that has just ended is still there for some seconds."""

    async def looks(services):
        starter, airflow.busy = airflow.looks_of(services), True
        await look(starter, 2)
        airflow.busy = False
        await look(starter, 3)

    room._do(looks)
    assert airflow.asked == 3


def test_airflow_that_fails_is_asked_again_after_half_a_minute(room, airflow, caplog):
    async def looks(services):
        starter, airflow.away = airflow.looks_of(services), True
        await look(starter, 3)
        assert airflow.asked == 1
        assert "the api-server is away" in caplog.text
        await services.redis.delete("newswatch:reader:asked")
        airflow.away = False
        await look(starter, 3)
        assert airflow.asked == 2

    room._do(looks)


async def read_until_quiet(services, quiet_s=0.3):
    """A shift of the reader; returns its counts and its last pulse."""
    counts = await asyncio.wait_for(stay_reading(Shift(services, "articles", 300.0), quiet_s=quiet_s), 120)
    (pulse,) = await pulses.read(services.redis, ["articles"])
    return counts, pulse


def test_reader_reads_what_waits_and_ends_green_when_nothing_does(room):
    counts, pulse = room._do(read_until_quiet)
    assert (counts.fetched, counts.queued) == (1, 0)
    assert (pulse.state, pulse.note) == ("ended", "no article waits")


def test_reader_that_finds_nothing_ends_by_the_same_rule(newsroom):
    newsroom.adopt()
    counts, pulse = newsroom._do(read_until_quiet)
    assert (counts.jobs, pulse.state, pulse.note) == (0, "ended", "no article waits")


def test_reader_ends_although_an_article_waits_for_its_next_try(room):
    at_ms = (room.clock().timestamp() + 300) * 1000
    (item,) = room.redis.zrange("newswatch:articles", 0, -1)
    room.redis.zadd("newswatch:articles", {item: at_ms})
    counts, pulse = room._do(read_until_quiet)
    assert (counts.jobs, counts.queued, pulse.note) == (0, 1, "no article waits")


def test_reader_that_another_process_keeps_from_reading_ends_too(newsroom):
    newsroom.adopt()

    async def read(services):
        other = Lease(services.redis, "articles", 300.0)
        assert await other.take(wait_s=0.0)
        return await read_until_quiet(services)

    counts, pulse = newsroom._do(read)
    assert (counts.jobs, pulse.note) == (0, "no article waits")


def test_reader_stays_until_nothing_was_due_for_a_minute(newsroom):
    """Due, in hand or due within a minute: each begins the minute again."""
    newsroom.adopt()
    now_ms = newsroom.clock().timestamp() * 1000

    async def looks(services):
        seconds = 0.0
        shift = Shift(services, "articles", 600.0)
        quiet = QuietEnd(shift, 60.0, lambda: seconds)
        seen = []
        for pass_s, queue, due_in_s in (
            (0, None, 0),
            (59, "newswatch:articles", -1),
            (30, None, 0),
            (59, "newswatch:rechecks", 50),
            (30, None, 0),
            (59, "newswatch:articles", 200),
            (1, "newswatch:articles", 200),
        ):
            seconds += pass_s
            await services.redis.delete("newswatch:articles", "newswatch:rechecks")
            if queue is not None:
                await services.redis.zadd(queue, {"item": now_ms + due_in_s * 1000})
            await quiet.look()
            seen.append(shift.over)
        return seen

    assert newsroom._do(looks) == [False] * 6 + [True]


def test_reader_that_is_asked_to_end_leaves_a_slow_page_to_the_next_run(room):
    """Long before the page is given up on, and without counting it as a failed try."""
    asked, answered = threading.Event(), threading.Event()
    room.site.documents["/page1"].before_answer = lambda: (asked.set(), answered.wait(60))
    reader = Resident(room, "articles")
    try:
        assert asked.wait(30)
        reader.end()
        assert not answered.is_set()
    finally:
        answered.set()
    assert (reader.counts.fetched, reader.counts.failed, reader.counts.queued) == (0, 0, 1)
