"""backtest_rule: what a rule or query would have caught; triggered by hand with a form."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import Any

from airflow.sdk import DAG, get_current_context, task

from newswatch_airflow.backtest import backtest, form
from newswatch_airflow.retries import recovery

DOC = """
**What it does.** Tries a rule or a query on the items of the last days and counts what it would have caught,
day by day. Nothing is sent to Slack and nothing is changed: try as often as you like. It runs only
when you trigger it.

**How to ask.** Choose *Trigger*, then fill in one field: the id of a rule, or a query. A rule is tried as it is in
the files of `config/` now. If that differs from the rule in force, you also see which items the edit gains and
which it loses. If you leave both fields empty, all rules are tried and counted.

**Where the answer is.** Open the task `backtest` of your run. Its log shows the days, the first hits with the
matched words in [brackets], gains and losses. The same report is under *XCom* as `return_value`. Lists that are
too long are cut there; the counts are complete. On a terminal: `newswatch backtest --rule ID`.

**What red means.** The question could not be answered: no such rule, a query with a mistake in it, or broken
configuration files. Alerts are not affected.

**What to do.** The log's last lines say what is wrong; `^` marks the place in a faulty query. Correct it and
trigger again. Items that a feed already held when it was added are tried as well, although they never
alert. To try a draft, use the editor (*newswatch* in the navigation, *Watchlist*); to try an
event that is not a rule yet, `newswatch backtest --event`. Runbook: [the configuration is
broken](/newswatch/runbook#the-configuration-is-broken).
"""

with DAG(
    dag_id="backtest_rule",
    description="What a rule or query would have caught in the last days; trigger it by hand",
    doc_md=DOC,
    schedule=None,
    start_date=datetime(2026, 1, 1, tzinfo=timezone.utc),
    catchup=False,
    max_active_runs=4,
    is_paused_upon_creation=False,
    dagrun_timeout=timedelta(minutes=30),
    default_args=recovery(execution_timeout=timedelta(minutes=15)),
    params=form(),
    tags=["newswatch", "editors"],
):

    @task(task_id="backtest")
    def try_on_stored_items() -> dict[str, Any]:
        """Count what would have been caught. Red: the question has a mistake; the log says which."""
        return backtest(get_current_context()["params"])

    try_on_stored_items()
