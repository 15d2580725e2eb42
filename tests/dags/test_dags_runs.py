"""Every DAG through `dag.test()`, with a real Redis, the Slack simulator and the sample news site."""

import json

import pytest
from airflow.models.dag import DagModel
from airflow.models.dagrun import DagRun
from airflow.models.xcom import XComModel
from airflow.utils.session import create_session
from sqlalchemy import select, update

import redis_servers
from airflow_sandbox import redis_connection
from newswatch.errors import ConfigError
from newswatch.models import Feed
from newswatch.pipeline.base.configuration import Share
from newswatch.store import keys
from newswatch_airflow import stage_work

pytestmark = [pytest.mark.airflow]


def states(run):
    """Task id (with map index where mapped) to state."""
    return {
        ti.task_id if ti.map_index < 0 else f"{ti.task_id}[{ti.map_index}]": str(ti.state)
        for ti in run.get_task_instances()
    }


def returned(run, task_id, key="return_value"):
    """What a task left in XCom."""
    rows = XComModel.get_many(run_id=run.run_id, key=key, task_ids=task_id, dag_ids=run.dag_id)
    with create_session() as session:
        return [XComModel.deserialize_value(row) for row in session.scalars(rows)]


def test_dag_runs_take_a_story_from_the_site_to_one_slack_message(world):
    edition = world.site.publish(repeat_after_s=0)
    world.run("check_config")

    poll = world.run("poll_feeds")
    assert states(poll) == {"poll[0]": "success"}
    (counts,) = returned(poll, "poll")
    assert counts["polled"] >= 3
    assert counts["new"] == world.redis.xlen(keys.ITEMS) > 0
    assert counts["failed"] == 0

    match = world.run("match_items")
    assert states(match) == {"match": "success"}
    (counts,) = returned(match, "match")
    assert counts["alerts"] >= 1

    deliver = world.run("deliver_alerts")
    assert states(deliver) == {"deliver": "success"}
    (post,) = world.posts()
    assert edition["link"] in str(post["blocks"])
    assert post["metadata"]["event_payload"]["alert_ids"]


def test_poll_feeds_has_a_mapped_task_for_each_shard(world, monkeypatch):
    monkeypatch.setenv("NEWSWATCH_POLL_SHARDS", "2")
    world.run("check_config")
    poll = world.run("poll_feeds")
    shards = [ti for ti in poll.get_task_instances() if ti.task_id == "poll"]
    assert sorted(ti.rendered_map_index for ti in shards) == ["shard 1", "shard 2"]


def test_match_items_ends_with_its_shift_also_if_nothing_came(world):
    world.run("check_config")
    match = world.run("match_items")
    assert states(match) == {"match": "success"}
    assert returned(match, "match") == [{"items": 0, "alerts": 0}]


def test_redis_that_refuses_turns_a_run_red_at_once_and_the_next_no_sooner_than_a_minute_later(
    world, tmp_path, monkeypatch
):
    with redis_servers.cluster(tmp_path / "servers") as url:
        monkeypatch.setenv("AIRFLOW_CONN_NEWSWATCH_REDIS", redis_connection(url))
        monkeypatch.setattr("newswatch_airflow.resident.CALM_S", 3600.0)
        first = world.run("match_items")
        monkeypatch.setattr("newswatch_airflow.resident.CALM_S", 8.0)
        second = world.run("match_items")
    assert states(first) == states(second) == {"match": "failed"}
    assert (second.end_date - first.end_date).total_seconds() > 7.5


def test_poll_feeds_with_a_failing_feed_stays_green_and_counts_it(world):
    feeds = world.config / "feeds.yaml"
    feeds.write_text(
        feeds.read_text("utf-8")
        + f"  - {{id: gone, url: '{world.site.url}/nowhere.xml', allow_private: true}}\n",
        encoding="utf-8",
    )
    world.site.publish(repeat_after_s=0)
    world.run("check_config")
    poll = world.run("poll_feeds")
    assert str(poll.state) == "success"
    (counts,) = returned(poll, "poll")
    assert counts["failed"] >= 1
    assert counts["new"] > 0


def test_poll_feeds_with_a_failing_shard_is_red_although_the_items_go_on(world, monkeypatch):
    monkeypatch.setenv("NEWSWATCH_POLL_SHARDS", "2")
    world.site.publish(repeat_after_s=0)
    world.run("check_config")
    (owner,) = [number for number in (1, 2) if Share(number, 2).has(Feed(id="wire", url=world.site.url))]
    real = stage_work.work_of

    def work_of(stage, services):
        if stage != f"poll-{owner}":
            raise ConfigError([])
        return real(stage, services)

    monkeypatch.setattr(stage_work, "work_of", work_of)
    run = world.run("poll_feeds")
    assert str(run.state) == "failed"
    assert sorted(states(run).values()) == ["failed", "success"]
    assert world.redis.xlen(keys.ITEMS) > 0


