"""fetch_articles: read the articles of items whose feed has `article: true`."""

from __future__ import annotations

from functools import partial
from typing import Any

from airflow.sdk import get_current_context, task

from newswatch_airflow import stages
from newswatch_airflow.assets import ARTICLES, ITEMS
from newswatch_airflow.testable import TestableDAG
from newswatch_airflow.woken import woken_by

DOC = """
**What it does.** For feeds with `article: true` it fetches each new item's web page and adds the item to the
stream again with the page's main text, so that rules see it as `body`. Titles and summaries are matched before,
without waiting for it. The triggerer starts it when an article is due, and a timer every 10 minutes in case the
triggerer fails.

**Skipped** means that it did its work and no item waits for matching. The counts are in the XCom `counts`.

**What red means.** Redis could not be reached. A web page that cannot be read never turns it red: it is
tried again at growing intervals and then given up. Nothing is lost: the articles stay queued.

**What to do.** The last lines of the task's log say what to change; `newswatch doctor` checks Redis.

A feed's page (*newswatch* in the navigation, *Feeds*) shows how many of its articles were read. Runbook:
[Redis](/newswatch/runbook#redis-is-away), [a run is red](/newswatch/runbook#a-run-is-red).
"""

with TestableDAG(
    description="Read the articles of items whose feed asks for it, and queue them for matching",
    doc_md=DOC,
    **woken_by(ARTICLES, "fetch_articles"),
):

    @task(outlets=[ITEMS])
    def read_articles() -> dict[str, Any]:
        """Read all due articles, then start match_items. Skipped: done, and no item waits for matching."""
        context = get_current_context()
        return stages.read_articles(context["dag"].dag_id, partial(context["ti"].xcom_push, "counts"))

    read_articles()
