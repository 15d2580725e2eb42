"""The tasks' bodies against a Redis that newswatch cannot use: red, with one sentence."""

from __future__ import annotations

import json

import pytest
from airflow.sdk.exceptions import AirflowFailException

import redis_servers
from devtools.stack.connections import redis_connection
from newswatch.errors import RedisRefused, RedisUnavailable
from newswatch_airflow import stages

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
