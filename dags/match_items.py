"""match_items: match items against the watchlist as they come, and queue the messages."""

from __future__ import annotations

from typing import Any

from airflow.sdk import DAG, get_current_context, task

from newswatch_airflow.assets import ALERTS, ITEMS
from newswatch_airflow.resident import stay, stays

DOC = """
**What it does.** One run works a shift of ten minutes (`NEWSWATCH_SHIFT`) and is followed by the next. It waits at the
stream `newswatch:items` and matches new items against the rules in force. Matches become alerts, the alerts of a
story become one message per channel, and messages go into the outbox, where `deliver_alerts` waits for them.

**A running task is normal.** The counts are in its XCom when the shift ends. *Trigger* does not help: only one run can
be active, and it is at work.

**What red means.** Redis refused newswatch, or a connection is missing. Items stay in the stream. Nothing is lost and
nothing alerts twice. While Redis is away, the task waits for it and does not turn red.

**What to do.** The last lines of the task's log say what to change. `newswatch doctor` checks Redis. If the task hangs,
clear it: another try continues. `newswatch drain` lets all stages finish what is in hand, before an upgrade.

The page *newswatch* in the navigation shows what was matched and why, and when the stage was last heard from. Runbook: [items
wait for matching](/newswatch/runbook#items-wait-for-matching).
"""

with DAG(
    description="Match items against the watchlist as they come, and queue the messages",
    doc_md=DOC,
    schedule="@continuous",
    **stays("match_items"),
):

    @task(inlets=[ITEMS], outlets=[ALERTS])
    def match() -> dict[str, Any]:
        """Match items until the shift is over. Red: Redis refused newswatch; the log says why."""
        return stay(get_current_context(), "match")

    match()
