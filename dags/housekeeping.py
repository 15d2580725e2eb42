"""housekeeping: remove from Redis what is past its retention."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import Any

from airflow.sdk import DAG, CronTriggerTimetable, task

from newswatch_airflow import stages
from newswatch_airflow.retries import recovery

DOC = """
**What it does.** Once a day it removes from Redis what is past its retention: items, alerts, delivery records,
and records of entries that have left their feeds. It never removes what is not yet matched or sent. It also notes what
the rules with packs catch among the stored items. After an upgrade that changes the packs, ops is notified once of the
rules that gain or lose hits.

**What red means.** Redis could not be reached or refused newswatch, or the work took longer than ten minutes. A missed day
breaks nothing; Redis just keeps a day more.

**What to do.** Read the end of the task's log, then clear the task so that it runs again. `newswatch doctor`
shows how much memory Redis uses. Runbook: [a run is red](/newswatch/runbook#a-run-is-red),
[Redis is nearly full](/newswatch/runbook#redis-is-nearly-full).
"""

with DAG(
    dag_id="housekeeping",
    description="Remove from Redis what is past its retention",
    doc_md=DOC,
    schedule=CronTriggerTimetable("17 3 * * *", timezone="UTC"),
    start_date=datetime(2026, 1, 1, tzinfo=timezone.utc),
    catchup=False,
    max_active_runs=1,
    is_paused_upon_creation=False,
    dagrun_timeout=timedelta(minutes=30),
    default_args=recovery(execution_timeout=timedelta(minutes=10)),
    tags=["newswatch"],
):

    @task
    def remove_expired() -> dict[str, Any]:
        """Remove what is past its retention and count it by kind."""
        return stages.housekeeping()

    remove_expired()
