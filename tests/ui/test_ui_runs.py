"""What Airflow's own database says of our DAGs: paused, red, and which run did a step."""

from datetime import datetime, timedelta, timezone

import pytest
from airflow.models.dag import DagModel
from airflow.models.dagbundle import DagBundleModel
from airflow.models.dagrun import DagRun
from airflow.models.taskinstance import TaskInstance
from airflow.utils.session import create_session
from airflow.utils.state import DagRunState
from airflow.utils.types import DagRunType
from sqlalchemy import insert

from newswatch.pipeline.oversight.alerts import Step
from newswatch_airflow.ui import runs

NOW = datetime(2026, 11, 23, 7, 0, tzinfo=timezone.utc)


@pytest.fixture
def dags(airflow_app):
    """All our DAGs known and switched on; hands out a function that adds a run."""
    with create_session() as session:
        session.add(DagBundleModel(name="ours"))
        session.flush()
        for dag_id in runs.PIPELINE:
            session.add(DagModel(dag_id=dag_id, bundle_name="ours", is_paused=False, is_stale=False))

    def add_run(dag_id, run_id, state, start, end):
        with create_session() as session:
            run = DagRun(
                dag_id=dag_id, run_id=run_id, run_type=DagRunType.SCHEDULED, state=state, run_after=start
            )
            run.start_date, run.end_date = start, end
            session.add(run)

    yield add_run
    with create_session() as session:
        for model in (TaskInstance, DagRun, DagModel, DagBundleModel):
            session.query(model).delete()


def task(dag_id, run_id, queued):
    """A task of this run that Airflow queued then."""
    row = {"dag_id": dag_id, "run_id": run_id, "task_id": "stay", "state": "queued"}
    with create_session() as session:
        session.execute(
            insert(TaskInstance.__table__).values(
                **row, queued_dttm=queued, pool="default_pool", pool_slots=1
            )
        )


def causes():
    return [(finding.cause, finding.runbook) for finding in runs.findings(runs.standings())]


def test_healthy_dags_give_no_finding(dags):
    dags("poll_feeds", "one", DagRunState.SUCCESS, NOW, NOW + timedelta(seconds=5))
    assert causes() == []


def test_paused_dag_is_named_with_what_stands_still(dags):
    with create_session() as session:
        session.get(DagModel, "match_items").is_paused = True
    (finding,) = runs.findings(runs.standings())
    assert "match_items is paused" in finding.what
    assert finding.runbook == "a-dag-is-paused"


def test_red_run_whose_causes_are_over_is_no_problem(dags):
    ended = NOW + timedelta(seconds=5)
    dags("deliver_alerts", "one", DagRunState.FAILED, NOW, ended)
    found = runs.standings()
    assert runs.failed(found) == {"deliver_alerts": ended}
    assert runs.findings(found, {"deliver_alerts"}) == []


def test_last_finished_run_decides_about_red(dags):
    dags("deliver_alerts", "one", DagRunState.FAILED, NOW, NOW + timedelta(seconds=5))
    dags("deliver_alerts", "two", DagRunState.RUNNING, NOW + timedelta(minutes=1), None)
    assert causes() == [("dag:deliver_alerts", "a-run-is-red")]
    dags(
        "deliver_alerts", "three", DagRunState.SUCCESS, NOW + timedelta(minutes=2), NOW + timedelta(minutes=3)
    )
    assert causes() == []


def test_task_that_airflow_is_starting_is_known_by_its_dag(dags):
    dags("match_items", "one", DagRunState.SUCCESS, NOW, NOW + timedelta(seconds=5))
    dags("match_items", "two", DagRunState.RUNNING, NOW + timedelta(minutes=1), None)
    dags("deliver_alerts", "one", DagRunState.SUCCESS, NOW, NOW + timedelta(seconds=5))
    queued = NOW + timedelta(minutes=1, seconds=2)
    task("match_items", "one", NOW)
    task("match_items", "two", queued)
    task("deliver_alerts", "one", NOW)
    assert runs.begun(runs.standings()) == {"match_items": queued}


def test_step_is_given_the_run_that_was_at_work(dags):
    dags("match_items", "one", DagRunState.SUCCESS, NOW, NOW + timedelta(seconds=5))
    dags("match_items", "two", DagRunState.RUNNING, NOW + timedelta(minutes=1), None)
    steps = [
        Step("Matched", NOW + timedelta(seconds=3), "", "match_items"),
        Step("Queued", NOW + timedelta(seconds=30), "", "match_items"),
        Step("Again", NOW + timedelta(seconds=90), "", "match_items"),
        Step("Sent", None, "", "deliver_alerts"),
    ]
    assert runs.runs_of(steps) == {"Matched": "one", "Again": "two"}
