"""Whether Airflow has slots enough: the stages that stay take some for good, and polling needs others."""

from __future__ import annotations

from airflow.configuration import conf

TAKEN = 3
"""By match_items, fetch_articles and deliver_alerts."""
FREE = 2
"""For a poll's plan and a shard at the same time."""
LEAST = TAKEN + FREE


def too_few_slots() -> str:
    """What is wrong, and the setting that mends it; "" if there are enough."""
    limits = {"AIRFLOW__CORE__PARALLELISM": conf.getint("core", "parallelism")}
    if "celery" in conf.get("core", "executor").lower():
        limits["AIRFLOW__CELERY__WORKER_CONCURRENCY"] = conf.getint("celery", "worker_concurrency")
    for name, slots in limits.items():
        if 0 < slots < LEAST:
            return (
                f"Airflow has only {slots} task slots ({name}). The three stages that stay take {TAKEN}, and polling needs"
                f" {FREE} more: set it to at least {LEAST}."
            )
    return ""
