"""The assets: the data path as Airflow's asset graph shows it.

Items and alerts wait in Redis, where the residents wait for them; their assets wake nobody.
"""

from __future__ import annotations

from airflow.sdk import Asset

ITEMS = Asset("newswatch_items", group="newswatch")
"""Items in the stream, which matching reads."""

ALERTS = Asset("newswatch_alerts", group="newswatch")
"""Messages in the outbox, which delivery sends."""
