"""The assets: the data path as Airflow's asset graph shows it, and what wakes `check_config`.

Items and alerts wait in Redis, where the residents wait for them; their assets wake nobody.
"""

from __future__ import annotations

from airflow.sdk import Asset, AssetWatcher

from newswatch_airflow.watcher import ConfigWatcher

ITEMS = Asset("newswatch_items", group="newswatch")
"""Items in the stream, which matching reads."""

ALERTS = Asset("newswatch_alerts", group="newswatch")
"""Messages in the outbox, which delivery sends."""

CONFIG = Asset(
    "newswatch_config",
    group="newswatch",
    watchers=[AssetWatcher(name="newswatch_config_edited", trigger=ConfigWatcher())],
)
"""A file of the configuration folder changed."""
