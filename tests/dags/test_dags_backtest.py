"""`backtest_rule` from the trigger form to the report in the run, against a real Redis."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest
from airflow.dag_processing.dagbag import DagBag
from airflow.models.xcom import XComModel
from airflow.sdk.exceptions import ParamValidationError
from airflow.serialization.serialized_objects import DagSerialization
from airflow.utils.session import create_session

from airflow_sandbox import ROOT
from newswatch_airflow.backtest import MAX_REPORT_BYTES

pytestmark = [pytest.mark.airflow]

RULES = "rules:\n  - {id: central-bank-opposes, query: '%s', notify: [policy]}\n"


@pytest.fixture
def dag():
    return DagBag(str(ROOT / "dags" / "backtest_rule.py")).dags["backtest_rule"]


@pytest.fixture
def stocked(world):
    """A world whose stream holds a story that the rule in force matches."""
    world.site.publish(repeat_after_s=0)
    world.run("check_config")
    world.run("poll_feeds")
    return world


def asked(**conf):
    """A run with this form; its state and its report. The file is read afresh, as Airflow does for a task."""
    run = DagBag(str(ROOT / "dags" / "backtest_rule.py")).dags["backtest_rule"].test(run_conf=conf)
    rows = XComModel.get_many(
        run_id=run.run_id, key="return_value", task_ids="backtest", dag_ids="backtest_rule"
    )
    with create_session() as session:
        found = [XComModel.deserialize_value(row) for row in session.scalars(rows)]
    return str(run.state), (found[0] if found else None)


def contents(world):
    return {key: world.redis.dump(key) for key in world.redis.scan_iter(count=1000)}


def test_dag_runs_only_by_hand_and_can_be_triggered_at_once(dag):
    assert dag.schedule is None
    assert dag.catchup is False
    assert dag.is_paused_upon_creation is False
    assert dag.get_task("backtest").execution_timeout < dag.dagrun_timeout


def test_dag_tells_editors_how_to_ask_and_where_the_answer_is(dag):
    for words in ("**What it does.**", "**How to ask.**", "**Where the answer is.**", "**What red means.**"):
        assert words in dag.doc_md
    assert dag.get_task("backtest").doc_md


def test_dag_file_imports_nothing_heavy():
    code = (
        "import sys; sys.path.insert(0, 'plugins'); sys.path.insert(0, 'dags'); import backtest_rule\n"
        "print(sorted({'redis', 'ahocorasick_rs', 'lark', 'newswatch.pipeline'} & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=240, check=True
    )
    assert done.stdout.strip().splitlines()[-1] == "[]"


def test_form_survives_the_way_into_the_metadata_database(dag):
    stored = json.loads(json.dumps(DagSerialization.serialize_dag(dag)))
    back = DagSerialization.deserialize_dag(stored)
    assert set(back.params) == {"rule", "query", "since", "limit"}
    assert back.params.get_param("query").schema["format"] == "multiline"


@pytest.mark.parametrize(
    "conf",
    [
        {"since": "yesterday"},
        {"since": "7"},
        {"since": None},
        {"limit": 1_000},
        {"limit": "ten"},
        {"rule": 7},
        {"query": "x" * 20_000},
    ],
)
def test_form_refuses_values_that_do_not_fit(metadata_database, dag, conf):
    with pytest.raises((ParamValidationError, ValueError)):  # ValueError in Airflow 3.2
        dag.test(run_conf=conf)


def test_rule_leaves_its_report_in_the_run_and_changes_nothing(stocked, caplog):
    before = contents(stocked)
    caplog.set_level("INFO")
    state, report = asked(rule="central-bank-opposes")
    said = caplog.text
    assert state == "success"
    (rule,) = report["rules"]
    assert rule["hits"] >= 1
    assert sum(rule["days"].values()) == rule["hits"]
    assert rule["examples"][0]["spans"]
    assert "Rule central-bank-opposes:" in said
    assert "First hits" in said
    assert contents(stocked) == before
    assert stocked.posts() == []


def test_edited_rule_is_held_against_the_one_in_force(stocked, caplog):
    caplog.set_level("INFO")
    (stocked.config / "watchlist.yaml").write_text(RULES % "parrot", encoding="utf-8")
    state, report = asked(rule="central-bank-opposes")
    assert state == "success"
    assert report["rules"][0]["hits"] == 0
    assert report["rules"][0]["lost_count"] >= 1
    assert "loses" in caplog.text


def test_query_and_empty_form_are_answered_too(stocked):
    state, report = asked(query="central bank", since="1d", limit=1)
    assert (state, report["rules"][0]["rule"], len(report["rules"][0]["examples"])) == ("success", "query", 1)
    state, report = asked(rule="", query=None)
    assert (state, [rule["rule"] for rule in report["rules"]]) == ("success", ["central-bank-opposes"])


def test_unknown_rule_is_red_at_once_and_says_which_there_are(stocked, capfd):
    state, report = asked(rule="central-bank-oposes")
    assert (state, report) == ("failed", None)
    assert "did you mean central-bank-opposes?" in "".join(capfd.readouterr())


def test_faulty_query_is_red_with_a_caret_under_the_place(stocked, capfd):
    assert asked(query="bank AND")[0] == "failed"
    assert "^^^" in "".join(capfd.readouterr())


def test_report_of_many_rules_stays_small(stocked):
    rows = "".join(f"  - {{id: rule-{n}, query: central bank, notify: [policy]}}\n" for n in range(400))
    (stocked.config / "watchlist.yaml").write_text("rules:\n" + rows, encoding="utf-8")
    state, report = asked()
    assert state == "success"
    assert len(json.dumps(report)) <= MAX_REPORT_BYTES
    assert len(report["rules"]) + report["left_out"] == 401