def test_check_config_on_broken_files_is_red_and_names_the_place(world, capfd):
    assert str(world.run("check_config").state) == "success"
    (world.config / "watchlist.yaml").write_text("rules:\n  - id: one\n    querry: bank\n", encoding="utf-8")
    capfd.readouterr()
    assert str(world.run("check_config").state) == "failed"
    said = "".join(capfd.readouterr())
    assert "watchlist.yaml:3:5" in said
    world.site.publish(repeat_after_s=0)
    world.run("poll_feeds")
    world.run("match_items")
    world.run("deliver_alerts")
    assert len(world.posts()) == 1
    (notice,) = world.slack.messages("C0999999999")
    assert "watchlist.yaml:3:5" in notice["text"]


def test_check_config_on_a_broken_first_start_is_red(world):
    (world.config / "feeds.yaml").write_text("feeds: [", encoding="utf-8")
    assert str(world.run("check_config").state) == "failed"
    poll = world.run("poll_feeds")
    assert returned(poll, "poll")[0]["polled"] == 0
    assert str(poll.state) == "success"


def test_deliver_alerts_with_a_refused_token_is_red_at_once_and_keeps_the_queue(world, monkeypatch, capfd):
    world.site.publish(repeat_after_s=0)
    for dag_id in ("check_config", "poll_feeds", "match_items"):
        world.run(dag_id)
    with monkeypatch.context() as wrong:
        bad = {
            "conn_type": "slack",
            "password": "xoxp-not-a-bot",
            "extra": {"base_url": world.slack.base_url},
        }
        wrong.setenv("AIRFLOW_CONN_NEWSWATCH_SLACK", json.dumps(bad))
        red = world.run("deliver_alerts")
    assert str(red.state) == "failed"
    assert red.get_task_instances()[0].try_number == 1
    assert "invalid_auth" in "".join(capfd.readouterr())
    assert world.redis.zcard(keys.outbox("C0123456789")) == 1


def test_fetch_articles_reads_the_page_of_a_new_item_and_has_it_matched(world):
    feeds = world.config / "feeds.yaml"
    feeds.write_text(feeds.read_text("utf-8").replace("every:", "article: true, every:"), encoding="utf-8")
    world.site.publish(repeat_after_s=0)
    world.run("check_config")
    world.run("poll_feeds")
    world.run("match_items")
    assert world.redis.xpending(keys.ITEMS, keys.ITEMS_GROUP)["pending"] == 0
    pages = world.run("fetch_articles")
    assert states(pages) == {"read_articles": "success"}
    (counts,) = returned(pages, "read_articles")
    assert counts["fetched"] > 0
    assert counts["failed"] == 0
    again = world.run("match_items")
    assert returned(again, "match")[0]["items"] == counts["fetched"]


def test_poll_feeds_starts_one_reader_when_articles_wait(world, monkeypatch):
    monkeypatch.setattr("newswatch.pipeline.base.shift.BEAT_S", 0.3)
    monkeypatch.setattr(
        "newswatch.pipeline.base.shift.rest_of", lambda *_: 8.0
    )  # on a busy machine three are too few
    feeds = world.config / "feeds.yaml"
    feeds.write_text(feeds.read_text("utf-8").replace("every:", "article: true, every:"), encoding="utf-8")
    for dag_id in ("check_config", "fetch_articles"):  # Airflow knows them from then on
        world.run(dag_id)
    with create_session() as session:
        session.execute(update(DagModel).values(is_paused=False))
    before = runs_of("fetch_articles")
    world.site.publish(repeat_after_s=0)
    world.run("poll_feeds")
    (run_id,) = runs_of("fetch_articles") - before
    assert run_id.startswith("article__")
    world.redis.delete(keys.READER_ASKED)
    world.run("poll_feeds")
    assert runs_of("fetch_articles") - before == {run_id}, "it is queued"


def runs_of(dag_id):
    with create_session() as session:
        return set(session.scalars(select(DagRun.run_id).where(DagRun.dag_id == dag_id)))


def test_housekeeping_is_green_on_an_empty_store(world):
    assert str(world.run("housekeeping").state) == "success"


def test_run_without_redis_tries_again_and_then_is_red(world, own_redis, monkeypatch):
    monkeypatch.setenv("AIRFLOW_CONN_NEWSWATCH_REDIS", redis_connection(own_redis.url))
    own_redis.kill()
    run = world.run("housekeeping")
    assert str(run.state) == "failed"
    assert run.get_task_instances()[0].try_number >= 3
