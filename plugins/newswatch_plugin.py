"""Registers newswatch with Airflow. The only file below plugins/ that Airflow itself executes."""

from __future__ import annotations

import sys
from typing import Any

from airflow.plugins_manager import AirflowPlugin

from newswatch_airflow.warm import warm_up


class NewswatchPlugin(AirflowPlugin):
    """newswatch, as the list of plugins in the UI names it."""

    name = "newswatch"

    @classmethod
    def on_load(cls, *_args: Any, **_kwargs: Any) -> None:
        """Called once in every Airflow process that loads plugins."""
        warm_up(sys.argv)
