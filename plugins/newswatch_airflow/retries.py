"""How a task recovers: which errors are worth another try, and how soon.

Airflow's defaults (300 s retry delay, no retries) stall a stage after one crash, so every DAG of
newswatch takes its task settings from here.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from newswatch_airflow.versions import retry_policy

RETRIES = 6
"""At least 2, because a task that is queued before the api-server is up fails its first tries."""

RETRY_DELAY = timedelta(seconds=1)
"""Short, since a retry costs little, and the next alert must be out within ten seconds of a resident's death."""


def recovery(execution_timeout: timedelta, *, retries: int = RETRIES) -> dict[str, Any]:
    """`default_args` of a DAG: owner, retries, policy, and the time after which a task is ended."""
    return {
        "owner": "newswatch",
        "retries": retries,
        "retry_delay": RETRY_DELAY,
        "execution_timeout": execution_timeout,
        **retry_policy(RETRY_DELAY),
    }
