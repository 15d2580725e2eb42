"""newswatch: polls news feeds, matches items against a watchlist, alerts in Slack.

The data path, each line one stage::

    feed ──fetch──▶ FetchResult ──parse──▶ [Entry] ──claim──▶ [Item] in the stream         (pipeline.poll)
    stream ──▶ web page ──extract──▶ Article ──▶ the Item again, with its body             (pipeline.articles)
    stream ──match──▶ [Match] ──story──▶ [Alert] ──place──▶ [Message] in the outbox        (pipeline.match)
    outbox ──render──▶ payload ──send──▶ Slack message ──▶ delivery record                 (pipeline.deliver)

This package never imports airflow. Layers, each imports only those to its left::

    settings, models, errors ◁ config, feeds, rules, stories, store, slack ◁ pipeline ◁ listener ◁ assembly ◁ cli

`docs/architecture.md` walks one item through the files in order.
"""

__version__ = "0.1.0"
