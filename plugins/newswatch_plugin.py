"""Registers newswatch with Airflow where it is not installed as a package.

The only file below plugins/ that Airflow itself executes.
"""

from __future__ import annotations

from newswatch_airflow.plugin import has_entry_point

if not has_entry_point():
    from newswatch_airflow.plugin import NewswatchPlugin  # noqa: F401 - Airflow looks for it here
