"""Whether Airflow has enough task slots: the residents take some for good, and other tasks need some too."""

from __future__ import annotations

from airflow.configuration import conf

from newswatch.store.pulses import resident_stages

FREE = 2
"""Slots for what comes and goes: check_config, housekeeping, backtest_rule."""


def too_few_slots(poll_shards: int) -> str:
    """What is wrong, and the setting that fixes it; "" if there are enough."""
    taken = len(resident_stages(poll_shards))
    least = taken + FREE
    limits = {"AIRFLOW__CORE__PARALLELISM": conf.getint("core", "parallelism")}
    if "celery" in conf.get("core", "executor").lower():
        limits["AIRFLOW__CELERY__WORKER_CONCURRENCY"] = conf.getint("celery", "worker_concurrency")
    for name, slots in limits.items():
        if 0 < slots < least:
            return (
                f"Airflow has only {slots} task slots ({name}). The resident stages take {taken}, and other tasks"
                f" need {FREE}: set it to at least {least}, or lower NEWSWATCH_POLL_SHARDS."
            )
    return ""
