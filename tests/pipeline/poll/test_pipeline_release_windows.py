"""A release that is due at a known time: polled every second then, until it is there."""

from __future__ import annotations

import time
from datetime import datetime, timedelta, timezone
from itertools import pairwise

import pytest
from redis.exceptions import ResponseError

import redis_servers
from feed_server import Document, story
from newsroom import OPS, POLICY
from newswatch.errors import FetchFailed, FetchRefused
from newswatch.models import Bundle, Feed, Window
from newswatch.pipeline.base.configuration import to_store
from newswatch.pipeline.base.windows import busy_for_s, coming
from newswatch.pipeline.poll.release_windows import (
    ReleaseWindows,
    is_late,
    is_open,
    late_text,
    pace_s,
    wants_less,
)
from newswatch.store import configuration, windows
from newswatch.store.client import connect
from newswatch.store.feed_state import FeedState

DUE = datetime(2026, 12, 10, 14, 15, tzinfo=timezone.utc)
AT = int(DUE.timestamp())
RELEASE = "Central bank opposes the plan"


def configure(room, at, *, expect="central-bank-opposes", lasts="10m", every="1s", pace="1h"):
    """A feed that is usually polled every hour, with one window."""
    wanted = f", expect: {expect}" if expect else ""
    window = f'{{at: "{at:%Y-%m-%d %H:%M:%S}", timezone: UTC, for: {lasts}, every: {every}{wanted}}}'
    room.write(
        "feeds.yaml",
        "defaults: {allow_private: true}\nfeeds:\n"
        f"  - {{id: wire, url: '{room.site.url}/wire', every: {pace}, windows: [{window}]}}\n",
    )
    room.adopt()


def begun(room, at=DUE, ahead=timedelta(0)):
    """Set the clock of the stages so that the window begins in `ahead` from now. Returns the moment it begins at."""
    start, began = at - ahead, time.monotonic()
    room.clock = lambda: start + timedelta(seconds=time.monotonic() - began)
    return began + ahead.total_seconds()


def timed(room, path="/wire"):
    """Notes when each request for the path came."""
    times = []
    room.site.documents[path].before_answer = lambda: times.append(time.monotonic())
    return times


def serve(room, *titles, now=DUE, **more):
    stories = [story(number, title, age=timedelta(seconds=1), now=now) for number, title in enumerate(titles)]
    before = room.site.documents.get("/wire", Document()).before_answer
    room.site.serve("/wire", *stories, **more)
    room.site.documents["/wire"].before_answer = before


def first_poll(room):
    """The feed's first sight is over, so that what comes next can alert."""
    serve(room, "Nothing yet", now=room.clock())
    room.poll()


def lines(room, channel=POLICY):
    return [message["text"] for message in room.slack.messages(channel)]


def test_window_on_time_is_polled_every_second_and_ends_with_the_hit(newsroom, resident):
    opens = begun(newsroom, ahead=timedelta(seconds=8))
    configure(newsroom, DUE)
    first_poll(newsroom)
    times = timed(newsroom)
    for stage in ("poll-1", "match", "deliver"):
        resident(stage)
    newsroom.until(lambda: len(times) >= 4)
    assert times[0] >= opens - 0.05
    assert min(later - sooner for sooner, later in pairwise(times)) > 0.5
    published = time.monotonic()
    serve(newsroom, "Nothing yet", RELEASE, now=newsroom.clock())
    newsroom.until(lambda: any(RELEASE in text for text in lines(newsroom)), 30)
    took = time.monotonic() - published
    print(f"publication to Slack within the window: {took:.2f} s")
    newsroom.until(lambda: newsroom.redis.get(f"newswatch:window:wire:{AT}") == "hit")
    time.sleep(0.5)  # what was begun before the hit was known
    polls = len(times)
    time.sleep(3)
    assert len(times) == polls


def test_hit_of_another_rule_does_not_end_the_window(newsroom, resident):
    newsroom.watchlist(
        "rules:\n  - {id: central-bank-opposes, query: central bank opposes, notify: [policy]}\n"
        "  - {id: other, query: tariffs, notify: [policy]}\n"
    )
    begun(newsroom, DUE + timedelta(seconds=5))
    configure(newsroom, DUE)
    first_poll(newsroom)
    times = timed(newsroom)
    resident("poll-1")
    resident("match")
    newsroom.until(lambda: len(times) >= 2)
    serve(newsroom, "Nothing yet", "New tariffs", now=newsroom.clock())
    newsroom.until(lambda: newsroom.redis.zcard("newswatch:alerts") == 1)
    polls = len(times)
    newsroom.until(lambda: len(times) >= polls + 3, 20)
    assert not newsroom.redis.exists(f"newswatch:window:wire:{AT}")


