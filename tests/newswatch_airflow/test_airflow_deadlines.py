import json
import logging
from datetime import timedelta

import pytest
import redis
from airflow.sdk import DeadlineReference

from airflow_sandbox import redis_connection
from newswatch_airflow.deadlines import deadline, notice_missed_deadline

RUN = {"dag_run_id": "asset_triggered__2026-11-23T05:00:00", "state": "running", "end_date": None}


@pytest.fixture
def client(redis_url, monkeypatch):
    monkeypatch.setenv("AIRFLOW_CONN_NEWSWATCH_REDIS", redis_connection(redis_url))
    with redis.Redis.from_url(redis_url) as plain:
        yield plain


def notices(client):
    return sorted(cause.decode() for cause in client.smembers("newswatch:notices"))


def test_deadline_counts_from_the_moment_a_run_is_queued():
    alert = deadline("match_items", within=timedelta(minutes=4))
    assert alert.reference == DeadlineReference.DAGRUN_QUEUED_AT
    assert alert.interval == timedelta(minutes=4)
    assert json.loads(json.dumps(alert.callback.kwargs))["dag_id"] == "match_items"
    assert alert.callback.path == "newswatch_airflow.deadlines.notice_missed_deadline"


async def test_missed_deadline_becomes_one_ops_notice(client):
    for _ in range(2):
        text = await notice_missed_deadline("match_items", 240, context={"dag_run": RUN})
    assert "match_items" in text
    assert RUN["dag_run_id"] in text
    assert "240 s" in text
    assert notices(client) == ["deadline:match_items"]


async def test_missed_deadline_of_a_red_run_is_no_news_where_red_told_ops_already(client):
    red = {**RUN, "state": "failed", "end_date": "2026-11-23T05:00:05Z"}
    assert (
        await notice_missed_deadline("check_config", 180, red_is_late=False, context={"dag_run": red}) == ""
    )
    assert notices(client) == []
    assert await notice_missed_deadline("check_config", 180, red_is_late=False, context={"dag_run": RUN})
    assert notices(client) == ["deadline:check_config"]


async def test_missed_deadline_without_redis_stays_in_the_log(own_redis, monkeypatch, caplog):
    monkeypatch.setenv("AIRFLOW_CONN_NEWSWATCH_REDIS", redis_connection(own_redis.url))
    own_redis.kill()
    caplog.set_level(logging.ERROR)
    assert await notice_missed_deadline("poll_feeds", 180, context={"dag_run": RUN})
    assert "poll_feeds" in caplog.text
