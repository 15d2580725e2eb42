"""How long a shift lasts: a task that is tried again works only the rest of its run's shift."""

from datetime import datetime, timedelta, timezone

import pytest

from newswatch.pipeline.base.shift import rest_of

BEGAN = datetime(2026, 11, 23, 7, 0, tzinfo=timezone.utc)


@pytest.mark.parametrize(
    ("since_s", "left_s"),
    [
        (0, 600.0),
        (250, 350.0),
        (600, 0.0),
        (4000, 0.0),  # release windows made it longer, and then it was killed
        (-5, 600.0),  # the clock of the scheduler is ahead
    ],
)
def test_a_retry_works_only_the_rest(since_s, left_s):
    assert rest_of(600.0, BEGAN, BEGAN + timedelta(seconds=since_s)) == left_s


def test_outside_airflow_it_is_a_whole_shift():
    assert rest_of(600.0, None, BEGAN) == 600.0
