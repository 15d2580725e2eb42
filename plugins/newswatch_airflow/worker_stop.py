"""What a Celery worker does with its residents when it is stopped: they end their shift, and others go on.

Celery's warm shutdown waits for every running task, and a resident runs for minutes. Each gets SIGTERM, on which it finishes
what is in hand and ends well. Other tasks are left alone: they end by themselves, or are tried again elsewhere.
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


def ask_to_end(workers: Iterable[int]) -> None:
    """Send SIGTERM to the task below each pool process. The pool process itself reports its state, so it must stay."""
    for pid in workers:
        try:
            tasks = psutil.Process(pid).children()
        except psutil.Error:
            continue
        for task in tasks:
            with suppress(ProcessLookupError):
                os.kill(task.pid, signal.SIGTERM)
