"""Charts: geometry, and the sentence that says what each of them shows."""

from datetime import datetime, timezone

import pytest

from newswatch.store.hops import EDGES_S, HopTimes, together
from newswatch_airflow.ui.charts import queue_day, strips, time_line, times_by_hour
from newswatch_airflow.ui.page import between

NOW = datetime(2026, 11, 27, 14, 30, tzinfo=timezone.utc)


def times(**columns):
    counts = [0] * (len(EDGES_S) + 1)
    for edge, number in columns.items():
        counts[EDGES_S.index(float(edge[1:]))] = number
    return HopTimes(tuple(counts), 0.0)


def test_time_line_goes_from_the_first_to_the_last():
    dots = time_line([0, 30, 120], ["wire", "daily", "markets"])
    assert [(dot.at, dot.label) for dot in dots] == [(0, "wire"), (25, "daily"), (100, "markets")]
    assert [dot.at for dot in time_line([0, 0], ["a", "b"])] == [0, 0]


def test_strips_have_one_scale_and_the_busiest_feed_first():
    found = strips({"quiet": [0] * 23 + [1], "busy": [4] + [0] * 22 + [2], "none": [0] * 24}, NOW, 2)
    assert [(one.name, one.total) for one in found] == [("busy", 6), ("quiet", 1)]
    assert found[0].grid.cells[0].level == 1
    assert found[1].grid.cells[-1].level < found[0].grid.cells[-1].level < 1
    assert found[0].grid.summary == "busy: 6 items in 24 hours, the most at 15:00 UTC (4)"


def test_times_by_hour_name_the_slowest_hour_and_share_a_scale():
    drawn = times_by_hour([(None, None), ((0.5, 1), (60, 300)), ((1, 2.5), (2.5, 5))], NOW, between)
    assert drawn.behind.summary.endswith("The slowest hour: 13:00 UTC: p50 500 ms–1 s, p95 1–5 min")
    assert drawn.behind.bars[0].height == 0
    assert drawn.behind.bars[0].label == "12:00 UTC: none"
    assert all(
        front.height < back.height
        for front, back in zip(drawn.front.bars[1:], drawn.behind.bars[1:], strict=True)
    )
    assert times_by_hour([], NOW, between).behind.bars == ()


def test_share_lies_in_a_column_and_the_last_one_is_open():
    assert times(_1=4).column(0.5) == (0.5, 1)
    assert times(_1=1, _5=1).column(0.95) == (2.5, 5)
    assert times().column(0.5) is None
    late = HopTimes((*[0] * len(EDGES_S), 2), 0.0)
    assert late.column(0.5) == (EDGES_S[-1], None)
    assert together([times(_1=4), times(_5=2)]).counts == times(_1=4, _5=2).counts


@pytest.mark.parametrize(
    ("column", "said"),
    [
        ((0.0, 0.1), "under 100 ms"),
        ((0.25, 0.5), "250–500 ms"),
        ((0.5, 1), "500 ms–1 s"),
        ((30, 60), "30 s–1 min"),
        ((300, 900), "5–15 min"),
        ((14_400, None), "over 4 h"),
    ],
)
def test_column_is_said_with_both_ends(column, said):
    assert between(column) == said


def test_queue_over_the_day_shows_the_longest_of_each_ten_minutes_and_where_nothing_was_measured():
    now_s = int(NOW.timestamp())
    samples = [(now_s - 86_400, 99), (now_s - 3_600, 4), (now_s - 3_540, 7), (now_s - 1_200, 0), (now_s, 2)]
    found = queue_day(samples, NOW, "Messages queued")
    assert len(found.bars) == 144
    assert found.bars[-7].height < found.height  # seven are not many
    assert found.most == 7  # the sample of a day ago is too old to be shown
    assert [bar.label for bar in found.bars[-7:]] == [
        "13:30 UTC: 7",
        "13:40 UTC: not measured",
        "13:50 UTC: not measured",
        "14:00 UTC: not measured",
        "14:10 UTC: 0",
        "14:20 UTC: not measured",
        "14:30 UTC: 2",
    ]
    assert found.summary == "Messages queued: at most 7, in the ten minutes from 13:30 UTC"


def test_queue_that_was_empty_differs_from_one_that_was_not_measured():
    now_s = int(NOW.timestamp())
    assert queue_day([(now_s, 0)], NOW, "Items").summary == "Items: none in the last 24 hours"
    assert queue_day([], NOW, "Items").summary == "Items: not measured in the last 24 hours"
