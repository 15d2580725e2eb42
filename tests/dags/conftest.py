"""Gives these tests an Airflow of their own, and a small world around the DAGs: Redis, Slack, a site."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import pytest
import redis

from airflow_sandbox import ROOT, prepare, redis_connection

prepare()

from airflow.dag_processing.dagbag import DagBag  # noqa: E402  (the home is set just above)
from airflow.utils.db import initdb  # noqa: E402

from devtools.news_site.running import RunningSite  # noqa: E402
from devtools.slack_sim.running import RunningSimulator  # noqa: E402

POLICY, OPS = "C0123456789", "C0999999999"

WATCHLIST = """\
lists: {}
rules:
  - id: central-bank-opposes
    query: central bank opposes
    severity: high
    notify: [policy]
"""

RECEIVERS = f"""\
defaults: {{per_channel_interval: 0.05s}}
receivers:
  - id: policy
    channel: {POLICY}
  - id: ops
    channel: {OPS}
"""


@dataclass
class World:
    """What surrounds the DAGs: `config` is the folder they read, `redis` a plain client."""

    config: Path
    redis: redis.Redis
    slack: object
    site: object

    def run(self, dag_id):
        """One run of a DAG through `dag.test()`."""
        return DagBag(str(ROOT / "dags" / f"{dag_id}.py")).dags[dag_id].test()

    def posts(self, channel=POLICY):
        """Messages in a channel that are not replies."""
        return [m for m in self.slack.messages(channel) if m.get("thread_ts") in (None, m["ts"])]


def write_config(folder, feeds):
    """A small valid configuration: the site's feeds, one rule, two receivers."""
    entries = "".join(
        f"  - {{id: {name}, url: '{url}', every: 0.05s, allow_private: true}}\n"
        for name, url in feeds.items()
    )
    (folder / "feeds.yaml").write_text(f"feeds:\n{entries}", encoding="utf-8")
    (folder / "watchlist.yaml").write_text(WATCHLIST, encoding="utf-8")
    (folder / "receivers.yaml").write_text(RECEIVERS, encoding="utf-8")


@pytest.fixture(scope="session")
def metadata_database():
    """Airflow's own tables, made once per process."""
    initdb()


@pytest.fixture
def world(metadata_database, redis_url, tmp_path, monkeypatch):
    """A real Redis, the Slack simulator and the sample site, as Airflow's connections name them."""
    with (
        RunningSimulator(interval_s=0, strict_channels=False) as slack,
        RunningSite() as site,
        redis.Redis.from_url(redis_url) as plain,
    ):
        config = tmp_path / "config"
        config.mkdir()
        write_config(config, site.feeds)
        slack_connection = {
            "conn_type": "slack",
            "password": slack.token,
            "extra": {"base_url": slack.base_url},
        }
        monkeypatch.setenv("NEWSWATCH_CONFIG", str(config))
        monkeypatch.setenv("AIRFLOW_CONN_NEWSWATCH_REDIS", redis_connection(redis_url))
        monkeypatch.setenv("AIRFLOW_CONN_NEWSWATCH_SLACK", json.dumps(slack_connection))
        monkeypatch.setenv("NO_PROXY", "127.0.0.1,localhost")
        monkeypatch.setenv("NEWSWATCH_SHIFT", "3s")
        monkeypatch.setattr("newswatch_airflow.resident.CALM_S", 0.0)
        # From when the task begins: before that, `dag.test()` may take longer than the whole shift.
        monkeypatch.setattr("newswatch.pipeline.base.shift.rest_of", lambda *_: 3.0)
        yield World(config, plain, slack, site)
