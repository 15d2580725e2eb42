"""Whether the DAGs that come and go do come: a notice to ops for one that has not finished in time.

The residents have their pulses. `check_config` and `housekeeping` note when they have finished, and the resident that
polls looks at that once a minute. A red run of `check_config` has finished too: ops knows of broken files already.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

from newswatch.pipeline.base.notices import WHAT_TO_DO, clear_notice, raise_notice
from newswatch.pipeline.base.services import Services
from newswatch.store import last_runs
from newswatch.store.client import redis_errors
from newswatch.store.codec import to_ms

EXPECTED: Mapping[str, timedelta] = {
    "check_config": timedelta(minutes=15),
    "housekeeping": timedelta(hours=25),
}
"""How long after the last one each DAG must have finished another run: every ten minutes, and once a day."""


def cause_of(dag_id: str) -> str:
    """The key of the ops notice about a DAG that is late."""
    return f"deadline:{dag_id}"


async def has_run(services: Services, dag_id: str) -> None:
    """Note that a run of the DAG has finished. Ends its notice. Raises RedisUnavailable."""
    with redis_errors():
        await last_runs.note(services.redis, dag_id, to_ms(services.clock()))
    await clear_notice(services, cause_of(dag_id), f"{dag_id} finishes in time again.")


async def report_late_runs(services: Services) -> None:
    """Notify ops of each DAG that is late. The time of one that never ran counts from the first look."""
    now_ms = to_ms(services.clock())
    with redis_errors():
        last = await last_runs.read(services.redis, EXPECTED, now_ms)
    for dag_id, within in EXPECTED.items():
        if now_ms - last[dag_id] > within.total_seconds() * 1000:
            await raise_notice(
                services, cause_of(dag_id), late_text(dag_id, (now_ms - last[dag_id]) // 60_000)
            )


def late_text(dag_id: str, minutes: int) -> str:
    """The notice about a DAG whose last run finished `minutes` ago."""
    return (
        f"{dag_id} has not finished a run for {minutes:,} min.{WHAT_TO_DO}open {dag_id} in the Airflow UI: is it paused? A red "
        "run's log says why. If nothing runs at all, check the scheduler and the workers."
    )
