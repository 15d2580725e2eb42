"""How a task recovers: which errors are worth another try, and how soon.

Airflow's defaults (300 s retry delay, no retries) stall a stage after one crash, so every DAG of
newswatch takes its task settings from here.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from airflow.sdk import ExceptionRetryPolicy, RetryAction, RetryRule

RETRIES = 3
"""At least 2, because a task that is queued before the api-server is up fails its first try."""

RETRY_DELAY = timedelta(seconds=3)
"""Short, since a retry costs little and the next alert must be out within 60 s of a crash."""

RETRY_POLICY = ExceptionRetryPolicy(
    rules=[
        RetryRule(
            exception="newswatch.errors.PermanentError",
            action=RetryAction.FAIL,
            reason="Trying again cannot help. Somebody has to act; the last lines of the log say how.",
        ),
        RetryRule(
            exception="newswatch.errors.RetryableError",
            action=RetryAction.RETRY,
            retry_delay=RETRY_DELAY,
            reason="A passing error: the same work is tried again.",
        ),
    ],
)
"""The two branches of the error tree, for Airflow. Other errors use the task's own retries."""


def recovery(execution_timeout: timedelta, *, retries: int = RETRIES) -> dict[str, Any]:
    """`default_args` of a DAG: owner, retries, policy, and the time after which a task is ended."""
    return {
        "owner": "newswatch",
        "retries": retries,
        "retry_delay": RETRY_DELAY,
        "retry_policy": RETRY_POLICY,
        "execution_timeout": execution_timeout,
    }
