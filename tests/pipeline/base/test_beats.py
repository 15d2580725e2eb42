"""Beats that come late are remembered for a while, with since when."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

from newswatch.pipeline.base.beats import LATE_S, REMEMBERED_S, Beats

START = datetime(2026, 1, 1, tzinfo=timezone.utc)


def after(*seconds: float) -> Beats:
    """Beats at these times, from the start of a shift."""
    beats = Beats()
    for at in seconds:
        beats.beat(START + timedelta(seconds=at), at)
    return beats


def test_beats_on_time_are_not_late():
    assert after(0, 5, 10, 10 + LATE_S).late_since is None


def test_late_beat_counts_from_the_beat_before_it():
    assert after(0, 5, 45).late_since == START + timedelta(seconds=5)


def test_first_late_beat_of_many_says_since_when():
    assert after(0, 20, 25, 60, 65).late_since == START


def test_beats_that_are_on_time_for_a_while_are_not_late_any_more():
    assert after(0, 20, 25, 20 + REMEMBERED_S).late_since is not None
    assert after(0, 20, *range(25, 22 + int(REMEMBERED_S), 5), 21 + REMEMBERED_S).late_since is None
