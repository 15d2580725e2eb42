"""How well lists are found on saved pages: the same figures as `bench.sources`, with the shares that are promised."""

from __future__ import annotations

import json
from statistics import fmean

import pytest
from bench import sources

pytestmark = [
    pytest.mark.shared,
    pytest.mark.skipif(not sources.DATA.is_dir(), reason=f"the measuring data is absent ({sources.DATA})"),
]


@pytest.fixture(scope="module")
def results() -> list[sources.Result]:
    documents = json.loads((sources.DATA / "manifest.json").read_text(encoding="utf-8"))
    return [sources.measured(one, runs=1) for one in documents if one["kind"] == "html"]


def test_list_pages_are_read_as_well_as_promised(results):
    lists = [one for one in results if one.mode == "list"]

    assert fmean(one.recall for one in lists) >= 0.95
    assert fmean(one.precision for one in lists) >= 0.97
    assert sum(one.recall >= 0.95 and one.precision >= 0.95 for one in lists) >= 0.85 * len(lists)
    assert sum(one.dates_right for one in lists) >= 0.9 * sum(one.dated for one in lists)
    assert sum(one.false_dates for one in lists) <= 0.02 * sum(one.undated for one in lists)


def test_pages_without_a_list_give_none(results):
    assert [one.file for one in results if one.mode == "none" and one.reported] == []


def test_front_pages_give_most_of_their_headlines(results):
    assert fmean(one.recall for one in results if one.mode == "frontpage") >= 0.7
