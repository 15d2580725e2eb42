"""The runs of other DAGs that a resident starts: after an edit, and when an article waits."""

import asyncio
from types import SimpleNamespace

import pytest

from newswatch_airflow import resident
from newswatch_airflow.resident import check_of, reader_of


class Dags:
    """What Airflow says of the DAGs, and which runs were started."""

    def __init__(self):
        self.paused, self.runs, self.started = set(), {}, []

    def get_dag(self, dag_id):
        return SimpleNamespace(is_paused=dag_id in self.paused)

    def get_dr_count(self, dag_id, states):
        return sum(state in states for state in self.runs.get(dag_id, ()))


@pytest.fixture
def dags(monkeypatch):
    made = Dags()
    monkeypatch.setattr(resident, "start_run", lambda dag_id, run_id: made.started.append((dag_id, run_id)))
    return made


def ask(dags, starter):
    asyncio.run(starter({"ti": dags})())
    return [dag_id for dag_id, _ in dags.started]


def test_an_edit_starts_a_check_whatever_runs(dags):
    dags.runs["check_config"] = ["running", "queued"]
    assert ask(dags, check_of) == ["check_config"]
    assert dags.started[0][1].startswith("edit__")


def test_an_article_that_waits_starts_a_reader(dags):
    dags.runs["fetch_articles"] = ["success", "failed"]
    assert ask(dags, reader_of) == ["fetch_articles"]
    assert dags.started[0][1].startswith("article__")


@pytest.mark.parametrize("state", ["queued", "running"])
def test_runs_of_the_reader_do_not_pile_up(dags, state):
    dags.runs["fetch_articles"] = [state]
    assert ask(dags, reader_of) == []


@pytest.mark.parametrize(("starter", "dag_id"), [(check_of, "check_config"), (reader_of, "fetch_articles")])
def test_a_paused_dag_gets_no_run(dags, starter, dag_id):
    dags.paused.add(dag_id)
    assert ask(dags, starter) == []
