"""Which of a story's headlines a message shows."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import pytest

from newswatch.models import Alert
from newswatch.stories.headline import best, points, replaces

NOON = datetime(2026, 11, 26, 12, 0, tzinfo=timezone.utc)
EVENT = (("who", "RBI"), ("does", "bars"), ("what", "crypto firms"))


def alert(title: str, event=EVENT, minutes: int = 0) -> Alert:
    seen = NOON + timedelta(minutes=minutes)
    return Alert(
        "a", "r", "high", "C1", title, 0, "wire", "", title, (), None, seen, seen, "1-a", "s", event=event
    )


CLEAR = "RBI bars crypto firms from opening accounts"


@pytest.mark.parametrize(
    "worse",
    [
        "Live: RBI bars crypto firms from opening accounts",
        "RBI bars crypto firms: what we know so far",
        "Will the RBI bars on crypto firms hold?",
        "Opinion | RBI bars crypto firms and errs",
        "Why RBI bars crypto firms from accounts",
        "RBI decision",
        "India takes a big decision on digital money",
    ],
)
def test_headline_that_says_who_does_what_is_clearly_better(worse):
    assert best([alert(worse), alert(CLEAR, minutes=5)]).title == CLEAR
    assert replaces(alert(CLEAR), alert(worse))
    assert not replaces(alert(worse), alert(CLEAR))


def test_headline_that_is_as_good_replaces_nothing():
    other = alert("RBI bars crypto firms from accounts, banks told", minutes=5)
    assert points(other) == points(alert(CLEAR)) == 3
    assert not replaces(other, alert(CLEAR))
    assert best([other, alert(CLEAR)]).title == CLEAR


def test_without_an_event_only_faults_count():
    plain = alert("Central bank opposes the new bill", ())
    assert points(plain) == 0
    assert replaces(plain, alert("Live: central bank opposes the new bill", ()))


def test_nothing_is_best_of_nothing():
    assert best([]) is None
    assert not replaces(None, alert(CLEAR))
    assert not replaces(alert(CLEAR), None)
