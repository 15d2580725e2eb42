"""poll_feeds: fetch the feeds that are due and queue new items for matching."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import Any

from airflow.providers.standard.operators.empty import EmptyOperator
from airflow.sdk import DeltaTriggerTimetable, get_current_context, task

from newswatch_airflow import stages
from newswatch_airflow.assets import ITEMS
from newswatch_airflow.deadlines import deadline
from newswatch_airflow.hooks import sound_settings
from newswatch_airflow.retries import recovery
from newswatch_airflow.testable import TestableDAG

DOC = """
**What it does.** Every minute (`NEWSWATCH_POLL_INTERVAL`, seconds) it loads edited configuration, polls
the feeds that are due, and puts new items into the stream `newswatch:items`. Each feed has its own interval
(`every`), so most runs poll only some feeds.

| task | does |
|---|---|
| `plan` | loads the configuration and divides the due feeds into shards by host |
| `poll` | one mapped task per shard; a failing feed is counted and never fails the shard |
| `publish` | notes in the asset graph that items wait; *skipped* means that none do |
| `verdict` | the run's colour: red if a shard failed, although the others' items are processed |

**What red means.** Infrastructure, not a feed: Redis could not be reached, a connection is missing, a worker
died three times in a row. Nothing is lost: the next run fetches again what was not claimed.

**What to do.** Open the red `poll` or `plan` task; the last lines of its log say what to change. `newswatch feeds`
lists failing feeds, and ops is notified of a feed that is given up. Run `newswatch doctor`.

The page *newswatch* in the navigation lists every feed with its last error. Runbook: [feeds are not
polled](/newswatch/runbook#feeds-are-not-polled), [Redis](/newswatch/runbook#redis-is-away).
"""

with TestableDAG(
    dag_id="poll_feeds",
    description="Fetch the feeds that are due and queue new items for matching",
    doc_md=DOC,
    schedule=DeltaTriggerTimetable(timedelta(seconds=sound_settings().poll_interval_s)),
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
        """Load edited configuration and divide the due feeds into shards, each host in one shard."""
        return stages.plan()

    @task(
        map_index_template="{{ task.op_kwargs['shard']['label'] }}",
        doc_md="Poll one shard's feeds within 45 s. Red: Redis could not be reached or the worker died; see the log.",
    )
    def poll(shard: dict[str, Any]) -> dict[str, Any]:
        """Poll one shard's feeds; a mapped task shows `doc_md` only, not this."""
        return stages.poll(shard["feed_ids"], shard["planned_ms"])

    @task(trigger_rule="all_done", outlets=[ITEMS])
    def publish(shards: Any, counts: Any) -> dict[str, Any]:
        """Note in the asset graph that items wait in the stream. Skipped: none do. Runs even if a shard failed."""
        planned, done = len(shards or ()), len(counts or ())
        complete = shards is not None and planned == done
        return stages.publish_items(get_current_context()["dag"].dag_id, complete=complete)

    planned_shards = plan()
    polled = poll.expand(shard=planned_shards)
    # The scheduler itself runs it, without a task process. It is a leaf, so it decides the run's colour.
    verdict = EmptyOperator(
        task_id="verdict",
        trigger_rule="none_failed",
        doc_md="Fails if a shard failed, so that the run is red although publish ran.",
    )
    publish(planned_shards, polled)
    polled >> verdict
