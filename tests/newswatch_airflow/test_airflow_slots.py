"""Too few slots are named with the limit that fixes it: executor, pool, DAG, or whatever keeps a stage silent."""

from datetime import datetime, timedelta, timezone

import pytest
from airflow.models.dag import DagModel
from airflow.models.dagbundle import DagBundleModel
from airflow.models.dagrun import DagRun
from airflow.models.pool import Pool
from airflow.models.taskinstance import TaskInstance
from airflow.utils.db import initdb
from airflow.utils.session import create_session
from airflow.utils.types import DagRunType
from sqlalchemy import insert

from newswatch.residents import resident_stages
from newswatch.store.pulses import Pulse
from newswatch_airflow.slots import held_up, too_few_slots, too_low_in_database

NOW = datetime(2026, 11, 23, 7, 0, tzinfo=timezone.utc)


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


@pytest.fixture
def running():
    """A database in which poll_feeds has two running tasks and match_items one."""
    initdb()
    with create_session() as session:
        # Other tests in this process may have left DAGs here.
        for model in (TaskInstance, DagRun, DagModel, DagBundleModel):
            session.query(model).delete()
        session.add(DagBundleModel(name="ours"))
        session.flush()
        for dag_id, tasks in (("poll_feeds", 2), ("match_items", 1)):
            session.add(DagModel(dag_id=dag_id, bundle_name="ours", max_active_tasks=16))
            session.add(
                DagRun(
                    dag_id=dag_id, run_id="one", run_type=DagRunType.SCHEDULED, state="running", run_after=NOW
                )
            )
            session.flush()
            for index in range(tasks):
                row = {"dag_id": dag_id, "run_id": "one", "task_id": "stay", "map_index": index}
                place = {"state": "running", "pool": "default_pool", "pool_slots": 1}
                session.execute(insert(TaskInstance.__table__).values(**row, **place))
    yield
    resize("default_pool", 128)
    with create_session() as session:
        for model in (TaskInstance, DagRun, DagModel, DagBundleModel):
            session.query(model).delete()


def resize(pool, slots):
    with create_session() as session:
        session.query(Pool).filter_by(pool=pool).update({"slots": slots})


def test_pool_with_too_few_slots_is_named(running):
    assert too_low_in_database(2) == ""
    resize("default_pool", 6)
    said = too_low_in_database(2)
    assert "pool default_pool has only 6 slots" in said
    assert "at least 7 (Admin, Pools)" in said
    resize("default_pool", -1)  # without a limit
    assert too_low_in_database(2) == ""


def test_dag_that_may_not_run_all_its_shards_is_named(running):
    with create_session() as session:
        session.get(DagModel, "poll_feeds").max_active_tasks = 3
    assert too_low_in_database(3) == ""
    assert "poll_feeds may run only 3 tasks at once" in too_low_in_database(4)


def pulse(stage, *, heard_s=2, since_s=300):
    since = NOW - timedelta(seconds=since_s)
    return Pulse(stage, "working", since, since + timedelta(minutes=10), NOW - timedelta(seconds=heard_s))


def test_silent_stage_whose_task_gets_no_slot_is_named():
    at_work = [pulse("poll-1"), pulse("match"), pulse("deliver")]
    waiting = {"poll_feeds": 1}.get
    stages = resident_stages(2)
    said = held_up(stages, at_work, NOW, lambda dag_id: waiting(dag_id, 0))
    assert said.startswith("The poll-2 stage is silent because no task slot is free.")
    assert "pool" in said
    # It is silent for another reason: its task has a slot, or it was heard from.
    assert held_up(stages, at_work, NOW, lambda _: 0) == ""
    assert held_up(stages, [*at_work, pulse("poll-2")], NOW, lambda _: 1) == ""


def test_nothing_is_said_of_slots_while_all_stages_begin():
    begun = [pulse(stage, since_s=20) for stage in ("poll-1", "match")]
    assert held_up(resident_stages(2), begun, NOW, lambda _: 1) == ""
