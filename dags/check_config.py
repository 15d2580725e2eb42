"""check_config: validate the configuration files and put them in force."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import Any

from airflow.sdk import DAG, DeltaTriggerTimetable, get_current_context, task

from newswatch_airflow import stages
from newswatch_airflow.retries import recovery

DOC = """
**What it does.** Reads `feeds.yaml`, `watchlist.yaml`, `watchlist.d/*.yaml` and `receivers.yaml` from the
configuration folder (`NEWSWATCH_CONFIG`) and, if everything is valid, puts it in force for every stage. It
runs every ten minutes, and whenever you trigger it. `deliver_alerts` looks at the folder every five seconds: it applies
valid edits itself, and starts a run of this DAG for each edit (`edit__…`).

**What the bars say.** Each bar is one check of the files: one every ten minutes, and one for each edit.
Green: the files are valid. Red: they are broken. The height is how long the check took: a few seconds, and up to a minute
while Airflow starts. A high green bar is not a problem.

**What red means.** The files are broken. The log lists every problem as `file:line:col: message`. Alerts
continue under the last valid configuration, and ops was notified once. On a first start there is no last valid
configuration: nothing is polled until the files are valid.

**What to do.** Correct the places named in the log; the next run turns green by itself. `newswatch check --config DIR`
prints the same list for files that are not in Airflow's folder yet.

The page *newswatch* in the navigation, *Watchlist*, edits the watchlist with the same check. Runbook: [the
configuration is broken](/newswatch/runbook#the-configuration-is-broken).
"""

with DAG(
    dag_id="check_config",
    description="Validate the configuration files and put them in force. Each bar is one check: green valid, red broken",
    doc_md=DOC,
    schedule=DeltaTriggerTimetable(timedelta(minutes=10)),
    start_date=datetime(2026, 1, 1, tzinfo=timezone.utc),
    catchup=False,
    # One task at a time. With one run at a time, an edit during a scheduled check would end the schedule for half an hour:
    # when a run ends that a task started, Airflow 3.3 does not look again whether others may begin.
    max_active_runs=16,
    max_active_tasks=1,
    is_paused_upon_creation=False,
    dagrun_timeout=timedelta(minutes=3),
    default_args=recovery(execution_timeout=timedelta(seconds=45)),
    tags=["newswatch"],
):

    @task
    def check() -> dict[str, Any]:
        """Put valid files in force. Red: the files are broken; the log lists where."""
        return stages.check_config(get_current_context())

    check()
