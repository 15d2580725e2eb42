"""The assets that wake a DAG, each with the watcher that fires when a task's own event was lost.

An asset event is only a hint and carries no data: the consumer reads Redis. Producer and consumer
use the same object, so that the asset graph in the UI shows the data path.
"""

from __future__ import annotations

from airflow.sdk import Asset, AssetWatcher

from newswatch_airflow.watcher import BacklogWatcher, ConfigWatcher

ARTICLES_WAIT_S = 1.0
"""Shorter than the other watchers' 5 s, because nothing else announces a waiting article."""

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

ARTICLES = Asset(
    "newswatch_articles",
    group="newswatch",
    watchers=[
        AssetWatcher(
            name="newswatch_articles_due", trigger=BacklogWatcher(stage="articles", waited_s=ARTICLES_WAIT_S)
        )
    ],
)
"""Articles wait to be read. No task produces it: items are matched without waiting for their articles."""

CONFIG = Asset(
    "newswatch_config",
    group="newswatch",
    watchers=[AssetWatcher(name="newswatch_config_edited", trigger=ConfigWatcher())],
)
"""A file of the configuration folder changed."""
