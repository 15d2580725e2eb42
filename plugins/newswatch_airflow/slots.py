"""Whether Airflow has enough task slots: the residents take some for good, and other tasks need some too.

Three kinds of limits can be too low: those of the executor, which are in Airflow's configuration; those of a pool or a
DAG, which are in its database; and whatever else keeps a task from getting a slot, which shows in its state.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from math import ceil
from typing import TYPE_CHECKING

from newswatch.quantity import quantity
from newswatch.residents import resident_stages

if TYPE_CHECKING:
    from newswatch.store.pulses import Pulse

FREE = 2
"""Slots for what comes and goes: check_config, housekeeping, backtest_rule."""
SHARDS_A_WORKER = 2
"""How many Celery workers there are is not in Airflow's settings. docs/operations.md wants two poll shards for each at most."""
DAGS: Mapping[str, str] = {
    "poll": "poll_feeds",
    "match": "match_items",
    "articles": "fetch_articles",
    "deliver": "deliver_alerts",
}
"""The DAG of each stage."""

Scheduled = Callable[[str], int]
"""How many tasks of a DAG may run and have no slot."""


def least_slots(poll_shards: int) -> int:
    """How many task slots newswatch needs, with so many poll shards."""
    return len(resident_stages(poll_shards)) + FREE


def too_few_slots(poll_shards: int) -> str:
    """Which limit of the executor is too low, and the setting that raises it; "" if none is."""
    from airflow.configuration import conf  # noqa: PLC0415 - the launcher of `make run` must not start Airflow

    needed = least_slots(poll_shards)
    limits = {"AIRFLOW__CORE__PARALLELISM": (conf.getint("core", "parallelism"), 1)}
    if "celery" in conf.get("core", "executor").lower():
        slots_each = conf.getint("celery", "worker_concurrency")
        limits["AIRFLOW__CELERY__WORKER_CONCURRENCY"] = (slots_each, max(1, poll_shards // SHARDS_A_WORKER))
    for name, (slots, workers) in limits.items():
        least = ceil(needed / workers)
        if 0 < slots < least:
            each = f" on each of {workers} workers" if workers > 1 else ""
            return (
                f"Airflow has only {quantity(slots, 'task slot')}{each} ({name}). {_needs(needed)}: set it to at least {least}, or"
                " lower NEWSWATCH_POLL_SHARDS."
            )
    return ""


def too_low_in_database(poll_shards: int) -> str:
    """Which limit of a pool or a DAG is too low; "" if none is. It queries Airflow's database, which no task can.

    A pool counts that our unfinished tasks are in. If they are in several, each needs a slot for each of them.
    """
    from airflow.models.dag import DagModel  # noqa: PLC0415
    from airflow.models.pool import Pool  # noqa: PLC0415
    from airflow.models.taskinstance import TaskInstance  # noqa: PLC0415
    from airflow.utils.session import create_session  # noqa: PLC0415
    from sqlalchemy import func, select  # noqa: PLC0415

    ours = (
        select(TaskInstance.pool, func.count())
        .where(TaskInstance.dag_id.in_(DAGS.values()))
        .where(TaskInstance.state.in_(("scheduled", "queued", "running")))
        .group_by(TaskInstance.pool)
    )
    with create_session() as session:
        tasks = {str(pool): int(number) for pool, number in session.execute(ours)}
        sizes = select(Pool.pool, Pool.slots).where(Pool.pool.in_(tasks))
        pools = {str(pool): int(slots) for pool, slots in session.execute(sizes)}
        at_once = session.scalar(select(DagModel.max_active_tasks).where(DagModel.dag_id == DAGS["poll"]))
    if at_once is not None and at_once < poll_shards:
        return (
            f"The DAG {DAGS['poll']} may run only {quantity(at_once, 'task')} at once (max_active_tasks, lowered by a cluster policy), and it"
            f" has {quantity(poll_shards, 'poll shard')}: raise that, or lower NEWSWATCH_POLL_SHARDS."
        )
    for name, slots in sorted(pools.items()):
        needed = least_slots(poll_shards) if len(tasks) == 1 else tasks[name]
        if 0 <= slots < needed:
            why = _needs(needed) if len(tasks) == 1 else f"{needed} of our tasks run in it for good"
            return (
                f"Airflow's pool {name} has only {quantity(slots, 'slot')}. {why}: give it at least {needed} (Admin, Pools), or lower"
                " NEWSWATCH_POLL_SHARDS."
            )
    return ""


def held_up(stages: Iterable[str], pulses: Iterable[Pulse], now: datetime, scheduled: Scheduled) -> str:
    """Which stages are silent because their task gets no slot, for whatever reason; "" if none is.

    Nothing is said until another stage has worked for a minute: all of them begin at the same time.
    """
    from newswatch.pipeline.base.silence import SILENT_S, is_silent, is_there  # noqa: PLC0415 - in tasks only
    from newswatch.residents import ON_DEMAND  # noqa: PLC0415

    found = {pulse.stage: pulse for pulse in pulses}
    if not any(
        is_there(pulse, now) and (now - pulse.since).total_seconds() > SILENT_S for pulse in found.values()
    ):
        return ""
    silent = [
        stage
        for stage in stages
        if stage != ON_DEMAND and (stage not in found or is_silent(found[stage], now))
    ]
    waiting = [stage for stage in silent if scheduled(DAGS[stage.partition("-")[0]])]
    if not waiting:
        return ""
    which = "stage is" if len(waiting) == 1 else "stages are"
    return (
        f"The {', '.join(waiting)} {which} silent because no task slot is free. Give the pool of the task (Admin, Pools), the DAG"
        " (max_active_tasks) or the executor (AIRFLOW__CORE__PARALLELISM, AIRFLOW__CELERY__WORKER_CONCURRENCY) more slots."
    )


def _needs(needed: int) -> str:
    return f"The resident stages take {needed - FREE}, and other tasks need {FREE}"
