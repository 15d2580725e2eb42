"""deliver_alerts: send what is due in the outbox to Slack."""

from __future__ import annotations

from typing import Any

from airflow.sdk import get_current_context, task

from newswatch_airflow import stages
from newswatch_airflow.assets import ALERTS
from newswatch_airflow.testable import TestableDAG
from newswatch_airflow.woken import woken_by

DOC = """
**What it does.** Sends every message that is due to its Slack channel, at most one a second per channel, and
records it as sent. It is started through the asset `newswatch_alerts` by `match_items`, or by the triggerer when
a message has been due for more than 5 s (retries, digests, ends of quiet hours). A timer starts it every 10
minutes in case both fail.

**What red means.** Slack refused the token or a channel, is away, or the connection `newswatch_slack` is missing; the
log's last lines name it. All other messages were sent. A single internal error of Slack and requests to wait do not turn
it red. Queues are kept in every case. While Slack is away, a run only probes whether it is back, and ends.

**What to do.** Token refused: put a valid bot token into the connection `newswatch_slack`. Channel refused:
invite the bot (`/invite @newswatch`) or correct the channel id in `receivers.yaml`. Then `newswatch doctor`.
Messages that Slack refused for their content are dead letters: `newswatch dead list`, `newswatch dead retry`.

The page *newswatch* in the navigation, *Delivery*, shows queues, pauses and dead letters and retries them.
Runbook: [messages wait](/newswatch/runbook#messages-wait-for-delivery),
[Slack refuses](/newswatch/runbook#slack-takes-nothing), [Slack is away](/newswatch/runbook#slack-is-away).
"""

with TestableDAG(
    description="Send what is due in the outbox to Slack",
    doc_md=DOC,
    **woken_by(ALERTS, "deliver_alerts"),
):

    @task
    def deliver() -> dict[str, Any]:
        """Send all due messages. Red: Slack refused the token or a channel; the log says which."""
        return stages.deliver(get_current_context()["dag"].dag_id)

    deliver()
