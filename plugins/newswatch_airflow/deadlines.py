"""A DAG run that does not finish in time becomes a notice to ops, through newswatch's own outbox.

Airflow's Slack notifiers are not used: they post twice when an answer is lost. The notice is
keyed by its cause, so a stage that is late all night is reported once and then every four hours.
`newswatch_airflow.stages` ends the notice with the first run that succeeds.
"""

from __future__ import annotations

import logging
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from airflow.sdk import (  # type: ignore[attr-defined]  # public, but absent from the package's stub
    AsyncCallback,
    DeadlineReference,
)

from newswatch_airflow.versions import late_alert

if TYPE_CHECKING:
    from airflow.sdk import DeadlineAlert  # type: ignore[attr-defined]

log = logging.getLogger(__name__)


def deadline(dag_id: str, within: timedelta, *, red_is_late: bool = True) -> DeadlineAlert:
    """The alert of a DAG whose runs must have succeeded `within` this time of being queued.

    `red_is_late=False` is for a DAG whose red run has already notified ops. There a run that ended
    in time counts as in time, even if it is red.
    """
    return late_alert(
        f"{dag_id} late",
        reference=DeadlineReference.DAGRUN_QUEUED_AT,
        interval=within,
        callback=AsyncCallback(
            f"{__name__}.notice_missed_deadline",
            kwargs={
                "dag_id": dag_id,
                "within_s": int(within.total_seconds()),
                "red_is_late": red_is_late,
            },
        ),
    )


def cause_of(dag_id: str) -> str:
    """The key of the ops notice about a late DAG."""
    return f"deadline:{dag_id}"


async def notice_missed_deadline(
    dag_id: str, within_s: int, *, red_is_late: bool = True, context: dict[str, Any] | None = None
) -> str:
    """Raise the notice to ops. Runs in the triggerer. Returns the notice's text, "" if there was no cause.

    `context` is Airflow's: the run as its API shows it, and the deadline. The text goes to the log
    first, in case Redis is the reason and no notice can be sent.
    """
    from newswatch.pipeline.base.notices import raise_notice  # noqa: PLC0415 - DAG files import this module
    from newswatch_airflow.hooks import trigger_services  # noqa: PLC0415

    run = (context or {}).get("dag_run") or {}
    if not red_is_late and run.get("end_date"):  # Airflow calls for every run that did not succeed
        return ""
    text = missed_text(dag_id, within_s, str(run.get("dag_run_id") or ""))
    log.error("%s", text)
    async with await trigger_services() as services:
        await raise_notice(services, cause_of(dag_id), text)
    return text


def missed_text(dag_id: str, within_s: int, run_id: str) -> str:
    """The notice about a late run."""
    run = f"run {run_id}" if run_id else "a run"
    return (
        f"{dag_id}: {run} has not succeeded within {within_s} s of being queued, so alerts may be late. "
        f"Open {dag_id} in the Airflow UI: a red task's log says why. If nothing runs at all, check "
        "the scheduler, the workers and Redis."
    )
