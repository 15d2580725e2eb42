"""What the DAGs of the stages behind polling have in common: an asset starts them, and a timer if no event comes."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import Any

from airflow.sdk import Asset, AssetOrTimeSchedule, DeltaTriggerTimetable

from newswatch_airflow.deadlines import deadline
from newswatch_airflow.retries import recovery


def woken_by(asset: Asset, dag_id: str) -> dict[str, Any]:
    """The settings of a stage's DAG, beside its name, description and documentation."""
    return {
        "dag_id": dag_id,
        "schedule": AssetOrTimeSchedule(
            timetable=DeltaTriggerTimetable(timedelta(minutes=10)), assets=[asset]
        ),
        "start_date": datetime(2026, 1, 1, tzinfo=timezone.utc),
        "catchup": False,
        "max_active_runs": 1,
        "is_paused_upon_creation": False,
        "dagrun_timeout": timedelta(minutes=8),
        "default_args": recovery(execution_timeout=timedelta(seconds=120)),
        "deadline": deadline(dag_id, within=timedelta(minutes=4)),
        "tags": ["newswatch"],
    }
