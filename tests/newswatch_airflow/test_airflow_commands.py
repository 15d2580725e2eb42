"""The command line where Airflow is installed: it reads Airflow's connections as the stages do."""

import json
import sqlite3
import subprocess
import sys

import pytest
from airflow.configuration import conf
from airflow.models.connection import Connection
from airflow.utils.db import initdb
from airflow.utils.session import create_session

from airflow_sandbox import redis_connection
from feed_server import story
from newsroom import POLICY
from newswatch.feeds.auth import Auth
from newswatch_airflow.connection_reader import read

BACKEND = "AIRFLOW__SECRETS__BACKEND"
LOCAL_FILES = "airflow.secrets.local_filesystem.LocalFilesystemBackend"


@pytest.fixture
def unset(newsroom, monkeypatch):
    """A newsroom whose commands have neither REDIS_URL nor SLACK_BOT_TOKEN; `unset.given` holds what they have."""
    newsroom.given = {"NEWSWATCH_CONFIG": str(newsroom.config)}
    monkeypatch.setattr(newsroom, "environment", lambda: newsroom.given)
    return newsroom


def slack_connection(newsroom):
    extra = {"base_url": newsroom.slack.base_url}
    return json.dumps({"conn_type": "slack", "password": newsroom.slack.token, "extra": extra})


def doctor(newsroom):
    """What doctor says, by subject, and its whole output."""
    _, out, err = newsroom.command("doctor", "--json")
    return {one["name"]: (one["level"], one["text"]) for one in json.loads(out)["checks"]}, out + err


def test_variables_of_airflow_name_redis_and_slack(unset):
    unset.given["AIRFLOW_CONN_NEWSWATCH_REDIS"] = redis_connection(unset.redis_url)
    unset.given["AIRFLOW_CONN_NEWSWATCH_SLACK"] = slack_connection(unset)
    said, text = doctor(unset)
    assert said["redis connection"] == ("ok", "from the variable AIRFLOW_CONN_NEWSWATCH_REDIS")
    assert said["slack connection"] == ("ok", "from the variable AIRFLOW_CONN_NEWSWATCH_SLACK")
    assert said["redis"][0] == "ok"
    assert unset.slack.token not in text
    assert unset.json("test-receiver", "policy")["channel"] == POLICY


def test_settings_of_newswatch_come_first_and_airflow_is_not_started(unset, monkeypatch):
    unset.given |= {"REDIS_URL": unset.redis_url, "SLACK_BOT_TOKEN": unset.slack.token}
    unset.given["SLACK_BASE_URL"] = unset.slack.base_url
    unset.given["AIRFLOW_CONN_NEWSWATCH_REDIS"] = redis_connection("redis://127.0.0.1:1/0")

    def refuse(*_words, **_options):
        raise AssertionError("Airflow was started")

    monkeypatch.setattr(subprocess, "run", refuse)
    assert unset.json("queue", "list") == []
    assert unset.json("test-receiver", "policy")["channel"] == POLICY


def test_doctor_says_where_redis_and_slack_come_from_and_whether_task_slots_are_enough(unset, monkeypatch):
    initdb()
    unset.given |= {"REDIS_URL": unset.redis_url, "SLACK_BOT_TOKEN": unset.slack.token}
    unset.given["SLACK_BASE_URL"] = unset.slack.base_url
    unset.given["AIRFLOW__DATABASE__SQL_ALCHEMY_CONN"] = conf.get("database", "sql_alchemy_conn")
    said, _ = doctor(unset)
    assert said["redis connection"] == ("ok", "from REDIS_URL")
    assert said["slack connection"] == ("ok", "from SLACK_BOT_TOKEN")
    assert said["task slots"] == ("ok", "enough for all stages")
    unset.given["AIRFLOW__CORE__PARALLELISM"] = "3"
    level, what = doctor(unset)[0]["task slots"]
    assert level == "error"
    assert "AIRFLOW__CORE__PARALLELISM" in what
    unset.given["AIRFLOW__DATABASE__SQL_ALCHEMY_CONN"] = "sqlite:////nowhere/airflow.db"
    unset.given["AIRFLOW__CORE__PARALLELISM"] = "32"
    level, what = doctor(unset)[0]["task slots"]
    assert (level, what.partition(":")[0]) == ("warning", "not checked")


