"""What the first page says is not as it should be."""

from __future__ import annotations

import pytest

from newswatch.pipeline.base.feed_causes import causes
from newswatch.pipeline.oversight.findings import feeds_finding, finding_of


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