@pytest.mark.parametrize("status", [403, 429])
def test_after_one_refusal_the_window_goes_on_at_the_usual_pace(newsroom, resident, status):
    begun(newsroom, DUE + timedelta(seconds=5))
    configure(newsroom, DUE, pace="30s")
    first_poll(newsroom)
    newsroom.site.documents["/wire"] = Document(b"slow down", status, headers={"Retry-After": "1"})
    times = timed(newsroom)
    poll = resident("poll-1")
    newsroom.until(lambda: newsroom.redis.get(f"newswatch:window:wire:{AT}") == "slow", 20)
    polls = len(times)
    poll.end()
    resident("poll-1").at_work()  # the next shift knows it too
    time.sleep(4)
    assert (polls, len(times)) == (1, 1)


def test_server_that_fails_is_asked_again_within_the_window_at_growing_intervals(newsroom, resident):
    begun(newsroom, DUE + timedelta(seconds=5))
    configure(newsroom, DUE)
    first_poll(newsroom)
    newsroom.site.documents["/wire"] = Document(b"busy", 503)
    times = timed(newsroom)
    resident("poll-1")
    newsroom.until(lambda: len(times) >= 3, 30)
    gaps = [later - sooner for sooner, later in pairwise(times)]
    assert gaps[0] > 1.5
    assert gaps[1] > 3


def test_release_that_is_late_is_reported_once_and_still_alerts(newsroom, resident):
    begun(newsroom, DUE + timedelta(seconds=290))
    configure(newsroom, DUE)
    first_poll(newsroom)
    times = timed(newsroom)
    poll, *_ = [resident(stage) for stage in ("poll-1", "match", "deliver")]
    says = "central-bank-opposes in feed wire: due 14:15, not there at 14:20 (UTC)."
    newsroom.until(lambda: lines(newsroom) == [says], 60)
    poll.end()
    polls = len(times)
    resident("poll-1")  # another process begins again, and knows that it was said
    newsroom.until(lambda: len(times) >= polls + 3, 30)
    serve(newsroom, "Nothing yet", RELEASE, now=newsroom.clock())
    newsroom.until(lambda: any(RELEASE in text for text in lines(newsroom)), 30)
    assert [text for text in lines(newsroom) if "not there" in text] == [says]
    assert not any("not there" in text for text in lines(newsroom, OPS))


def test_late_release_is_not_reported_while_items_wait_to_be_matched(newsroom, resident):
    begun(newsroom, DUE + timedelta(seconds=290))
    configure(newsroom, DUE)
    first_poll(newsroom)
    newsroom.match()
    serve(newsroom, "Nothing yet", RELEASE, now=newsroom.clock())
    resident("poll-1")
    newsroom.until(lambda: newsroom.clock() > DUE + timedelta(seconds=306), 30)
    newsroom.match()
    newsroom.until(lambda: newsroom.redis.get(f"newswatch:window:wire:{AT}") == "hit")
    time.sleep(2)
    newsroom.deliver()
    assert not any("not there" in text for text in lines(newsroom))
    assert any(RELEASE in text for text in lines(newsroom))


def test_no_shift_ends_within_a_window(newsroom, resident):
    begun(newsroom, ahead=timedelta(seconds=6))
    configure(newsroom, DUE, lasts="12s")
    serve(newsroom, "Nothing yet", now=newsroom.clock())
    started = [resident(stage, left_s=4.0) for stage in ("poll-1", "match", "deliver")]
    for one in started:
        one.join()
        assert one.error is None
    assert newsroom.clock() >= DUE + timedelta(seconds=12)


def test_shift_without_time_left_ends_although_it_is_looked_after(newsroom, resident):
    newsroom.feeds("wire")
    for _ in range(5):
        resident("poll-1", left_s=0.0).join()


def test_task_that_is_tried_again_within_a_window_works_on(newsroom, resident):
    begun(newsroom, DUE + timedelta(seconds=2))
    configure(newsroom, DUE)
    serve(newsroom, "Nothing yet", now=newsroom.clock())
    times = timed(newsroom)
    resident("poll-1", left_s=0.0)
    newsroom.until(lambda: len(times) >= 3, 20)


# ── the decisions ─────────────────────────────────────────────────────────────────────────────


def test_pace_doubles_with_each_failure_up_to_fifteen_seconds():
    window = Window(AT)
    assert [pace_s(window, failures) for failures in (0, 1, 2, 3, 4, 20)] == [1, 2, 4, 8, 15, 15]
    assert pace_s(Window(AT, every_s=60.0), 5) == 60