@pytest.fixture
def stored(newsroom):
    """The Slack connection, in Airflow's database."""
    initdb()
    extra = json.dumps({"base_url": newsroom.slack.base_url})
    with create_session() as session:
        session.add(
            Connection(
                conn_id="newswatch_slack", conn_type="slack", password=newsroom.slack.token, extra=extra
            )
        )
    yield
    with create_session() as session:
        session.query(Connection).filter_by(conn_id="newswatch_slack").delete()


def test_secrets_backend_and_airflows_own_database_are_asked_too(unset, stored, tmp_path):
    file = tmp_path / "connections.json"
    file.write_text(json.dumps({"newswatch_redis": json.loads(redis_connection(unset.redis_url))}))
    unset.given[BACKEND] = LOCAL_FILES
    unset.given["AIRFLOW__SECRETS__BACKEND_KWARGS"] = json.dumps({"connections_file_path": str(file)})
    said, _ = doctor(unset)
    assert said["redis connection"] == ("ok", "from the secrets backend LocalFilesystemBackend")
    assert said["slack connection"] == ("ok", "from Airflow's database")
    assert said["redis"][0] == "ok"


def test_connection_that_airflow_does_not_have_is_named_with_what_to_do(unset, tmp_path):
    database = tmp_path / "empty.db"
    with sqlite3.connect(database) as made:
        made.execute("CREATE TABLE unrelated (a)")
    unset.given["AIRFLOW__DATABASE__SQL_ALCHEMY_CONN"] = f"sqlite:///{database}"
    said, text = doctor(unset)
    level, why = said["redis"]
    assert level == "error"
    assert "newswatch_redis" in why
    assert "Airflow's database" in why
    assert "no such table" in why
    assert "REDIS_URL" in why
    assert "Traceback" not in text


def test_variable_that_cannot_be_read_is_named_without_its_content(monkeypatch):
    monkeypatch.setenv("AIRFLOW_CONN_NEWSWATCH_REDIS", '{"conn_type": "redis", "password": "hunter2"')
    answer = read("newswatch_redis")
    assert answer["connection"] is None
    assert answer["faults"][0].startswith("the variable AIRFLOW_CONN_NEWSWATCH_REDIS: ")
    assert "hunter2" not in str(answer)


def test_worker_s_own_secrets_backend_is_asked_first(monkeypatch, tmp_path):
    file = tmp_path / "connections.json"
    file.write_text(json.dumps({"newswatch_redis": json.loads(redis_connection("redis://worker:1/0"))}))
    monkeypatch.setenv("AIRFLOW__WORKERS__SECRETS_BACKEND", LOCAL_FILES)
    monkeypatch.setenv(
        "AIRFLOW__WORKERS__SECRETS_BACKEND_KWARGS", json.dumps({"connections_file_path": str(file)})
    )
    monkeypatch.setenv("AIRFLOW_CONN_NEWSWATCH_REDIS", redis_connection("redis://variable:1/0"))
    assert read("newswatch_redis")["connection"]["host"] == "worker"


def test_listener_uses_airflows_slack_connection(unset):
    unset.given["AIRFLOW_CONN_NEWSWATCH_REDIS"] = redis_connection(unset.redis_url)
    unset.given["AIRFLOW_CONN_NEWSWATCH_SLACK"] = slack_connection(unset)
    process = unset.start("listen")
    _, err = process.communicate(timeout=180)
    assert process.returncode == 1
    assert "No way to receive clicks is configured" in err


def test_feeds_may_name_airflows_connections(unset):
    unset.given["REDIS_URL"] = unset.redis_url
    unset.given["AIRFLOW_CONN_NEWSWATCH_FEED_WIRE"] = json.dumps(
        {"conn_type": "http", "login": "desk", "password": "s3cret"}
    )
    unset.write(
        "feeds.yaml",
        "defaults: {allow_private: true}\n"
        f"feeds:\n  - {{id: wire, url: {unset.site.url}/wire, auth: newswatch_feed_wire}}\n",
    )
    unset.site.serve("/wire", story(1))
    assert unset.json("poll", "--all")["failed"] == 0
    assert unset.site.requests[0].headers["Authorization"] == Auth.basic("desk", "s3cret").header


def test_airflow_is_not_imported_by_the_command_line():
    code = "import sys, newswatch.cli.app, newswatch_airflow.commands; sys.exit('airflow' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
