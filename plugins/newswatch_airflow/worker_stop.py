"""What a Celery worker does with its residents when it is stopped: they end their shift, and others go on.

Celery's warm shutdown waits for every running task, and a resident runs for minutes. Each gets SIGTERM, on which it finishes
what is in hand and ends well. One that does not, because it is still loading its code, is killed: its next try continues
elsewhere. Other tasks are left alone.
"""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Iterable
from contextlib import suppress
from typing import Any, Protocol

import psutil

RESIDENTS = frozenset({"poll_feeds", "match_items", "fetch_articles", "deliver_alerts"})
"""The DAGs whose tasks work a shift."""


class Request(Protocol):
    """What Celery knows about a task that it runs: its arguments and its pool process."""

    args: Any
    worker_pid: int | None


def resident_workers(requests: Iterable[Request]) -> set[int]:
    """The pool processes that run a resident: their task's only argument is Airflow's workload as JSON."""
    return {one.worker_pid for one in requests if one.worker_pid and _dag_of(one) in RESIDENTS}


def _dag_of(request: Request) -> str:
    try:
        return str(json.loads(request.args[0])["ti"]["dag_id"])
    except (IndexError, KeyError, TypeError, ValueError):
        return ""  # not a task of Airflow


def end_tasks(workers: Iterable[int], number: signal.Signals) -> None:
    """Send a signal to the task below each pool process. The pool process itself reports its state, so it must stay."""
    for pid in workers:
        try:
            tasks = psutil.Process(pid).children()
        except psutil.Error:
            continue
        for task in tasks:
            with suppress(ProcessLookupError):
                os.kill(task.pid, number)
