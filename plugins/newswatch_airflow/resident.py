"""Resident stages: one DAG run works a shift, then the next takes over, for articles when some wait.

The shift ends at a time that the run's start fixes, so a task that is tried again works only the rest. The task ends by
itself; the two timeouts are for a process that hangs.
"""

from __future__ import annotations

import asyncio
import logging
import math
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

from airflow.sdk import TaskInstanceState

from newswatch.errors import PermanentError, StageRed, StoppedEarly
from newswatch_airflow.hooks import process_settings, sound_settings, task_services
from newswatch_airflow.retries import recovery
from newswatch_airflow.versions import permanent_errors, start_run

if TYPE_CHECKING:
    from newswatch.pipeline.base.shift import Ask, Paused, Shift

log = logging.getLogger("newswatch.resident")

TRIES = 24
"""Ten kills within one shift, and a dozen tries of some seconds each while the api-server is not up."""
LONGER_S = 1_200
"""Release windows make a shift longer, by `pipeline.base.shift.MOST_LONGER_S` at most. A DAG file must not import that."""
MOST_TASKS = 16
"""Airflow's own limit for a DAG."""
HANGS_S = 120
"""A task that works this much longer than its longest shift is ended by Airflow."""
CALM_S = 60.0
"""Runs that cannot begin their work fail no sooner after one another than this. So does a task that is tried again."""

Work = Callable[["Shift"], Awaitable[Any]]


def stays(dag_id: str) -> dict[str, Any]:
    """The settings of a resident stage's DAG, apart from its schedule, description and documentation."""
    settings = sound_settings()
    longest = timedelta(seconds=settings.shift_s + LONGER_S)
    return {
        "dag_id": dag_id,
        "start_date": datetime(2026, 1, 1, tzinfo=timezone.utc),
        "catchup": False,
        "max_active_runs": 1,
        # Airflow would run sixteen tasks of a DAG at once, and the other poll shards never.
        "max_active_tasks": max(MOST_TASKS, settings.poll_shards),
        "is_paused_upon_creation": False,
        "dagrun_timeout": longest + timedelta(minutes=5),
        "default_args": recovery(longest + timedelta(seconds=HANGS_S), retries=TRIES),
        "tags": ["newswatch"],
    }


def stay(context: Mapping[str, Any], stage: str, *, slack: bool = False) -> dict[str, Any]:
    """Work the rest of the shift. Returns the counts. Raises StageRed, or why the work could not begin or go on."""
    began = time.monotonic()
    with permanent_errors():
        try:
            return _work(context, stage, slack=slack)
        except (StageRed, StoppedEarly):
            raise
        except PermanentError:
            # It turns the run red at once. A run follows at once, so the next one waits first.
            time.sleep(max(0.0, CALM_S - _failed_ago_s(context)))
            raise
        except Exception:
            # Whatever it is, it is raised. The next try begins at once, and there are only so many.
            time.sleep(max(0.0, CALM_S - (time.monotonic() - began)))
            raise


def _work(context: Mapping[str, Any], stage: str, *, slack: bool) -> dict[str, Any]:
    # Everything is loaded before any work begins, so that no file is read after an upgrade.
    import uvloop  # noqa: PLC0415

    from newswatch.pipeline.base.shift import ASKED_TO_END, Shift, rest_of  # noqa: PLC0415
    from newswatch_airflow.stage_work import work_of  # noqa: PLC0415

    began = context["dag_run"].start_date
    left_s = rest_of(process_settings().shift_s, began, datetime.now(timezone.utc))
    services = task_services(slack=slack)

    async def within() -> Any:
        async with services:
            one = context["ti"]
            shift = Shift(
                services,
                stage,
                left_s,
                where=_page_of(context),
                run=one.run_id,
                attempt=one.try_number,
                paused=_pause_of(context),
                edited=check_of(context),
                article_waits=reader_of(context),
            )
            counts = await work_of(stage, services)(shift)
            if shift.reason == ASKED_TO_END:
                check_not_missed(stage, one.map_index)
            return counts

    return dict(uvloop.run(within()).as_dict())


def _failed_ago_s(context: Mapping[str, Any]) -> float:
    """How long ago this task failed in an earlier run; infinite if it never did, 0 if Airflow cannot say."""
    one = context["ti"]
    try:
        last = one.get_previous_ti(state=TaskInstanceState.FAILED, map_index=one.map_index)
    except Exception:  # Airflow's own trouble must not take the place of the error that ends this run
        log.exception("Airflow cannot say when %s failed last", one.task_id)
        return 0.0
    if last is None or last.end_date is None:
        return math.inf
    return float((datetime.now(timezone.utc) - last.end_date).total_seconds())


def check_not_missed(stage: str, map_index: int) -> None:
    """Raise StoppedEarly if nobody would go on with the work of a task that ends before its shift does.

    After the only task of a run the next run begins. A run with several shards ends with the last of them, and until then
    nobody would poll the hosts of a shard whose worker was stopped.
    """
    if map_index >= 0:
        raise StoppedEarly(f"{stage} was asked to end before its shift did. Another worker goes on with it.")


def _page_of(context: Mapping[str, Any]) -> str:
    """The path of the task's page in the Airflow UI."""
    one = context["ti"]
    return f"/dags/{one.dag_id}/runs/{one.run_id}/tasks/{one.task_id}"


def _pause_of(context: Mapping[str, Any]) -> Paused:
    """Asks Airflow whether the DAG is paused. In `dag.test()` nobody can be asked."""
    one = context["ti"]

    async def paused() -> bool:
        return bool((await asyncio.to_thread(one.get_dag, one.dag_id)).is_paused)

    return paused


def check_of(context: Mapping[str, Any]) -> Ask:
    """Starts a run of `check_config`, which shows in Airflow whether an edit is valid."""
    return _starts(context, "check_config", "edit")


def reader_of(context: Mapping[str, Any]) -> Ask:
    """Starts a run of `fetch_articles`, unless there is one. One that waits for a slot will read all that waits."""
    return _starts(context, "fetch_articles", "article", unless=("queued", "running"))


def _starts(context: Mapping[str, Any], dag_id: str, why: str, *, unless: Sequence[str] = ()) -> Ask:
    """Starts a run of the DAG, unless that is paused or has a run in one of these states. `why` begins the run's id."""
    one = context["ti"]

    def start() -> bool:
        if one.get_dag(dag_id).is_paused or (unless and one.get_dr_count(dag_id, states=list(unless))):
            return False
        start_run(dag_id, f"{why}__{datetime.now(timezone.utc):%Y-%m-%dT%H:%M:%S.%f}")
        return True

    async def ask() -> bool:
        return await asyncio.to_thread(start)

    return ask
