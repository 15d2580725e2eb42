"""newswatch as a plugin of Airflow.

Airflow finds it by the entry point of an installed package, or by `newswatch_plugin.py` in its plugins folder. It reports an
import error for a plugin that it finds twice, so the file leaves it to the entry point where there is one.
"""

from __future__ import annotations

import sys
from importlib.metadata import entry_points
from typing import Any

from airflow.plugins_manager import AirflowPlugin

from newswatch_airflow.warm import warm_up

ENTRY_POINTS = "airflow.plugins"


class NewswatchPlugin(AirflowPlugin):
    """newswatch, as it appears in the UI's list of plugins."""

    name = "newswatch"
    external_views = [  # noqa: RUF012 - AirflowPlugin declares it as an instance variable
        {
            "name": "newswatch",
            "href": "newswatch/",
            "url_route": "newswatch",
            "nav_top_level": True,
            "icon": "newswatch/static/icon.svg",
            "icon_dark_mode": "newswatch/static/icon-dark.svg",
        }
    ]

    @property
    def fastapi_apps(self) -> list[dict[str, Any]]:  # type: ignore[override]
        """Made only for the api-server: importing Airflow's API would cost every other component a second."""
        from newswatch_airflow.ui.app import the_app  # noqa: PLC0415

        return [{"name": "newswatch", "app": the_app(), "url_prefix": "/newswatch"}]

    @classmethod
    def on_load(cls, *_args: Any, **_kwargs: Any) -> None:
        """Called once in every Airflow process that loads plugins."""
        warm_up(sys.argv)


def has_entry_point() -> bool:
    """Whether Airflow finds the plugin as an installed package."""
    return bool(entry_points(group=ENTRY_POINTS, name="newswatch"))
