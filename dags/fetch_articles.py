"""fetch_articles: read the articles of items whose feed has `article: true`."""

from __future__ import annotations

from typing import Any

from airflow.sdk import DAG, get_current_context, task

from newswatch_airflow.assets import ITEMS
from newswatch_airflow.resident import stay, stays

DOC = """
**What it does.** For feeds with `article: true` it fetches each new item's web page and adds the item to the stream again
with the page's main text, so that rules see it as `body`. Titles and summaries do not wait for it; they are matched before.
For feeds with `recheck: true` it reads the links of alerts again.

**No run is normal.** `poll_feeds` starts one within seconds when an article waits. The run ends when none has waited for a
minute, or after a shift of ten minutes (`NEWSWATCH_SHIFT`). *Trigger* starts one too; it ends after a minute if nothing
waits. The counts are in its XCom when it ends.

**What red means.** Redis refused newswatch, or a connection is missing. A web page that cannot be read never turns it
red: it is tried again at growing intervals and then given up. Nothing is lost: the articles stay queued.

**What to do.** The last lines of the task's log say what to change; `newswatch doctor` checks Redis.

A feed's page (*newswatch* in the navigation, *Feeds*) shows how many of its articles were read. Runbook:
[Redis](/newswatch/runbook#redis-is-away), [a run is red](/newswatch/runbook#a-run-is-red).
"""

with DAG(
    description="Read the articles of items whose feed asks for it, and queue them for matching",
    doc_md=DOC,
    schedule=None,
    **stays("fetch_articles"),
):

    @task(outlets=[ITEMS])
    def read_articles() -> dict[str, Any]:
        """Read articles until none waits or the shift is over. Red: Redis refused newswatch; the log says why."""
        return stay(get_current_context(), "articles")

    read_articles()
