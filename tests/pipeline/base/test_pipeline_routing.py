"""Quiet hours and digests follow the receiver's clock, through both changes of the hour."""

from __future__ import annotations

from datetime import datetime, timezone

import pytest

from newswatch.models import Digest, QuietHours, Receiver
from newswatch.pipeline.base.routing import named_channel, next_local, quiet_end, routes

ZURICH = "Europe/Zurich"
QUIET = QuietHours("22:00", "07:00", ZURICH, except_severity="high")


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=timezone.utc)


@pytest.mark.parametrize(
    ("now", "end"),
    [
        ("2026-11-23T20:59", None),
        ("2026-11-23T21:00", "2026-11-24T06:00"),
        ("2026-11-24T05:59", "2026-11-24T06:00"),
        ("2026-11-24T06:00", None),
        # the night of the change to summer time: 22:00 is 21:00 UTC, 07:00 is 05:00 UTC
        ("2026-03-28T21:00", "2026-03-29T05:00"),
        # and back: 22:00 is 20:00 UTC, 07:00 is 06:00 UTC
        ("2026-10-24T20:00", "2026-10-25T06:00"),
        ("2026-10-25T05:30", "2026-10-25T06:00"),
    ],
)
def test_quiet_hours_end_at_the_local_time_of_the_receiver(now, end):
    assert quiet_end(QUIET, utc(now)) == (utc(end) if end else None)


def test_quiet_hours_within_one_day_end_the_same_day():
    assert quiet_end(QuietHours("12:00", "13:00", "UTC"), utc("2026-11-23T12:30")) == utc("2026-11-23T13:00")


@pytest.mark.parametrize(
    ("now", "end"),
    [
        ("2026-10-25T00:29", "2026-10-25T00:30"),
        ("2026-10-25T00:30", None),
        ("2026-10-25T01:10", None),  # 02:10 for the second time
        ("2026-10-25T01:45", None),
        ("2026-10-25T21:00", "2026-10-26T01:30"),
    ],
)
def test_quiet_hours_that_end_in_the_repeated_hour_of_autumn_end_once(now, end):
    quiet = QuietHours("22:00", "02:30", ZURICH)
    assert quiet_end(quiet, utc(now)) == (utc(end) if end else None)


def test_local_time_that_the_spring_change_skips_still_comes_that_day():
    due = next_local("02:30", ZURICH, utc("2026-03-29T00:00"))
    assert utc("2026-03-29T00:30") <= due <= utc("2026-03-29T01:30")


def test_local_time_that_the_autumn_change_repeats_comes_once():
    first = next_local("02:30", ZURICH, utc("2026-10-24T20:00"))
    assert first == utc("2026-10-25T00:30")
    assert next_local("02:30", ZURICH, first) == utc("2026-10-26T01:30")


def test_high_severity_passes_quiet_hours_that_except_it():
    receiver = Receiver("policy", "C1", quiet=QUIET)
    (held,) = routes([receiver], "medium", utc("2026-11-23T23:00"))
    (passed,) = routes([receiver], "high", utc("2026-11-23T23:00"))
    assert (held.kind, held.due) == ("digest", utc("2026-11-24T06:00"))
    assert passed.kind == "each"


def test_digest_goes_out_at_its_local_time():
    receiver = Receiver("policy", "C1", mode="digest", digest=Digest("08:00", ZURICH))
    (route,) = routes([receiver], "high", utc("2026-11-23T07:30"))
    assert (route.kind, route.due) == ("digest", utc("2026-11-24T07:00"))


def test_receivers_sharing_a_channel_get_one_alert_by_the_most_immediate():
    digest = Receiver("slow", "C1", mode="digest", digest=Digest("08:00", ZURICH))
    (route,) = routes([digest, Receiver("fast", "C1")], "low", utc("2026-11-23T12:00"))
    assert route.kind == "each"


def test_channel_has_the_names_of_its_receivers():
    receivers = [
        Receiver("policy", "C0123456789"),
        Receiver("ops", "C0999999999"),
        Receiver("markets", "C0123456789"),
    ]
    assert named_channel("C0123456789", receivers) == "C0123456789 (policy, markets)"
    assert named_channel("C0777777777", receivers) == "C0777777777"
