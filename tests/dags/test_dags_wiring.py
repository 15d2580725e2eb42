"""What must hold for every DAG file, without a database: imports, wiring, and words for who is on call."""

import json
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest
from airflow.dag_processing.dagbag import DagBag
from airflow.sdk import DeltaTriggerTimetable
from airflow.sdk.definitions.mappedoperator import MappedOperator
from airflow.sdk.definitions.timetables.simple import ContinuousTimetable, NullTimetable
from airflow.serialization.serialized_objects import DagSerialization

from newswatch.pipeline.base.shift import MOST_LONGER_S
from newswatch_airflow.resident import LONGER_S, stays
from newswatch_airflow.versions import HAS_RETRY_POLICIES
from newswatch_airflow.worker_stop import RESIDENTS

ROOT = Path(__file__).resolve().parents[2]
DAG_IDS = ("check_config", "deliver_alerts", "fetch_articles", "housekeeping", "match_items", "poll_feeds")


@pytest.fixture(scope="module")
def bag():
    return DagBag(str(ROOT / "dags"))


def worked_tasks(dag):
    """The tasks that run in a process of their own."""
    return [task for task in dag.tasks if task.task_type != "EmptyOperator"]


def said_of(task):
    """A task's arguments as written; a mapped task keeps them for its copies."""
    return task.partial_kwargs if isinstance(task, MappedOperator) else vars(task)


def test_dags_import_without_errors(bag):
    assert bag.import_errors == {}
    assert set(DAG_IDS) <= set(bag.dags)


@pytest.mark.parametrize(("shards", "most"), [(1, 16), (20, 20)])
def test_all_poll_shards_may_run_at_once(monkeypatch, shards, most):
    monkeypatch.setenv("NEWSWATCH_POLL_SHARDS", str(shards))
    assert stays("poll_feeds")["max_active_tasks"] == most


def test_dag_with_a_schedule_whose_runs_tasks_start_too_is_not_held_up_by_those(bag):
    """Airflow 3.3 does not notice that such a run has ended, so the others must not count as too many."""
    assert bag.dags["check_config"].max_active_runs >= 16


@pytest.mark.parametrize("dag_id", DAG_IDS)
def test_dag_is_never_active_twice_at_once_nor_paused_from_the_start(bag, dag_id):
    dag = bag.dags[dag_id]
    assert dag.catchup is False
    assert 1 in (dag.max_active_runs, dag.max_active_tasks)
    assert dag.is_paused_upon_creation is False
    assert "newswatch" in dag.tags


@pytest.mark.parametrize("dag_id", DAG_IDS)
def test_dag_tells_whoever_is_on_call_what_red_means_and_what_to_do(bag, dag_id):
    dag = bag.dags[dag_id]
    for heading in ("**What it does.**", "**What red means.**", "**What to do.**"):
        assert heading in dag.doc_md
    assert all(said_of(task)["doc_md"] for task in dag.tasks)
    assert all(task.owner == "newswatch" for task in dag.tasks)


@pytest.mark.parametrize("dag_id", DAG_IDS)
def test_dag_recovers_fast(bag, dag_id):
    dag = bag.dags[dag_id]
    assert dag.dagrun_timeout is not None
    for task in worked_tasks(dag):
        settings = said_of(task)
        assert settings["retries"] >= 2, task.task_id
        assert settings["retry_delay"] <= timedelta(seconds=5), task.task_id
        assert settings["execution_timeout"] < dag.dagrun_timeout, task.task_id
        if HAS_RETRY_POLICIES:
            assert settings["retry_policy"] is not None, task.task_id


@pytest.mark.parametrize("dag_id", DAG_IDS)
def test_dag_survives_the_way_into_the_metadata_database(bag, dag_id):
    stored = DagSerialization.serialize_dag(bag.dags[dag_id])
    assert DagSerialization.deserialize_dag(json.loads(json.dumps(stored))).dag_id == dag_id


def test_a_stopped_worker_knows_the_dags_that_stay(bag):
    staying = {dag_id for dag_id, dag in bag.dags.items() if isinstance(dag.timetable, ContinuousTimetable)}
    assert staying | {"fetch_articles"} == RESIDENTS
    assert isinstance(bag.dags["fetch_articles"].timetable, NullTimetable), "poll_feeds starts it"


@pytest.mark.parametrize("dag_id", sorted(RESIDENTS))
def test_resident_has_time_for_its_shift(bag, dag_id):
    dag = bag.dags[dag_id]
    (task,) = dag.tasks
    settings = said_of(task)
    assert settings["execution_timeout"] == timedelta(minutes=32)
    assert dag.dagrun_timeout == timedelta(minutes=35)
    assert LONGER_S == MOST_LONGER_S
    assert settings["retries"] >= 10


def test_shift_comes_from_the_environment(monkeypatch):
    monkeypatch.setenv("NEWSWATCH_SHIFT", "60s")
    dag = DagBag(str(ROOT / "dags" / "match_items.py")).dags["match_items"]
    assert dag.dagrun_timeout == timedelta(minutes=26)


@pytest.mark.parametrize(
    ("dag_id", "task_id", "inlets", "outlets"),
    [
        ("poll_feeds", "poll", [], ["newswatch_items"]),
        ("fetch_articles", "read_articles", [], ["newswatch_items"]),
        ("match_items", "match", ["newswatch_items"], ["newswatch_alerts"]),
        ("deliver_alerts", "deliver", ["newswatch_alerts"], []),
    ],
)
def test_asset_graph_shows_the_data_path(bag, dag_id, task_id, inlets, outlets):
    task = bag.dags[dag_id].get_task(task_id)
    settings = said_of(task)
    assert [one.name for one in settings.get("inlets", ())] == inlets
    assert [one.name for one in settings.get("outlets", ())] == outlets


def test_check_config_has_a_timer_and_nothing_needs_a_triggerer(bag):
    assert isinstance(bag.dags["check_config"].timetable, DeltaTriggerTimetable)
    assert not any(asset.watchers for dag in bag.dags.values() for asset in assets_of(dag))
    assert not any(dag.deadline for dag in bag.dags.values())


def assets_of(dag):
    return [one for task in dag.tasks for one in (*task.inlets, *task.outlets)]


def test_number_of_shards_comes_from_the_environment(monkeypatch):
    monkeypatch.setenv("NEWSWATCH_POLL_SHARDS", "3")
    dag = DagBag(str(ROOT / "dags" / "poll_feeds.py")).dags["poll_feeds"]
    assert dag.get_task("poll").op_kwargs_expand_input.value == {"shard": [1, 2, 3]}


def test_bad_number_of_shards_leaves_the_dag_in_sight_whose_tasks_name_it(monkeypatch):
    monkeypatch.setenv("NEWSWATCH_POLL_SHARDS", "many")
    bag = DagBag(str(ROOT / "dags" / "poll_feeds.py"))
    assert bag.import_errors == {}
    assert bag.dags["poll_feeds"].get_task("poll").op_kwargs_expand_input.value == {"shard": [1]}


def test_dag_files_import_nothing_heavy():
    """Every task process parses its DAG file again: the clients and the matcher wait for the task."""
    code = (
        "import sys; sys.path.insert(0, 'plugins'); sys.path.insert(0, 'dags')\n"
        "import check_config, deliver_alerts, fetch_articles, housekeeping, match_items, poll_feeds\n"
        "heavy = {'redis', 'slack_sdk', 'feedparser', 'lxml', 'ahocorasick_rs', 'newswatch.pipeline'}\n"
        "print(sorted(heavy & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=240, check=True
    )
    assert done.stdout.strip().splitlines()[-1] == "[]"
