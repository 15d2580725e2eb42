"""A stage that stands still while work waits turns the status red, with since when and what to do."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import pytest

from feed_server import story
from newswatch.pipeline.oversight.doctor import examine
from newswatch.pipeline.oversight.status import Status, as_dict, read_status


class Room:
    """A newsroom with a clock that stands still until it is moved."""

    def __init__(self, newsroom) -> None:
        self.newsroom = newsroom
        self.now = datetime.now(timezone.utc)  # Redis stamps stream entries by its own clock
        newsroom.clock = lambda: self.now

    def wait(self, **span: float) -> None:
        self.now += timedelta(**span)

    def status(self) -> Status:
        return self.newsroom._do(read_status)

    def causes(self) -> list[str]:
        return [finding.cause for finding in self.status().findings if finding.level == "error"]

    def doctor(self) -> list[str]:
        return [one.message for one in self.newsroom._do(examine) if one.subject.endswith("stage")]


@pytest.fixture
def room(newsroom):
    newsroom.site.serve("/wire", story(1, "Nothing of interest"))
    return Room(newsroom)


def test_status_is_red_when_nothing_was_polled_for_three_intervals(room):
    room.newsroom.poll()
    room.newsroom.match()
    polled = room.now
    room.wait(seconds=170)
    assert room.status().ok
    room.wait(seconds=20)
    (finding,) = room.status().findings
    assert (finding.cause, finding.level, finding.runbook) == ("poll-late", "error", "feeds-are-not-polled")
    assert finding.what.startswith(f"Nothing has been polled since {polled:%H:%M} UTC (3 min)")
    assert "poll_feeds" in finding.do
    assert as_dict(room.status())["findings"][0]["since"] == finding.since.isoformat()
    assert [text for text in room.doctor() if "Nothing has been polled" in text]


def test_status_is_red_when_polling_never_began(room):
    room.newsroom.adopt()
    room.wait(seconds=110)
    assert room.status().ok
    room.wait(seconds=20)
    assert room.causes() == ["poll-late"]
    assert "No feed has been polled yet" in room.status().findings[0].what


def test_feed_that_is_not_due_for_long_is_no_standstill(room):
    room.newsroom.feeds("wire", every="15m")
    room.newsroom.poll()
    room.newsroom.match()
    room.wait(minutes=15)
    assert room.status().ok
    room.wait(minutes=3)
    assert room.causes() == ["poll-late"]


def test_one_overdue_feed_is_no_standstill_while_others_are_polled(room):
    room.newsroom.feeds("wire", "other")
    room.newsroom.site.serve("/other", story(2))
    room.newsroom.poll()
    room.newsroom.match()
    due_ms = int((room.now - timedelta(minutes=4)).timestamp() * 1000)
    room.newsroom.redis.zadd("newswatch:feeds:due", {"other": due_ms})
    assert room.status().ok
    room.newsroom.redis.zadd("newswatch:feeds:due", {"other": due_ms - 120_000})
    assert "other feeds are polled" in room.status().findings[0].what


def test_status_is_red_when_items_wait_for_two_minutes(room):
    room.newsroom.poll()
    room.wait(seconds=110)
    assert room.status().ok
    room.wait(seconds=15)
    (finding,) = room.status().findings
    assert (finding.cause, finding.level) == ("match-late", "error")
    assert "match_items" in finding.do
    assert finding.since is not None
    assert any("items wait" in text or "item waits" in text for text in room.doctor())


def test_status_is_red_when_messages_wait_for_two_minutes(room):
    room.newsroom.site.serve("/wire", story(3, "The central bank opposes the plan"))
    room.newsroom.poll()
    room.newsroom.match()
    room.wait(seconds=110)
    assert room.status().ok
    room.wait(seconds=15)
    assert room.causes() == ["deliver-late"]
    assert room.doctor()


def test_status_is_red_when_pages_wait_for_two_minutes(room):
    room.newsroom.feeds("wire", article=True)
    room.newsroom.poll()
    room.newsroom.match()
    room.wait(seconds=125)
    assert room.causes() == ["articles-late"]


def test_doctor_says_nothing_of_stages_before_the_first_configuration(room):
    assert room.doctor() == []
