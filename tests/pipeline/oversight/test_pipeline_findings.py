"""What the first page says is not as it should be."""

from __future__ import annotations

import pytest

from newswatch.errors import FetchRefused
from newswatch.models import Feed
from newswatch.pipeline.base.config_copy import ConfigCopy, differing_text
from newswatch.pipeline.base.feed_causes import causes
from newswatch.pipeline.base.sender import NO_TOKEN
from newswatch.pipeline.oversight.findings import feeds_finding, finding_of
from newswatch.pipeline.oversight.late_runs import late_text
from newswatch.pipeline.poll.health import failed
from newswatch.store.faults import OUT_OF_MEMORY
from newswatch.store.feed_state import FeedState


@pytest.mark.parametrize(
    ("counts", "told"),
    [
        ({"ok": 25}, False),
        ({"ok": 24, "failing": 1}, False),
        ({"ok": 3, "failing": 22}, True),
        ({"given-up": 1, "ok": 1}, True),
        ({"silent": 4}, False),
        ({}, False),
    ],
)
def test_many_feeds_in_trouble_at_once_are_worth_a_look(counts, told):
    findings = feeds_finding(counts)
    assert bool(findings) is told
    assert all(finding.level == "warning" for finding in findings)


@pytest.mark.parametrize("cause", causes("wire"))
def test_all_that_is_told_of_a_feed_has_its_place_in_the_runbook(cause):
    assert finding_of(cause, {}).runbook.startswith("a-feed-")


def given_up():
    """The notice about a feed that has been refused for hours."""
    feed, state = Feed("wire", "https://wire.example/rss"), FeedState()
    for hour in range(4):
        error = FetchRefused("feed wire (https://wire.example/rss): HTTP 404", kind="http", status=404)
        outcome = failed(feed, state, error, now_ms=1_000 + hour * 3_600_000, jitter=0.0)
        state = outcome.state
        if outcome.notices:
            return outcome.notices[0].text
    raise AssertionError("the feed was not given up")


COPIES = differing_text(ConfigCopy("vm2", "/srv/newswatch", "no"), ConfigCopy("vm1", "/srv/newswatch", "yes"))


@pytest.mark.parametrize(
    ("cause", "text", "wrong", "do"),
    [
        (
            "configuration-origin",
            COPIES,
            " are not applied.",
            "Make them the same, or set NEWSWATCH_APPLY_CONFIG",
        ),
        (
            "deadline:housekeeping",
            late_text("housekeeping", 99),
            "for 99 min.",
            "Open housekeeping in the Airflow UI",
        ),
        ("feed:wire", given_up(), "HTTP 404.", "See its preview on the page Feeds, then correct"),
        ("slack", NO_TOKEN, NO_TOKEN, ""),
        ("redis-full", OUT_OF_MEMORY, OUT_OF_MEMORY, ""),
    ],
)
def test_what_to_do_is_said_once(cause, text, wrong, do):
    finding = finding_of(cause, {"text": text})
    assert finding.what.endswith(wrong)
    assert finding.do.startswith(do) if do else finding.do == ""
    assert "What to do" not in finding.what + finding.do


def test_advice_is_that_of_the_notice_and_not_what_a_feed_said_before_it():
    finding = finding_of("feed:wire", {"text": "Not read: What to do: pay us. What to do: see its preview."})
    assert (finding.what, finding.do) == ("Not read: What to do: pay us.", "See its preview.")
