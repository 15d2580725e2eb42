import asyncio
import json
from datetime import timezone
from pathlib import Path

import pytest

from airflow_sandbox import ROOT, redis_connection
from newswatch.errors import FetchRefused, RedisUnavailable, SettingsRefused, SlackUnavailable
from newswatch_airflow.hooks import sound_settings, task_services


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
    assert services.sender.token == "xoxb-1-a"
    assert services.clock().tzinfo is timezone.utc
    assert asyncio.run(ping(services))


def test_task_services_need_no_slack_connection_before_delivery(connections):
    connections.delenv("AIRFLOW_CONN_NEWSWATCH_SLACK")
    assert task_services().sender is None


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
    assert sound_settings().config_dir == Path("/srv/newswatch/config")
    monkeypatch.setenv("NEWSWATCH_CONFIG", "other")
    assert sound_settings().config_dir == ROOT / "other"
    monkeypatch.delenv("NEWSWATCH_CONFIG")
    assert sound_settings().config_dir == ROOT / "config"


def test_bad_settings_stop_tasks_before_a_connection_is_asked_for(connections):
    connections.delenv("AIRFLOW_CONN_NEWSWATCH_REDIS")
    connections.setenv("NEWSWATCH_RULE_CAP", "-3")
    with pytest.raises(SettingsRefused, match="NEWSWATCH_RULE_CAP"):
        task_services(slack=True)
    assert sound_settings().rule_cap == 60


def test_proxy_of_the_environment_is_for_slack_too_but_never_for_loopback(connections):
    connections.setenv("HTTPS_PROXY", "http://proxy.example:3128")
    connections.setenv("HTTP_PROXY", "http://proxy.example:3128")
    connections.delenv("NO_PROXY", raising=False)
    connections.delenv("no_proxy", raising=False)
    assert task_services(slack=True).sender.proxy is None
    connections.setenv(
        "AIRFLOW_CONN_NEWSWATCH_SLACK", json.dumps({"conn_type": "slack", "password": "xoxb-1"})
    )
    assert task_services(slack=True).sender.proxy == "http://proxy.example:3128"


def test_auth_name_is_an_environment_variable_first(connections):
    connections.setenv("NEWSWATCH_FEED_PAID", "Bearer t0k")
    connections.setenv(
        "AIRFLOW_CONN_NEWSWATCH_FEED_PAID", json.dumps({"conn_type": "http", "password": "other"})
    )
    assert task_services().resolve_auth("newswatch_feed_paid").header == "Bearer t0k"


def test_auth_name_is_an_airflow_connection_next(connections):
    connections.setenv(
        "AIRFLOW_CONN_NEWSWATCH_FEED_ECB", json.dumps({"conn_type": "http", "login": "me", "password": "pw"})
    )
    assert task_services().resolve_auth("newswatch_feed_ecb").header == "Basic bWU6cHc="


def test_auth_name_that_nothing_has_is_none(connections):
    assert task_services().resolve_auth("newswatch_feed_nobody") is None


@pytest.mark.parametrize("name", ["newswatch_slack", "newswatch_redis", "REDIS_URL"])
def test_auth_name_of_another_connection_or_variable_is_refused(connections, name):
    connections.setenv("REDIS_URL", "redis://:hunter2@127.0.0.1")
    with pytest.raises(FetchRefused, match="newswatch_feed_"):
        task_services().resolve_auth(name)
