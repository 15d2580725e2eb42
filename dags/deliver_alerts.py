"""deliver_alerts: send messages to Slack as they become due."""

from __future__ import annotations

from typing import Any

from airflow.sdk import DAG, get_current_context, task

from newswatch_airflow.assets import ALERTS
from newswatch_airflow.resident import stay, stays

DOC = """
**What it does.** One run works a shift of ten minutes (`NEWSWATCH_SHIFT`) and is followed by the next. It sends every
message to its Slack channel as soon as it is due, at most one a second per channel, and records it as sent. It
also applies edited configuration files within seconds.

**A running task is normal.** The counts are in its XCom when the shift ends. *Trigger* does not help: only one run can
be active, and it is at work.

**What red means.** Slack refused the token or a channel, or the connection `newswatch_slack` is missing; the log's
last lines name it. A new problem ends the run red at once. While it lasts, the next runs send all other messages and turn red
at the end of their shift. Queues are kept in every case. While Slack or Redis is away, the task waits for it.

**What to do.** Token refused: put a valid bot token into the connection `newswatch_slack`. Channel refused:
invite the bot (`/invite @newswatch`) or correct the channel id in `receivers.yaml`. Then `newswatch doctor`.
Messages that Slack refused for their content are dead letters: `newswatch dead list`, `newswatch dead retry`.

The page *newswatch* in the navigation, *Delivery*, shows queues, pauses and dead letters and retries them.
Runbook: [messages wait](/newswatch/runbook#messages-wait-for-delivery),
[Slack refuses](/newswatch/runbook#slack-takes-nothing), [Slack is away](/newswatch/runbook#slack-is-away).
"""

with DAG(
    description="Send messages to Slack as they become due",
    doc_md=DOC,
    schedule="@continuous",
    **stays("deliver_alerts"),
):

    @task(inlets=[ALERTS])
    def deliver() -> dict[str, Any]:
        """Send messages until the shift is over. Red: Slack refused the token or a channel; the log says which."""
        return stay(get_current_context(), "deliver", slack=True)

    deliver()
