"""match_items: match waiting items against the watchlist and queue the messages."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import Any

from airflow.sdk import AssetOrTimeSchedule, DeltaTriggerTimetable, get_current_context, task

from newswatch_airflow import stages
from newswatch_airflow.assets import ALERTS, ITEMS
from newswatch_airflow.deadlines import deadline
from newswatch_airflow.retries import recovery
from newswatch_airflow.testable import TestableDAG

DOC = """
**What it does.** Matches every item that waits in the stream `newswatch:items` against the rules in force. Matches
become alerts, the alerts of a story become one message per channel, and messages go into the outbox. It is
started through the asset `newswatch_items` by `poll_feeds` when it found something, or by the triggerer when an
item has waited more than 5 s. A timer starts it every 10 minutes in case both fail.

**Skipped** means that it did its work and no message is due. The counts are in the task's XCom `counts`.

**What red means.** Redis could not be reached, or another process held the matching lease all the time. The
items stay in the stream. Nothing is lost and nothing alerts twice.

**What to do.** The last lines of the task's log say what to change. `newswatch match-pending` does the same
work by hand; `newswatch doctor` checks Redis.

The page *newswatch* in the navigation shows what was matched and why. Runbook: [items wait for
matching](/newswatch/runbook#items-wait-for-matching).
"""

with TestableDAG(
    dag_id="match_items",
    description="Match waiting items against the watchlist and queue the messages",
    doc_md=DOC,
    schedule=AssetOrTimeSchedule(timetable=DeltaTriggerTimetable(timedelta(minutes=10)), assets=[ITEMS]),
    start_date=datetime(2026, 1, 1, tzinfo=timezone.utc),
    catchup=False,
    max_active_runs=1,
    is_paused_upon_creation=False,
    dagrun_timeout=timedelta(minutes=8),
    default_args=recovery(execution_timeout=timedelta(seconds=120)),
    deadline=deadline("match_items", within=timedelta(minutes=4)),
    tags=["newswatch"],
):

    @task(outlets=[ALERTS])
    def match() -> dict[str, Any]:
        """Match all waiting items, then start deliver_alerts. Skipped: done, and no message is due."""
        context = get_current_context()

        def report(counts: dict[str, Any]) -> None:
            context["ti"].xcom_push(key="counts", value=counts)

        return stages.match(context["dag"].dag_id, report)

    match()
