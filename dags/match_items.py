"""match_items: match waiting items against the watchlist and queue the messages."""

from __future__ import annotations

from functools import partial
from typing import Any

from airflow.sdk import get_current_context, task

from newswatch_airflow import stages
from newswatch_airflow.assets import ALERTS, ITEMS
from newswatch_airflow.testable import TestableDAG
from newswatch_airflow.woken import woken_by

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
    description="Match waiting items against the watchlist and queue the messages",
    doc_md=DOC,
    **woken_by(ITEMS, "match_items"),
):

    @task(outlets=[ALERTS])
    def match() -> dict[str, Any]:
        """Match all waiting items, then start deliver_alerts. Skipped: done, and no message is due."""
        context = get_current_context()
        return stages.match(context["dag"].dag_id, partial(context["ti"].xcom_push, "counts"))

    match()
