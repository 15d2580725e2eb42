"""The assets that wake a DAG, each with the watcher that fires when a task's own event got lost.

An asset event is a hint and carries nothing: the consumer drains Redis. Producer and consumer
use the same object, so that the asset graph in the UI shows the data path.
"""

from __future__ import annotations

from airflow.sdk import Asset, AssetWatcher

from newswatch_airflow.watcher import BacklogWatcher, ConfigWatcher

ITEMS = Asset(
    "newswatch_items",
    group="newswatch",
    watchers=[AssetWatcher(name="newswatch_items_waiting", trigger=BacklogWatcher(stage="match"))],
)
"""Items wait in the stream for matching."""

ALERTS = Asset(
    "newswatch_alerts",
    group="newswatch",
    watchers=[AssetWatcher(name="newswatch_alerts_due", trigger=BacklogWatcher(stage="deliver"))],
)
"""Messages in the outbox are due."""

CONFIG = Asset(
    "newswatch_config",
    group="newswatch",
    watchers=[AssetWatcher(name="newswatch_config_edited", trigger=ConfigWatcher())],
)
"""A file of the configuration folder changed."""
