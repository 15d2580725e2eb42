"""A starved machine: stages beat late, queues grow, feeds are due. The status says late, not healthy and not failed."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import pytest

from feed_server import story
from newswatch.pipeline.base.silence import report_silence
from newswatch.pipeline.oversight.doctor import examine
from newswatch.pipeline.oversight.heartbeat import after_cycle
from newswatch.pipeline.oversight.status import Status, as_dict, read_status
from newswatch.residents import resident_stages
from newswatch.store import pulses
from newswatch.store.pulses import Pulse

STAGES = resident_stages(1)


class Machine:
    """A newsroom with a clock that stands still until it is moved, and residents that beat when the test says so."""

    def __init__(self, newsroom) -> None:
        self.newsroom = newsroom
        # Redis stamps stream entries by its own clock, and times are stored in whole milliseconds.
        now = datetime.now(timezone.utc)
        self.now = now.replace(microsecond=now.microsecond // 1000 * 1000)
        newsroom.clock = lambda: self.now
        self.began = self.now

    def beat(self, *stages: str, **more) -> None:
        """As those residents do that are at work."""
        until = self.began + timedelta(minutes=10)
        given = {"state": "working", "work": None, **more}

        async def write(services):
            for stage in stages or STAGES:
                await pulses.beat(
                    services.redis, Pulse(stage, since=self.began, until=until, at=self.now, **given)
                )

        self.newsroom._do(write)

    def wait(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)

    def status(self) -> Status:
        return self.newsroom._do(read_status)


@pytest.fixture
def machine(newsroom):
    newsroom.site.serve("/wire", story(1, "Nothing of interest"))
    made = Machine(newsroom)
    made.beat()
    newsroom.poll()
    newsroom.match()
    return made


def test_stages_that_beat_on_time_are_not_late(machine):
    machine.wait(12)
    status = machine.status()
    assert (status.state, status.ok, status.findings) == ("ok", True, ())
    assert as_dict(status)["state"] == "ok"


@pytest.mark.parametrize("seconds", [20, 40, 58])
def test_stage_that_beats_late_is_late_and_needs_no_action_yet(machine, seconds):
    last = machine.now
    machine.wait(seconds)
    machine.beat("poll-1", "articles", "deliver")
    status = machine.status()
    (finding,) = status.findings
    assert (status.state, status.ok) == ("late", True)
    assert (finding.cause, finding.level, finding.since) == ("slow-stage:match", "warning", last)
    assert finding.what.startswith(f"The match stage was last heard from {seconds} s ago")
    assert "processor" in finding.do
    assert status.sentence.startswith("newswatch is late: the match stage is slow. Alerts come later")
    assert as_dict(status)["late"] == ["match"]


def test_stage_that_is_silent_for_a_minute_needs_action_but_is_called_late(machine):
    machine.wait(75)
    machine.beat("poll-1", "articles", "deliver")
    status = machine.status()
    (finding,) = status.findings
    assert (status.state, status.ok, finding.level) == ("late", False, "error")
    assert "silent for 75 s" in finding.what
    assert "1 problem needs action" in status.sentence
    assert status.sentence.startswith("newswatch is late: ")


@pytest.mark.parametrize(
    ("seconds", "beating", "note"),
    [
        (310, ("poll-1", "articles", "deliver"), ""),  # for longer than a task waits to be started
        (75, (), ""),  # nothing is at work
        (75, ("poll-1", "articles", "deliver"), "its DAG was paused"),
    ],
)
def test_stage_that_does_not_come_back_is_not_called_late(machine, seconds, beating, note):
    machine.beat("match", state="ended" if note else "working", note=note)
    machine.wait(seconds)
    if beating:
        machine.beat(*beating)
    machine.newsroom.poll()
    status = machine.status()
    assert (status.state, status.ok) == ("failing", False)
    assert "late" not in status.sentence


def test_stages_that_are_all_silent_are_late_while_airflow_starts_them(machine):
    heard = machine.now
    machine.wait(100)
    machine.newsroom.poll()
    begun = {"poll_feeds": heard + timedelta(seconds=40), "match_items": heard - timedelta(seconds=1)}
    status = machine.newsroom._do(lambda services: read_status(services, begun=begun))
    found = {one.cause: one for one in status.findings}
    assert (status.state, status.ok) == ("failing", False), "nobody starts match"
    assert "Airflow began its next task" in found["silent-stage:poll-1"].what
    assert "Airflow began" not in found["silent-stage:match"].what
    begun = dict.fromkeys(
        ("poll_feeds", "match_items", "fetch_articles", "deliver_alerts"), heard + timedelta(seconds=40)
    )
    status = machine.newsroom._do(lambda services: read_status(services, begun=begun))
    assert (status.state, status.ok) == ("late", False)


def test_shift_that_begins_late_is_late_and_the_usual_gap_between_shifts_is_not(machine):
    machine.beat("match", state="ended")
    machine.wait(25)
    machine.beat("poll-1", "articles", "deliver")
    assert machine.status().state == "ok"
    machine.wait(10)
    machine.beat("poll-1", "articles", "deliver")
    status = machine.status()
    assert (status.state, status.findings[0].cause) == ("late", "slow-stage:match")
    assert "its next shift has not begun" in status.findings[0].what


def test_stage_that_was_late_a_moment_ago_is_still_called_late(machine):
    since = machine.now - timedelta(seconds=90)
    machine.beat("deliver", late_since=since)
    status = machine.status()
    assert (status.state, status.findings[0].since) == ("late", since)
    assert "beats late" in status.findings[0].what


def test_items_that_wait_while_the_stage_is_at_work_are_late(machine):
    machine.newsroom.site.serve("/wire", story(1, "Nothing of interest"), story(2, "More news"))
    machine.newsroom.poll()
    machine.wait(150)
    machine.newsroom.poll()
    machine.beat(work=machine.now - timedelta(seconds=30))
    status = machine.status()
    (finding,) = status.findings
    assert (finding.cause, finding.level, status.state) == ("match-late", "warning", "late")
    assert "1 item waits for matching" in finding.what
    assert "at work" in finding.what
    assert "is it paused" not in finding.do
    assert "processor" in finding.do
    assert machine.newsroom._do(after_cycle), "the ping goes on: newswatch works"
    assert [one.level for one in machine.newsroom._do(examine) if one.subject == "match stage"] == ["warning"]
    machine.wait(500)
    machine.newsroom.poll()
    machine.beat(work=machine.now)
    status = machine.status()
    assert (status.findings[0].level, status.state, status.ok) == ("error", "late", False)


def test_items_that_wait_while_the_stage_does_nothing_are_not_called_late(machine):
    machine.newsroom.site.serve("/wire", story(1, "Nothing of interest"), story(2, "More news"))
    machine.newsroom.poll()
    machine.wait(150)
    machine.newsroom.poll()
    machine.beat()
    status = machine.status()
    assert (status.state, status.findings[0].level) == ("failing", "error")
    assert "is it paused" in status.findings[0].do


def test_messages_that_wait_while_others_are_sent_are_late(machine):
    machine.newsroom.site.serve("/wire", story(3, "The central bank opposes the plan"))
    machine.newsroom.poll()
    machine.newsroom.match()
    machine.wait(150)
    machine.newsroom.poll()
    machine.beat(work=machine.now)
    status = machine.status()
    (finding,) = status.findings
    assert (finding.cause, finding.level, status.state) == ("deliver-late", "warning", "late")
    assert "one message a second" in finding.do


def test_feeds_that_are_due_for_long_while_others_are_polled_are_late(machine):
    machine.newsroom.feeds("wire", "other")
    machine.newsroom.site.serve("/other", story(2))
    machine.newsroom.poll()
    machine.newsroom.match()
    due = machine.now - timedelta(minutes=6)
    machine.newsroom.redis.zadd("newswatch:feeds:due", {"other": due.timestamp() * 1000})
    machine.beat()
    status = machine.status()
    (finding,) = status.findings
    assert (finding.cause, finding.level, status.state) == ("poll-late", "warning", "late")
    assert abs(finding.since - due) < timedelta(seconds=1)
    assert as_dict(status)["late"] == ["poll"]


READER_STATES = [("ended", "no article waits"), ("ended", ""), ("working", "")]


@pytest.mark.parametrize(("state", "note"), READER_STATES)
@pytest.mark.parametrize("seconds", [40, 100, 4_000])
def test_nobody_misses_the_article_reader_while_nothing_waits_for_it(machine, state, note, seconds):
    machine.beat("articles", state=state, note=note)
    machine.wait(seconds)
    machine.beat("poll-1", "match", "deliver")
    machine.newsroom.redis.zadd("newswatch:feeds:due", {"wire": (machine.now.timestamp() + 60) * 1000})
    machine.newsroom._do(lambda services: report_silence(services, "match"))
    assert not machine.newsroom.redis.sismember("newswatch:notices", "silent-stage:articles")
    status = machine.status()
    if seconds > 60:  # a process that died within the minute is slow, as any other
        assert (status.state, status.findings) == ("ok", ())
        (reader,) = [one for one in as_dict(status)["residents"] if one["stage"] == "articles"]
        assert reader["state"] == "idle"
    assert machine.newsroom._do(after_cycle)


def test_stages_that_are_all_silent_but_an_idle_reader_are_not_called_late(machine):
    machine.beat("articles", state="ended", note="no article waits")
    machine.wait(75)
    assert machine.status().state == "failing"


@pytest.mark.parametrize("queue", ["newswatch:articles", "newswatch:rechecks"])
@pytest.mark.parametrize("known", [True, False])
def test_articles_that_wait_while_nobody_reads_them_are_reported(machine, queue, known):
    room = machine.newsroom
    if known:
        machine.beat("articles", state="ended", note="its DAG was paused")
    else:
        room.redis.delete("newswatch:pulse:articles")
    room.redis.zadd(queue, {"item": machine.now.timestamp() * 1000})

    def reported() -> bool:
        machine.beat("poll-1", "match", "deliver")
        room._do(lambda services: report_silence(services, "match"))
        return bool(room.redis.sismember("newswatch:notices", "silent-stage:articles"))

    machine.wait(110)
    assert not reported()
    machine.wait(40)
    assert reported()
    status = machine.status()
    found = {one.cause: one for one in status.findings}
    assert not status.ok
    assert "1 article waits to be read" in found["articles-late"].what
    assert "poll_feeds" in found["articles-late"].do
    assert "silent-stage:articles" not in found, "it says the same"
    machine.beat("articles", state="working")
    assert not reported()


def test_articles_that_wait_while_the_stages_drain_are_not_reported(machine):
    machine.beat("articles", state="ended", note="no article waits")
    machine.newsroom.redis.zadd("newswatch:articles", {"item": machine.now.timestamp() * 1000})
    machine.newsroom.command("drain", "--wait", "0s")  # the others are still at work
    machine.wait(300)
    machine.newsroom._do(lambda services: report_silence(services, "match"))
    assert not machine.newsroom.redis.sismember("newswatch:notices", "silent-stage:articles")


def test_another_problem_is_not_hidden_by_lateness(machine):
    machine.wait(20)
    machine.beat("poll-1", "articles", "deliver")
    machine.newsroom.redis.sadd("newswatch:notices", "slack")
    machine.newsroom.redis.hset(
        "newswatch:notice:slack", mapping={"text": "The token is refused", "since": "1", "last": "1"}
    )
    status = machine.status()
    assert status.state == "failing"
    assert as_dict(status)["late"] == ["match"]


def test_resident_says_itself_that_it_beats_late(newsroom, resident, monkeypatch):
    monkeypatch.setattr("newswatch.pipeline.base.beats.LATE_S", 0.05)
    resident("match").at_work()
    newsroom.until(lambda: newsroom.redis.hget("newswatch:pulse:match", "late_since") != "0")
    assert newsroom._do(read_status).late == ("match",)