@pytest.mark.parametrize(
    ("expect", "seconds", "open_"),
    [
        ("", -1, False),
        ("", 0, True),
        ("", 119, True),
        ("", 120, False),
        ("", 298, False),
        ("rule", 200, False),
        ("rule", 297, True),
        ("rule", 300, False),
    ],
)
def test_window_is_open_from_its_time_and_once_more_before_a_release_is_late(expect, seconds, open_):
    assert is_open(Window(AT, 120.0, 1.0, expect), AT + seconds) is open_


@pytest.mark.parametrize(
    ("expect", "seconds", "late"),
    [
        ("", 400, False),
        ("rule", 301, False),
        ("rule", 302, True),
        ("rule", 3_599, True),
        ("rule", 3_600, False),
    ],
)
def test_release_is_late_for_an_hour(expect, seconds, late):
    assert is_late(Window(AT, 120.0, 1.0, expect), AT + seconds) is late


def test_only_403_and_429_want_fewer_requests():
    said = [
        FetchRefused("x", kind="http", status=403),
        FetchRefused("x", kind="http", status=404),
        FetchFailed("x", kind="ratelimited", status=429),
        FetchFailed("x", kind="http", status=503),
    ]
    assert [wants_less(error) for error in said] == [True, False, True, False]


def test_line_has_the_local_times_of_the_window_and_why_the_feed_cannot_be_read():
    window = Window(AT, expect="rates", timezone="Europe/Berlin")
    now = DUE + timedelta(minutes=5, seconds=2)
    assert (
        late_text("ecb", window, FeedState(), now)
        == "rates in feed ecb: due 15:15, not there at 15:20 (Europe/Berlin)."
    )
    state = FeedState()
    state = state._replace(
        polling=state.polling._replace(error="feed ecb (https://ecb.example/rss): HTTP 503")
    )
    assert late_text("ecb", window, state, now).endswith(" The feed cannot be read: HTTP 503.")


def test_windows_to_come_include_the_open_one():
    feed = Feed("a", "https://a.example/", windows=(Window(AT - 700), Window(AT - 60), Window(AT + 60)))
    assert coming(feed, DUE) == [Window(AT - 60), Window(AT + 60)]


async def busy_with(services, version, window):
    bundle = Bundle(version, "", (), (), feeds=(Feed("wire", "https://a.example/", windows=(window,)),))
    known, change = configuration.Head(version - 1), configuration.FeedChange(kept_s=60)
    assert await configuration.put_in_force(
        services.redis, known, to_store(bundle, ""), change, owner="", now_ms=0
    )
    return await busy_for_s(services)


def test_stages_are_busy_while_a_window_is_open_or_about_to_open(newsroom):
    cases = [(Window(AT + 10), 610), (Window(AT + 16), 0), (Window(AT - 599), 1), (Window(AT - 600), 0)]
    newsroom.clock = lambda: DUE

    async def ask(services):
        found = [
            await busy_with(services, version, window) for version, (window, _) in enumerate(cases, start=1)
        ]
        await windows.hit(services.redis, ("wire", AT - 599))
        return [*found, await busy_with(services, 5, Window(AT - 599))]

    assert newsroom._do(ask) == [*(seconds for _, seconds in cases), 0]


def test_hit_stays_a_hit_whatever_the_server_says_later(newsroom):
    async def ask(services):
        name = ("wire", AT)
        await windows.slow_down(services.redis, name)
        first = await windows.read(services.redis, [name, ("other", AT)])
        await windows.hit(services.redis, name)
        await windows.slow_down(services.redis, name)
        return first, await windows.read(services.redis, [name])

    assert newsroom._do(ask) == (["slow", ""], ["hit"])


async def test_release_is_noticed_although_redis_is_full(tmp_path):
    with redis_servers.running(tmp_path, "--maxmemory", "1") as full:
        async with connect(full.url) as redis:
            with pytest.raises(ResponseError, match="maxmemory"):
                await redis.set("x", "y")
            await windows.hit(redis, ("wire", AT))
            assert await windows.read(redis, [("wire", AT)]) == ["hit"]


def test_feed_in_a_window_is_due_an_interval_after_its_last_poll(newsroom):
    feed = Feed("wire", "https://a.example/", windows=(Window(AT, every_s=2.0), Window(AT + 1, every_s=1.0)))

    async def ask(services):
        mine = ReleaseWindows(services)
        mine.adopt([feed])
        before = await mine.due(AT * 1000 - 1)
        first = await mine.due(AT * 1000)
        mine.begun(["wire", "other"], AT * 1000)
        return before, first, await mine.due(AT * 1000 + 500), await mine.due(AT * 1000 + 1_500)

    at_ms = AT * 1000.0
    assert newsroom._do(ask) == ({}, {"wire": at_ms}, {"wire": at_ms + 2_000}, {"wire": at_ms + 1_000})
