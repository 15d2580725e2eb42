"""newswatch: polls news feeds, matches items against a watchlist, alerts in Slack.

The data path, each arrow one module of `newswatch.pipeline`::

    feed ──fetch──▶ FetchResult ──parse──▶ [Item] ──claim──▶ items stream        (pipeline.poll)
    items stream ──match──▶ [Match] ──story──▶ Alerts ─▶ Messages ═══▶ outbox    (pipeline.match)
    outbox ──render──▶ payload ──send──▶ Slack message ──▶ delivery record       (pipeline.deliver)

This package never imports airflow. Layers, imports only downward::

    settings, models, errors ◁ config, feeds, rules, stories, store, slack ◁ pipeline ◁ listener ◁ cli

`docs/architecture.md` walks one item through the files in order.
"""

__version__ = "0.1.0"
