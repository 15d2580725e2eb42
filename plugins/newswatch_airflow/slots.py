"""Whether Airflow has enough task slots: the residents take some for good, and polling needs others."""

from __future__ import annotations

from airflow.configuration import conf

TAKEN = 3
"""Slots that match_items, fetch_articles and deliver_alerts take."""
FREE = 2
"""Slots for a poll's plan and a shard at the same time."""
LEAST = TAKEN + FREE


def too_few_slots() -> str:
    """What is wrong, and the setting that fixes it; "" if there are enough."""
    limits = {"AIRFLOW__CORE__PARALLELISM": conf.getint("core", "parallelism")}
    if "celery" in conf.get("core", "executor").lower():
        limits["AIRFLOW__CELERY__WORKER_CONCURRENCY"] = conf.getint("celery", "worker_concurrency")
    for name, slots in limits.items():
        if 0 < slots < LEAST:
            return (
                f"Airflow has only {slots} task slots ({name}). The three resident stages take {TAKEN}, and polling needs"
                f" {FREE} more: set it to at least {LEAST}."
            )
    return ""
