"""The match stage as a resident: it waits at the stream, ends when it is asked to, and outlives nothing of Redis."""

from __future__ import annotations

import asyncio
import json
import os
import signal
from datetime import datetime, timezone

import pytest

from feed_server import story
from newsroom import Newsroom
from newswatch.pipeline.base.shift import Shift
from newswatch.pipeline.base.shift_work import work_shift
from newswatch.pipeline.match.run import stay_matching
from newswatch.store import keys, pulses
from newswatch.store.epoch import Server
from newswatch.store.items import CONSUMER
from residents import Resident


def publish(room, number=1):
    room.site.serve(
        "/wire", *(story(n, f"The central bank opposes plan {n}", "x") for n in range(1, number + 1))
    )
    room.poll()


def alerts(room) -> int:
    return room.redis.zcard("newswatch:alerts")


def state(room) -> str | None:
    return room.redis.hget("newswatch:pulse:match", "state")


def test_items_are_matched_as_they_come_and_the_pulse_says_so(newsroom, resident):
    at_work = resident("match")
    newsroom.until(lambda: state(newsroom) == "working")
    publish(newsroom, 1)
    newsroom.until(lambda: alerts(newsroom) == 1)
    publish(newsroom, 2)
    newsroom.until(lambda: alerts(newsroom) == 2)
    at_work.end()
    assert (at_work.counts.items, at_work.counts.alerts) == (2, 2)
    assert state(newsroom) == "ended"
    assert newsroom.redis.hget("newswatch:pulse:match", "note") == "the test is over"
    assert newsroom.redis.exists("newswatch:lease:match") == 0


def test_item_that_went_to_a_process_without_the_lease_is_matched_within_the_shift(newsroom, resident):
    """While a task is taken over, both processes wait at the stream, and Redis gives the next item to either."""
    at_work = resident("match")
    publish(newsroom)
    newsroom.until(lambda: alerts(newsroom) == 1)
    ((_, first),) = newsroom.redis.xrange(keys.ITEMS)
    item = json.loads(first["item"])
    item |= {"id": "wire:another", "guid": "another", "title": "The central bank opposes another tax"}
    item |= {name: f"{item[name]}/another" for name in ("link", "canonical")}
    both = newsroom.redis.pipeline(transaction=True)
    both.xadd(keys.ITEMS, first | {"item": json.dumps(item)})
    both.xreadgroup(keys.ITEMS_GROUP, CONSUMER, {keys.ITEMS: ">"})
    assert len(both.execute()[1]) == 1
    newsroom.until(lambda: alerts(newsroom) == 2)
    at_work.end()
    assert newsroom.redis.xpending(keys.ITEMS, keys.ITEMS_GROUP)["pending"] == 0


def test_drained_resident_begins_nothing_until_it_may_work_again(newsroom, resident):
    at_work = resident("match")
    newsroom.until(lambda: state(newsroom) == "working")
    assert newsroom.command("drain", "--wait", "60s")[0] == 0
    assert state(newsroom) == "drained"
    assert newsroom.redis.exists("newswatch:lease:match") == 0
    publish(newsroom)
    assert newsroom.json("drain", "--resume") == {"draining": False}
    newsroom.until(lambda: alerts(newsroom) == 1)
    at_work.end()


async def test_error_at_the_end_of_a_shift_is_raised(newsroom):
    async with newsroom.services() as services:
        shift = Shift(services, "match", 60.0)

        async def work():
            shift.end("its time was over")
            raise ValueError("a defect")

        with pytest.raises(ValueError, match="a defect"):
            await work_shift(shift, work)


async def test_sigterm_ends_the_shift_within_seconds_and_leaves_the_rest_in_the_stream(newsroom, request):
    await asyncio.to_thread(newsroom.adopt)
    before = signal.signal(signal.SIGTERM, lambda *_: None)  # as Airflow's task runner does
    request.addfinalizer(lambda: signal.signal(signal.SIGTERM, before))
    async with newsroom.services() as services:
        working = asyncio.ensure_future(stay_matching(Shift(services, "match", 60.0)))
        await asyncio.to_thread(newsroom.until, lambda: state(newsroom) == "working")
        os.kill(os.getpid(), signal.SIGTERM)
        await asyncio.wait_for(working, 60)
        os.kill(os.getpid(), signal.SIGTERM)  # a second one, while the task reports its end
        (pulse,) = await pulses.read(services.redis, ["match"])
    assert (pulse.state, pulse.note) == ("ended", "it was asked to end (SIGTERM)")


