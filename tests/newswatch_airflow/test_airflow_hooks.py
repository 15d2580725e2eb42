import asyncio
import json
from datetime import timezone
from pathlib import Path

import pytest

from airflow_sandbox import redis_connection
from newswatch.errors import RedisUnavailable, SlackUnavailable
from newswatch_airflow.hooks import REPOSITORY, config_folder, resolve_auth, task_services, trigger_services


@pytest.fixture
def connections(redis_url, monkeypatch):
    monkeypatch.setenv("AIRFLOW_CONN_NEWSWATCH_REDIS", redis_connection(redis_url))
    slack = {"conn_type": "slack", "password": "xoxb-1-a", "extra": {"base_url": "http://127.0.0.1:1/api/"}}
    monkeypatch.setenv("AIRFLOW_CONN_NEWSWATCH_SLACK", json.dumps(slack))
    return monkeypatch


async def ping(services):
    async with services:
        return await services.redis.ping()


def test_task_services_reach_redis_and_know_slack(connections):
    services = task_services(slack=True)
    assert services.slack.token == "xoxb-1-a"
    assert services.clock().tzinfo is timezone.utc
    assert asyncio.run(ping(services))


def test_task_services_need_no_slack_connection_before_delivery(connections):
    connections.delenv("AIRFLOW_CONN_NEWSWATCH_SLACK")
    assert task_services().slack is None


async def test_trigger_services_reach_redis_from_within_the_event_loop(connections):
    assert await ping(await trigger_services())


def test_missing_redis_connection_is_worth_a_retry_and_says_what_to_set(connections):
    connections.delenv("AIRFLOW_CONN_NEWSWATCH_REDIS")
    with pytest.raises(RedisUnavailable, match="AIRFLOW_CONN_NEWSWATCH_REDIS"):
        task_services()


def test_missing_slack_connection_is_worth_a_retry_and_says_what_to_set(connections):
    connections.delenv("AIRFLOW_CONN_NEWSWATCH_SLACK")
    with pytest.raises(SlackUnavailable, match="AIRFLOW_CONN_NEWSWATCH_SLACK"):
        task_services(slack=True)


def test_services_show_neither_token_nor_password(connections):
    connections.setenv(
        "AIRFLOW_CONN_NEWSWATCH_REDIS",
        json.dumps({"conn_type": "redis", "host": "127.0.0.1", "password": "hunter2"}),
    )
    shown = repr(task_services(slack=True))
    assert "xoxb-1-a" not in shown
    assert "hunter2" not in shown


def test_config_folder_follows_the_environment(monkeypatch):
    monkeypatch.setenv("NEWSWATCH_CONFIG", "/srv/newswatch/config")
    assert config_folder() == Path("/srv/newswatch/config")
    monkeypatch.setenv("NEWSWATCH_CONFIG", "other")
    assert config_folder() == REPOSITORY / "other"
    monkeypatch.delenv("NEWSWATCH_CONFIG")
    assert config_folder() == REPOSITORY / "config"


def test_auth_name_is_an_environment_variable_first(monkeypatch):
    monkeypatch.setenv("PAID_FEED", "Bearer t0k")
    monkeypatch.setenv("AIRFLOW_CONN_PAID_FEED", json.dumps({"conn_type": "http", "password": "other"}))
    assert resolve_auth("paid_feed").header == "Bearer t0k"


def test_auth_name_is_an_airflow_connection_next(monkeypatch):
    monkeypatch.setenv(
        "AIRFLOW_CONN_ECB_LOGIN", json.dumps({"conn_type": "http", "login": "me", "password": "pw"})
    )
    assert resolve_auth("ecb_login").header == "Basic bWU6cHc="


def test_auth_name_that_nobody_knows_is_none():
    assert resolve_auth("nobody_knows_this") is None
