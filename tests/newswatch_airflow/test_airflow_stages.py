"""The tasks' bodies against a Redis that newswatch cannot use: red, with one sentence."""

from __future__ import annotations

import json
from datetime import datetime, timezone
from types import SimpleNamespace

import pytest
from airflow.sdk.exceptions import AirflowFailException, AirflowRuntimeError, ErrorType

import redis_servers
from devtools.stack.connections import redis_connection
from newswatch.errors import RedisRefused, RedisUnavailable
from newswatch_airflow import resident, stages

TASKS = {
    "check": stages.check_config,
    "housekeeping": stages.housekeeping,
}


@pytest.mark.parametrize("name", TASKS)
@pytest.mark.parametrize(
    ("kind", "error", "words"),
    [
        (redis_servers.replica, RedisUnavailable, "read-only replica"),
        (redis_servers.cluster, RedisRefused, "cluster mode"),
        (redis_servers.without_info, RedisRefused, "the command INFO"),
    ],
)
def test_every_task_refuses_a_redis_that_cannot_be_used(
    newsroom, tmp_path, monkeypatch, kind, error, words, name
):
    monkeypatch.setenv("NEWSWATCH_CONFIG", str(newsroom.config))
    monkeypatch.setenv("AIRFLOW_CONN_NEWSWATCH_SLACK", '{"conn_type": "slack", "password": "xoxb-1-a"}')
    with kind(tmp_path / "servers") as url:
        monkeypatch.setenv("AIRFLOW_CONN_NEWSWATCH_REDIS", json.dumps(redis_connection(url)))
        with pytest.raises((error, AirflowFailException), match=words):  # the second in Airflow 3.2
            TASKS[name]()


def test_error_that_ends_a_run_is_the_one_shown_even_if_airflow_does_not_answer(
    newsroom, tmp_path, monkeypatch
):
    """A permanent error must stay one: Airflow's own would be tried again, a dozen times."""
    monkeypatch.setenv("NEWSWATCH_CONFIG", str(newsroom.config))
    monkeypatch.setattr(resident, "CALM_S", 0.2)

    def no_answer(**_):
        raise AirflowRuntimeError(SimpleNamespace(error=ErrorType.API_SERVER_ERROR, detail=None))

    task = SimpleNamespace(
        task_id="match",
        dag_id="match_items",
        run_id="r",
        try_number=1,
        map_index=-1,
        get_previous_ti=no_answer,
    )
    run = SimpleNamespace(start_date=datetime.now(timezone.utc))
    with redis_servers.cluster(tmp_path / "servers") as url:
        monkeypatch.setenv("AIRFLOW_CONN_NEWSWATCH_REDIS", json.dumps(redis_connection(url)))
        with pytest.raises((RedisRefused, AirflowFailException), match="cluster mode"):
            resident.stay({"ti": task, "dag_run": run}, "match")
