"""Whether Airflow has enough task slots: the residents take some for good, and other tasks need some too."""

from __future__ import annotations

from math import ceil

from newswatch.residents import resident_stages

FREE = 2
"""Slots for what comes and goes: check_config, housekeeping, backtest_rule."""
SHARDS_A_WORKER = 2
"""How many Celery workers there are is not in Airflow's settings. docs/operations.md wants two poll shards for each at most."""


def least_slots(poll_shards: int) -> int:
    """How many task slots newswatch needs, with so many poll shards."""
    return len(resident_stages(poll_shards)) + FREE


def too_few_slots(poll_shards: int) -> str:
    """What is wrong, and the setting that fixes it; "" if there are enough."""
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
                f"Airflow has only {slots} task slots{each} ({name}). The resident stages take {needed - FREE}, and"
                f" other tasks need {FREE}: set it to at least {least}, or lower NEWSWATCH_POLL_SHARDS."
            )
    return ""
