"""Celery's configuration, as AIRFLOW__CELERY__CELERY_CONFIG_OPTIONS names it: the provider's, and what a stopped worker does.

The setting is `newswatch_airflow.celery_worker.CONFIG`. Without it newswatch works too, but a worker that is stopped waits for
the end of its residents' shifts, and is killed.
"""

from __future__ import annotations

import signal
import threading
import time
from contextlib import suppress
from typing import Any

from airflow.providers.celery.executors.default_celery import DEFAULT_CELERY_CONFIG as CONFIG
from celery.signals import worker_shutting_down

from newswatch_airflow.worker_stop import end_tasks, resident_workers

__all__ = ["CONFIG"]

AGAIN_S = 1.0
"""A resident that is still loading its code does not listen yet, and a task may begin after the worker was stopped."""
PATIENCE_S = 6.0
"""A resident ends within four seconds. `docker stop` kills after ten, unless another time is given."""


def end_residents(**_: Any) -> None:
    """Called in the worker's main process, within its signal handler."""
    threading.Thread(target=_ask_again_and_again, name="newswatch-worker-stop", daemon=True).start()


worker_shutting_down.connect(end_residents, weak=False)


def _ask_again_and_again() -> None:
    from celery.worker.state import active_requests  # noqa: PLC0415

    began = time.monotonic()
    while True:
        with suppress(RuntimeError):  # Celery changed the set meanwhile
            patient = time.monotonic() - began < PATIENCE_S
            end_tasks(resident_workers(tuple(active_requests)), signal.SIGTERM if patient else signal.SIGKILL)
        time.sleep(AGAIN_S)