def test_paused_dag_and_changed_code_end_the_shift(newsroom, resident, monkeypatch):
    async def paused():
        return True

    resident("match", paused=paused).join()
    assert newsroom.redis.hget("newswatch:pulse:match", "note") == "its DAG was paused"
    versions = iter(["1", "1"])
    monkeypatch.setattr("newswatch.pipeline.base.shift.version_on_disk", lambda: next(versions, "2"))
    resident("match").join()
    assert newsroom.redis.hget("newswatch:pulse:match", "note") == "the code on disk changed"


def test_shift_ends_at_its_time(newsroom, resident):
    at_work = resident("match", left_s=0.5)
    at_work.join()
    assert at_work.counts.items == 0


def test_redis_that_comes_back_empty_is_believed(newsroom, resident, monkeypatch):
    """Titles that Redis no longer knows must not put an item into the thread of a story that is gone."""
    runs = iter(["one"] * 3)

    async def run_of(_redis):
        return Server(next(runs, "two"), 0, 0)

    monkeypatch.setattr("newswatch.pipeline.match.run.server_run", run_of)
    at_work = resident("match")
    newsroom.until(lambda: state(newsroom) == "working")
    publish(newsroom)
    newsroom.until(lambda: alerts(newsroom) == 1)
    at_work.end()
    assert at_work.counts.alerts == 1


def test_a_silent_stage_is_reported_by_another_and_its_return_too(newsroom, resident):
    newsroom.redis.hset(
        "newswatch:pulse:deliver",
        mapping={"state": "ended", "since": 0, "until": 0, "at": 1000, "work": 0, "note": "", "where": ""},
    )
    at_work = resident("match")
    newsroom.until(lambda: newsroom.redis.sismember("newswatch:notices", "silent-stage:deliver"))
    now_ms = int(datetime.now(timezone.utc).timestamp() * 1000)
    newsroom.redis.hset("newswatch:pulse:deliver", "at", now_ms)
    newsroom.until(lambda: not newsroom.redis.sismember("newswatch:notices", "silent-stage:deliver"))
    at_work.end()


def test_outage_of_redis_is_waited_out_within_the_shift(tmp_path, own_redis, simulator, monkeypatch):
    monkeypatch.setattr("newswatch.pipeline.base.shift.BEAT_S", 0.3)
    room = Newsroom(tmp_path, own_redis.url, simulator)
    room.adopt()
    at_work = Resident(room, "match").at_work()
    own_redis.kill()
    own_redis.start()
    publish(room)
    room.until(lambda: alerts(room) == 1)
    at_work.end()
    assert at_work.error is None
    room.close()


def test_resident_does_not_wait_for_its_own_lease_after_an_outage_of_redis(
    tmp_path, own_redis, simulator, monkeypatch
):
    monkeypatch.setattr("newswatch.pipeline.base.shift_work.lease_s", lambda _: 3600.0)
    room = Newsroom(tmp_path, own_redis.url, simulator)
    room.adopt()
    at_work = Resident(room, "match").at_work()
    own_redis.kill()
    room.until(lambda: "Redis is away" in at_work.shift._note)
    own_redis.start()
    assert room.redis.exists("newswatch:lease:match") == 1
    publish(room)
    room.until(lambda: alerts(room) == 1)
    at_work.end()
    assert "Redis is away" in room.redis.hget("newswatch:pulse:match", "error")
    room.close()


def test_check_that_fails_neither_ends_the_shift_nor_keeps_the_others_from_being_made(newsroom, resident):
    async def nobody_answers():
        raise ConnectionError("the api-server is away")

    done = []

    async def chore():
        done.append(1)

    at_work = resident("match", paused=nobody_answers, chores=(chore,)).at_work()
    newsroom.until(lambda: len(done) > 1)
    at_work.end()
    assert at_work.error is None


def test_an_airflow_that_does_not_answer_keeps_no_pulse_from_being_recorded(newsroom, resident):
    async def silent():
        await asyncio.Event().wait()

    resident("match", paused=silent)
    newsroom.until(lambda: newsroom.redis.hget("newswatch:pulse:match", "state") == "working")
    first = newsroom.redis.hget("newswatch:pulse:match", "at")
    newsroom.until(lambda: newsroom.redis.hget("newswatch:pulse:match", "at") != first, 30)
