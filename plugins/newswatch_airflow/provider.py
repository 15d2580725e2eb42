"""What Airflow's list of providers shows about newswatch."""

from __future__ import annotations

from typing import Any

from newswatch import __version__


def get_provider_info() -> dict[str, Any]:
    """The answer to Airflow's entry point `apache_airflow_provider`."""
    return {
        "package-name": "newswatch",
        "name": "newswatch",
        "description": "Polls news feeds, matches them against a watchlist and alerts in Slack.",
        "versions": [__version__],
    }
