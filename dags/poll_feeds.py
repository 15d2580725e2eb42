"""poll_feeds: fetch the feeds that are due and hand new items to matching."""

from __future__ import annotations

import os
from datetime import datetime, timedelta, timezone
from typing import Any

from airflow.providers.standard.operators.empty import EmptyOperator
from airflow.sdk import DeltaTriggerTimetable, get_current_context, task

from newswatch_airflow import stages
from newswatch_airflow.assets import ITEMS
from newswatch_airflow.deadlines import deadline
from newswatch_airflow.retries import recovery
from newswatch_airflow.testable import TestableDAG

DOC = """
**What it does.** Every minute (`NEWSWATCH_POLL_INTERVAL`, seconds) it takes up edited configuration, asks
the feeds that are due for news, and puts new items into the stream `newswatch:items`. Each feed decides by
its own `every` whether it is due, so most runs ask only some feeds.

| task | does |
|---|---|
| `plan` | takes up the configuration, cuts the due feeds into shards by host |
| `poll` | one mapped task per shard; a feed that fails is counted, it never fails the shard |
| `publish` | wakes `match_items` if items wait; *skipped* means that none do |
| `verdict` | the run's colour: red if a shard failed, although the others' items went on |

**What red means.** Infrastructure, not a feed: Redis could not be reached, a connection is missing, a worker
died three times in a row. Nothing is lost: what was not claimed is fetched again by the next run.

**What to do.** Open the red `poll` or `plan` task, the last lines of its log say what to change. Feeds that
fail are listed by `newswatch feeds`; ops hears of a feed that is given up on. Run `newswatch doctor`.

The page *newswatch* in the navigation lists every feed and its trouble. Runbook: [feeds are not
polled](/newswatch/runbook#feeds-are-not-polled), [Redis](/newswatch/runbook#redis-is-away).
"""

with TestableDAG(
    dag_id="poll_feeds",
    description="Fetch the feeds that are due and hand new items to matching",
    doc_md=DOC,
    schedule=DeltaTriggerTimetable(timedelta(seconds=float(os.environ.get("NEWSWATCH_POLL_INTERVAL") or 60))),
    start_date=datetime(2026, 1, 1, tzinfo=timezone.utc),
    catchup=False,
    max_active_runs=1,
    is_paused_upon_creation=False,
    dagrun_timeout=timedelta(minutes=5),
    default_args=recovery(execution_timeout=timedelta(seconds=75)),
    deadline=deadline("poll_feeds", within=timedelta(minutes=3)),
    tags=["newswatch"],
):

    @task
    def plan() -> list[dict[str, Any]]:
        """Take up edited configuration and cut the due feeds into shards, whole hosts together."""
        return stages.plan()

    @task(
        map_index_template="{{ task.op_kwargs['shard']['label'] }}",
        doc_md="Poll one shard's feeds within 45 s. Red: Redis was away or the worker died, see the log.",
    )
    def poll(shard: dict[str, Any]) -> dict[str, Any]:
        """Poll one shard's feeds; a mapped task shows `doc_md` only, not this."""
        return stages.poll(shard["feed_ids"])

    @task(trigger_rule="all_done", outlets=[ITEMS])
    def publish(shards: Any, counts: Any) -> dict[str, Any]:
        """Wake match_items if items wait in the stream. Skipped: none do. Runs even if a shard failed."""
        planned, done = len(shards or ()), len(counts or ())
        complete = shards is not None and planned == done
        return stages.publish_items(get_current_context()["dag"].dag_id, complete=complete)

    planned_shards = plan()
    polled = poll.expand(shard=planned_shards)
    # Run by the scheduler itself, without a task process. It is a leaf, so that it colours the run.
    verdict = EmptyOperator(
        task_id="verdict",
        trigger_rule="none_failed",
        doc_md="Fails with a failed shard, so that the run is red although publish ran.",
    )
    publish(planned_shards, polled)
    polled >> verdict
