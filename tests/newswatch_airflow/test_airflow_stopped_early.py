"""A resident whose worker is stopped: who goes on with its work."""

from datetime import datetime, timezone
from types import SimpleNamespace

import pytest

from newswatch.errors import RetryableError, StoppedEarly
from newswatch.pipeline.base.shift import ASKED_TO_END
from newswatch_airflow import resident


class Nothing:
    """Services of which only the clock is used."""

    @staticmethod
    def clock():
        return datetime.now(timezone.utc)

    async def __aenter__(self):
        return self

    async def __aexit__(self, *_):
        return None


@pytest.fixture
def stay(monkeypatch):
    """Works a shift that ends for a reason, as the shard with this index, or as the only task of its run (-1)."""

    def stay(reason, map_index):
        async def work(shift):
            shift.end(reason)
            return SimpleNamespace(as_dict=lambda: {"polled": 1})

        monkeypatch.setattr("newswatch_airflow.resident.CALM_S", 0.0)
        monkeypatch.setattr("newswatch_airflow.resident.task_services", lambda **_: Nothing())
        monkeypatch.setattr("newswatch_airflow.stage_work.work_of", lambda *_: work)
        task = SimpleNamespace(
            run_id="r", try_number=1, dag_id="poll_feeds", task_id="poll", map_index=map_index
        )
        run = SimpleNamespace(start_date=datetime.now(timezone.utc))
        return resident.stay({"ti": task, "dag_run": run}, "poll-1")

    return stay


def test_a_shard_is_tried_again_because_its_run_goes_on_with_the_others(stay):
    with pytest.raises(StoppedEarly, match="Another worker goes on") as raised:
        stay(ASKED_TO_END, 0)
    assert isinstance(raised.value, RetryableError)


@pytest.mark.parametrize(
    ("reason", "map_index"), [(ASKED_TO_END, -1), ("its DAG was paused", 0), ("the code on disk changed", 0)]
)
def test_what_the_next_run_goes_on_with_ends_well(stay, reason, map_index):
    assert stay(reason, map_index) == {"polled": 1}
