"""What differs between the versions of Airflow that newswatch runs on: 3.2 and 3.3.

Everything that is not in the oldest of them is reached through this module. What a version lacks is done without, and
`docs/airflow.md` says what that means.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

from airflow import sdk
from airflow.sdk.exceptions import AirflowFailException

from newswatch.errors import PermanentError

HAS_RETRY_POLICIES = hasattr(sdk, "ExceptionRetryPolicy")
"""Since 3.3."""


def retry_policy(retry_delay: timedelta) -> dict[str, Any]:
    """Task arguments that make Airflow distinguish the two branches of the error tree.

    Other errors use the task's own retries. Airflow 3.2 has no retry policies; there `permanent_errors` does half of it, and
    a passing error uses the task's own retries too.
    """
    if not HAS_RETRY_POLICIES:
        return {}
    from airflow.sdk import ExceptionRetryPolicy, RetryAction, RetryRule  # noqa: PLC0415

    rules = [
        RetryRule(
            exception="newswatch.errors.PermanentError",
            action=RetryAction.FAIL,
            reason="Trying again cannot help. Somebody has to act; the last lines of the log say how.",
        ),
        RetryRule(
            exception="newswatch.errors.RetryableError",
            action=RetryAction.RETRY,
            retry_delay=retry_delay,
            reason="A passing error: the same work is tried again.",
        ),
    ]
    return {"retry_policy": ExceptionRetryPolicy(rules=rules)}


@contextmanager
def permanent_errors() -> Iterator[None]:
    """Around the body of a task: a permanent error ends it without another try, in 3.2 as well."""
    try:
        yield
    except PermanentError as error:
        if HAS_RETRY_POLICIES:
            raise
        raise AirflowFailException(str(error)) from error


def start_run(dag_id: str, run_id: str) -> None:
    """Start a run of another DAG from within a task. Blocks until Airflow has answered.

    This is what TriggerDagRunOperator does at the end of its task; the task SDK has no public way to do it earlier.
    """
    from airflow.sdk.execution_time import task_runner  # noqa: PLC0415 - only in tasks
    from airflow.sdk.execution_time.comms import TriggerDagRun  # noqa: PLC0415

    task_runner.SUPERVISOR_COMMS.send(TriggerDagRun(dag_id=dag_id, run_id=run_id))
