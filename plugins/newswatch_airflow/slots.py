"""Whether Airflow has enough task slots: the residents take some for good, and other tasks need some too."""

from __future__ import annotations

from newswatch.store.pulses import resident_stages

FREE = 2
"""Slots for what comes and goes: check_config, housekeeping, backtest_rule."""


def least_slots(poll_shards: int) -> int:
    """How many task slots newswatch needs, with so many poll shards."""
    return len(resident_stages(poll_shards)) + FREE


def too_few_slots(poll_shards: int) -> str:
    """What is wrong, and the setting that fixes it; "" if there are enough."""
    from airflow.configuration import conf  # noqa: PLC0415 - the launcher of `make run` must not start Airflow

    least = least_slots(poll_shards)
    limits = {"AIRFLOW__CORE__PARALLELISM": conf.getint("core", "parallelism")}
    if "celery" in conf.get("core", "executor").lower():
        limits["AIRFLOW__CELERY__WORKER_CONCURRENCY"] = conf.getint("celery", "worker_concurrency")
    for name, slots in limits.items():
        if 0 < slots < least:
            return (
                f"Airflow has only {slots} task slots ({name}). The resident stages take {least - FREE}, and other"
                f" tasks need {FREE}: set it to at least {least}, or lower NEWSWATCH_POLL_SHARDS."
            )
    return ""
