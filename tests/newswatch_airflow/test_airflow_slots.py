"""Too few slots are named with the setting that fixes it."""

import pytest

from newswatch_airflow.slots import too_few_slots


@pytest.mark.parametrize(
    ("executor", "name", "slots"),
    [
        ("LocalExecutor", "AIRFLOW__CORE__PARALLELISM", 6),
        ("CeleryExecutor", "AIRFLOW__CELERY__WORKER_CONCURRENCY", 2),
    ],
)
def test_too_few_slots_are_named_with_their_setting(monkeypatch, executor, name, slots):
    monkeypatch.setenv("AIRFLOW__CORE__EXECUTOR", executor)
    monkeypatch.setenv("AIRFLOW__CORE__PARALLELISM", "32")
    monkeypatch.setenv("AIRFLOW__CELERY__WORKER_CONCURRENCY", "16")
    assert too_few_slots(2) == ""
    monkeypatch.setenv(name, str(slots))
    assert f"only {slots} task slots ({name})" in too_few_slots(2)
    assert "at least 7" in too_few_slots(2)


def test_each_worker_brings_its_slots(monkeypatch):
    """Two shards for each worker: eight shards mean four workers, whose residents take eleven slots."""
    monkeypatch.setenv("AIRFLOW__CORE__EXECUTOR", "CeleryExecutor")
    monkeypatch.setenv("AIRFLOW__CELERY__WORKER_CONCURRENCY", "8")
    assert too_few_slots(8) == ""
    monkeypatch.setenv("AIRFLOW__CELERY__WORKER_CONCURRENCY", "3")
    assert "only 3 task slots on each of 4 workers (AIRFLOW__CELERY__WORKER_CONCURRENCY)" in too_few_slots(8)
    assert "at least 4" in too_few_slots(8)
