"""When a feed is asked next, how it fares, and whether it moved: decided without any I/O."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timezone
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from newswatch.errors import FetchFailed, FetchRefused, ParseFailed
from newswatch.feeds.freshness import fresh_for_s
from newswatch.models import Bundle, Feed
from newswatch.pipeline.base.hosts import asked_pause_s
from newswatch.pipeline.poll import health, moved_feeds, schedule
from newswatch.pipeline.poll.rhythm import rhythm_of
from newswatch.pipeline.poll.run import due_feeds
from newswatch.store.feed_state import FeedState, LastDocument, PollRecord
from newswatch.store.seen import SeenRecord

NOW_S = 1_795_435_200
HOUR_S, DAY_S = 3_600, 86_400
FEED = Feed(id="wire", url="https://wire.example/rss", every_s=60, at_most_s=240)
TARGET = "https://new.example/rss"


def record(number: int, published: int, first_seen: int = NOW_S, *, silent: bool = True) -> SeenRecord:
    name = number.to_bytes(8, "big")
    return SeenRecord(name, name, name, b"", b"", b"", published, first_seen, NOW_S, 1, 0, silent)


seconds = st.floats(0, 1e6)


@given(seconds, seconds, seconds, st.floats(0, 0.999))
def test_hints_never_shorten_every_and_never_stretch_beyond_at_most(ttl, fresh, gap, jitter):
    wait = schedule.interval_s(FEED, ttl_s=ttl, fresh_s=fresh, gap_s=gap)
    assert FEED.every_s <= wait <= FEED.at_most_s
    due = schedule.after_success(FEED, NOW_S, jitter, wait)
    assert FEED.every_s <= due - NOW_S <= FEED.at_most_s


@pytest.mark.parametrize(
    ("hint", "wait"),
    [({}, 60), ({"ttl_s": 120}, 120), ({"fresh_s": 9999}, 240), ({"gap_s": 1_000}, 100), ({"ttl_s": 5}, 60)],
)
def test_each_hint_stretches_the_interval(hint, wait):
    assert schedule.interval_s(FEED, **hint) == wait


def polls_s(feed: Feed, plans_s: list[float], begun_s: Callable[[], float]) -> list[float]:
    """When the feed is planned to be polled, over all plans."""
    due_s, polled = 0.0, []
    for planned_s in plans_s:
        if due_feeds([feed], {feed.id: due_s * 1000}, int(planned_s * 1000)):
            polled.append(planned_s)
            counted_s = schedule.counted_from(
                feed, due_s=due_s, planned_s=planned_s, begun_s=planned_s + begun_s()
            )
            due_s = schedule.after_success(feed, counted_s, 0.5)
    return polled


def bundle_of(feed: Feed) -> Bundle:
    return Bundle(version=1, digest="", feeds=(feed,), rules=(), receivers=())


@pytest.mark.parametrize(("every_s", "runs"), [(60, 1), (120, 2), (300, 5), (900, 15)])
@settings(max_examples=30)
@given(st.randoms(use_true_random=False))
def test_feed_is_polled_by_each_run_that_its_interval_asks_for(every_s, runs, chance):
    plans = [NOW_S + 60 * number + chance.uniform(0, 8) for number in range(200)]
    polled = polls_s(replace(FEED, every_s=every_s), plans, lambda: chance.uniform(0, 8))
    assert polled == plans[::runs]


@settings(max_examples=30)
@given(
    st.randoms(use_true_random=False), st.sampled_from([60, 90, 300, 700]), st.sampled_from([1, 10, 45, 60])
)
def test_feed_is_never_polled_more_often_than_every_however_often_plans_come(chance, every_s, apart_s):
    plans = [NOW_S + apart_s * number + chance.uniform(0, apart_s * 0.9) for number in range(300)]
    feed = replace(FEED, every_s=every_s)
    polled = polls_s(feed, plans, lambda: 0)
    assert len(polled) <= (polled[-1] - polled[0] + schedule.early_s(feed)) / every_s + 1
    gaps = [later - earlier for earlier, later in pairwise(polled)]
    assert all(gap >= every_s - schedule.early_s(feed) - 0.001 for gap in gaps)


def test_run_that_came_very_late_costs_one_poll_at_most():
    plans = [NOW_S + 60 * number + (50 if number == 10 else 1) for number in range(30)]
    polled = polls_s(FEED, plans, lambda: 2)
    assert len(polled) == 29
    assert min(later - earlier for earlier, later in pairwise(polled)) > 59


def test_poll_that_begins_long_after_its_plan_is_not_followed_by_another_at_once():
    counted_s = schedule.counted_from(FEED, due_s=NOW_S, planned_s=NOW_S, begun_s=NOW_S + 40)
    assert counted_s == NOW_S + 31


def test_feed_polled_without_being_due_counts_from_then():
    counted_s = schedule.counted_from(FEED, due_s=NOW_S + 50, planned_s=NOW_S, begun_s=NOW_S)
    assert counted_s == NOW_S


def waits(failures: range, **kind) -> list[float]:
    return [schedule.after_failure(FEED, 0, n, None, 0.5, **kind) for n in failures]


def test_backoff_doubles_to_half_an_hour_and_is_slower_where_someone_must_act():
    assert waits(range(1, 4)) == [60, 120, 240]
    assert waits(range(20, 21)) == [HOUR_S / 2]
    assert waits(range(1, 4), hard=True) == [120, 240, 480]
    assert waits(range(20, 21), hard=True) == [6 * HOUR_S]
    assert waits(range(20, 21), hard=True, lost=True) == [DAY_S]


def test_retry_after_is_never_undercut_and_ends_after_a_day():
    assert schedule.after_failure(FEED, 0, 1, 1_800, 0.0) == 1_800
    assert schedule.after_failure(FEED, 0, 1, 9e9, 0.0) == DAY_S


def test_full_document_is_asked_for_once_a_day_and_after_many_304():
    def full(full_ms, streak):
        return schedule.wants_full("wire", full_ms=full_ms, streak=streak, now_ms=NOW_S * 1000)

    assert not full(NOW_S * 1000, 39)
    assert full(NOW_S * 1000, 80)
    assert full((NOW_S - DAY_S) * 1000, 0)


def test_full_documents_are_not_asked_for_all_at_once():
    def first(feed_id):
        return next(n for n in range(100) if schedule.wants_full(feed_id, full_ms=0, streak=n, now_ms=0))

    assert len({first(f"feed-{n}") for n in range(50)}) > 20


@pytest.mark.parametrize(
    ("headers", "wait"),
    [
        ({"cache-control": "public, max-age=300"}, 300),
        ({"cache-control": "max-age=300, no-cache", "expires": "Mon, 23 Nov 2099 12:00:00 GMT"}, 0),
        ({"expires": "Mon, 23 Nov 2026 12:10:00 GMT", "date": "Mon, 23 Nov 2026 12:00:00 GMT"}, 600),
        ({"expires": "0"}, 0),
        ({"expires": "Mon, 23 Nov 1999 12:10:00 GMT"}, 0),
        ({"cache-control": "max-age=soon"}, 0),
        ({}, 0),
    ],
)
def test_freshness_is_read_from_cache_control_before_expires(headers, wait):
    assert fresh_for_s(headers, datetime(2026, 11, 23, 12, tzinfo=timezone.utc)) == wait


# ── rhythm ────────────────────────────────────────────────────────────────────────────────────────


def hourly(days: int, last: int = NOW_S) -> list[SeenRecord]:
    return [record(n, last - n * HOUR_S) for n in range(days * 24)]


def test_rhythm_is_the_median_gap_and_silence_three_times_the_longest():
    found = rhythm_of(hourly(9), NOW_S)
    assert (found.gap_s, found.silent_after_s, found.newest_s) == (HOUR_S, 6 * HOUR_S, NOW_S)


def test_feed_that_may_not_have_shown_a_weekend_is_given_three_days():
    assert rhythm_of(hourly(2), NOW_S).silent_after_s == 3 * DAY_S


def test_one_pinned_item_of_years_ago_does_not_make_a_feed_slow():
    assert rhythm_of([*hourly(9), record(999, NOW_S - 3_000 * DAY_S)], NOW_S).silent_after_s == 6 * HOUR_S


def test_few_items_say_nothing_about_a_rhythm():
    assert rhythm_of([record(n, NOW_S - n) for n in range(3)], NOW_S).silent_after_s == 0


def test_items_dated_in_the_future_or_not_at_all_count_from_when_they_were_seen():
    found = rhythm_of([record(1, NOW_S + DAY_S, NOW_S - 60), record(2, 0, NOW_S - 30)], NOW_S)
    assert found.newest_s == NOW_S - 30


def test_old_item_that_is_new_to_us_ends_a_silence():
    late = record(999, NOW_S - 900 * DAY_S, NOW_S + 9 * HOUR_S, silent=False)
    assert rhythm_of([*hourly(9), late], NOW_S + 9 * HOUR_S).newest_s == NOW_S + 9 * HOUR_S


# ── health ────────────────────────────────────────────────────────────────────────────────────────


class Life:
    """One feed through its polls, with what ops was told."""

    def __init__(self, feed: Feed = FEED, **document) -> None:
        self.feed = feed
        self.state = FeedState(document=LastDocument(**document), polling=PollRecord(polled_url=feed.url))
        self.now_s = NOW_S
        self.told: list[tuple[bool, str]] = []
        self.texts: list[str] = []
        self.due_s = 0.0

    def fail(self, error, after_s: float = 60):
        self.now_s += after_s
        state = health.begin(self.feed, self.state)
        return self._take(health.failed(self.feed, state, error, now_ms=int(self.now_s * 1000), jitter=0.5))

    def succeed(self, after_s: float = 60, **document):
        self.now_s += after_s
        before = health.begin(self.feed, self.state)
        before = before._replace(document=before.document._replace(**document))
        return self._take(
            health.succeeded(
                self.feed, before, counted_s=self.now_s, now_ms=int(self.now_s * 1000), fresh_s=0, jitter=0
            )
        )

    def _take(self, outcome):
        self.state, self.due_s = outcome.state, outcome.due_ms / 1000
        self.told += [(tell.on, tell.cause) for tell in outcome.notices if tell.text]
        self.texts += [tell.text for tell in outcome.notices if tell.text]
        return outcome


TIMEOUT = FetchFailed("no answer", kind="timeout")
NOT_FOUND = FetchRefused("HTTP 404", kind="http", status=404)
GONE = FetchRefused("HTTP 410", kind="gone", status=410)


def test_feed_that_times_out_for_a_day_is_given_up_on_once_and_welcomed_back_once():
    life = Life()
    for _ in range(30):
        life.fail(TIMEOUT, HOUR_S)
    assert (life.state.polling.status, life.told) == ("given-up", [(True, "feed:wire")])
    life.succeed()
    life.succeed()
    assert (life.state.polling.status, life.state.polling.failures) == ("ok", 0)
    assert life.told == [(True, "feed:wire"), (False, "feed:wire")]
    assert life.due_s - life.now_s <= 60


def test_a_short_outage_is_nobodys_business():
    life = Life()
    for _ in range(5):
        life.fail(TIMEOUT)
    life.succeed()
    assert life.told == []


@pytest.mark.parametrize("error", [NOT_FOUND, ParseFailed("an HTML page")])
def test_failure_that_needs_someone_is_told_after_an_hour(error):
    life = Life()
    for _ in range(4):
        life.fail(error, 25 * 60)
    assert life.told == [(True, "feed:wire")]


def test_gone_feed_is_stopped_and_told_at_once():
    life = Life()
    life.fail(GONE)
    life.fail(GONE)
    assert (life.state.polling.status, life.told) == ("stopped", [(True, "stopped:wire")])
    assert life.due_s - life.now_s >= 7 * DAY_S


@pytest.mark.parametrize("later", [NOT_FOUND, TIMEOUT])
def test_gone_feed_stays_stopped_whatever_it_answers_but_a_document(later):
    life = Life()
    life.fail(GONE)
    for _ in range(5):
        life.fail(later, 8 * DAY_S)
    assert (life.state.polling.status, life.told) == ("stopped", [(True, "stopped:wire")])
    assert life.due_s - life.now_s >= 7 * DAY_S
    life.succeed()
    assert (life.state.polling.status, life.told[1:]) == ("ok", [(False, "stopped:wire")])


def test_feed_given_up_on_that_is_then_gone_is_told_of_both_and_comes_back_once():
    life = Life()
    for _ in range(4):
        life.fail(NOT_FOUND, 25 * 60)
    life.fail(GONE)
    assert life.told == [(True, "feed:wire"), (True, "stopped:wire")]
    life.succeed()
    assert life.told[2:] == [(False, "stopped:wire")]


def test_new_url_of_a_gone_feed_that_fails_for_long_is_told_too():
    life = Life()
    life.fail(GONE)
    life.feed = replace(FEED, url=TARGET)
    for _ in range(4):
        life.fail(NOT_FOUND, 25 * 60)
    assert (life.state.polling.status, life.told[1:]) == ("given-up", [(True, "feed:wire")])


def test_notice_names_the_feed_once_and_says_what_happened_and_what_to_do():
    told = "feed wire (https://wire.example/rss): the server refused the request (HTTP 404)"
    life = Life()
    for _ in range(4):
        life.fail(FetchRefused(told, kind="http", status=404), 25 * 60)
    life.fail(FetchRefused("feed wire (https://wire.example/rss): it is gone (HTTP 410)", kind="gone"))
    lost, gone = life.texts
    for text in (lost, gone):
        assert text.startswith("Feed wire (https://wire.example/rss)")
        assert text.lower().count("feed wire") == text.count("https://") == 1
    assert "the server refused the request (HTTP 404). What to do: see its preview on the page Feeds" in lost
    assert "it is gone (HTTP 410). Remove it from feeds.yaml or set its new url." in gone


def test_new_url_in_the_file_starts_afresh():
    life = Life()
    life.fail(GONE)
    life.feed = replace(FEED, url=TARGET)
    life.fail(TIMEOUT)
    assert (life.state.polling.status, life.state.polling.failures) == ("failing", 1)


def test_silent_feed_is_told_once_and_its_return_once():
    life = Life(silent_after_s=6 * HOUR_S, gap_s=HOUR_S, newest_ms=NOW_S * 1000)
    for _ in range(10):
        life.succeed(HOUR_S)
    assert (life.state.polling.status, life.told) == ("silent", [(True, "silent:wire")])
    life.succeed(60, newest_ms=int(life.now_s * 1000))
    assert (life.state.polling.status, life.told[1:]) == ("ok", [(False, "silent:wire")])


def test_429_without_retry_after_asks_for_more_time_with_each_repetition():
    slow = FetchFailed("slow down", kind="ratelimited", status=429)
    assert [asked_pause_s(slow, n) for n in (1, 2, 3, 20)] == [60, 120, 240, 3_600]
    assert asked_pause_s(FetchFailed("503", kind="http", status=503, retry_after_s=7.5), 1) == 7.5
    assert asked_pause_s(TIMEOUT, 1) is None


# ── moves ─────────────────────────────────────────────────────────────────────────────────────────


def move(feed: Feed, hours, *, target: str | None = TARGET, same: bool = True, state=None) -> FeedState:
    state = state or FeedState()
    for hour in hours:
        state = moved_feeds.after_answer(feed, state, target, int((NOW_S + hour * HOUR_S) * 1000), same=same)
    return state


def test_redirect_is_taken_up_after_several_polls_over_two_days():
    assert moved_feeds.request_url(FEED, move(FEED, range(0, 47, 6))) == FEED.url
    assert moved_feeds.request_url(FEED, move(FEED, [0, 50])) == FEED.url
    assert moved_feeds.request_url(FEED, move(FEED, [0, 20, 49])) == TARGET


def test_redirect_that_ended_in_between_begins_anew():
    state = move(FEED, [0, 20])
    state = move(FEED, [30], target=None, state=state)
    assert moved_feeds.request_url(FEED, move(FEED, [49, 50, 51], state=state)) == FEED.url


def test_target_with_another_feed_is_never_taken_up():
    state = move(FEED, [0], same=False)
    assert moved_feeds.request_url(FEED, move(FEED, range(10, 100, 10), state=state)) == FEED.url


@pytest.mark.parametrize(
    ("feed", "target"),
    [(replace(FEED, auth="login"), TARGET), (FEED, "http://new.example/rss")],
)
def test_move_that_would_give_away_credentials_or_encryption_is_left_to_the_editor(feed, target):
    state = move(feed, range(0, 100, 10), target=target)
    assert moved_feeds.request_url(feed, state) == feed.url
    assert state.move.redirect_url == target


def test_taken_up_url_is_told_until_the_file_names_it():
    life = Life()
    life.state = move(FEED, [0, 20, 49])._replace(polling=PollRecord(polled_url=FEED.url))
    life.succeed()
    life.succeed()
    assert life.told == [(True, "moved:wire")]
    life.feed = replace(FEED, url=TARGET)
    life.state = moved_feeds.after_answer(life.feed, life.state, None, NOW_S * 1000, same=True)
    life.succeed()
    assert life.told == [(True, "moved:wire"), (False, "moved:wire")]


def test_taken_up_url_that_fails_for_long_is_let_go_of():
    life = Life()
    life.state = move(FEED, [0, 20, 49])._replace(polling=PollRecord(polled_url=FEED.url, notified="moved"))
    for _ in range(4):
        life.fail(NOT_FOUND, HOUR_S)
    assert moved_feeds.request_url(FEED, life.state) == FEED.url
    assert (False, "moved:wire") in life.told
