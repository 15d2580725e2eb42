"""The bodies of the tasks that come and go: each opens its services, does its work and returns counts.

What a task returns goes into XCom, so it is ids and counts, never items. Heavy modules are imported
inside functions, because Airflow keeps parsing the DAG files, which import this module.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import TYPE_CHECKING, Any, TypeVar

from newswatch.errors import ConfigError
from newswatch_airflow.versions import permanent_errors

if TYPE_CHECKING:
    from newswatch.pipeline.base.services import Services

T = TypeVar("T")


def in_stage(stage: Callable[[Services], Awaitable[T]]) -> T:
    """Run one stage with services from the Airflow connections, and close them.

    Raises RedisUnavailable or RedisRefused where newswatch cannot use this Redis.
    """
    import uvloop  # noqa: PLC0415

    from newswatch.store.server import check_server  # noqa: PLC0415
    from newswatch_airflow.hooks import task_services  # noqa: PLC0415

    async def within(services: Services) -> T:
        async with services:
            await check_server(services.redis)
            return await stage(services)

    with permanent_errors():
        return uvloop.run(within(task_services()))


def check_config(context: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """Put the files in force if they are valid, else raise ConfigError with every problem.

    It also checks whether Airflow has enough task slots. With the task's `context` it sees which tasks have none.
    """
    from newswatch.pipeline.base.adoption import adopt_config  # noqa: PLC0415
    from newswatch.pipeline.base.notices import clear_notice, raise_notice  # noqa: PLC0415
    from newswatch.pipeline.oversight.late_runs import has_run  # noqa: PLC0415
    from newswatch.residents import resident_stages  # noqa: PLC0415
    from newswatch.store import pulses  # noqa: PLC0415
    from newswatch.store.client import redis_errors  # noqa: PLC0415
    from newswatch_airflow.slots import held_up, too_few_slots  # noqa: PLC0415

    async def slots_missing(services: Services) -> str:
        stages = resident_stages(services.settings.poll_shards)
        few = too_few_slots(services.settings.poll_shards)
        if few or context is None:
            return few
        with redis_errors():
            found = await pulses.read(services.redis, stages)
        return held_up(stages, found, services.clock(), scheduled_of(context))

    async def stage(services: Services) -> dict[str, Any]:
        adoption = await adopt_config(services)
        await has_run(services, "check_config")
        few = await slots_missing(services)
        if few:
            await raise_notice(services, "slots", few)
        else:
            await clear_notice(services, "slots", "Airflow has enough task slots again.")
        errors = [problem for problem in adoption.problems if problem.severity == "error"]
        if errors:
            raise ConfigError(errors)
        return {
            "in_force": None if adoption.bundle is None else adoption.bundle.label,
            "changed": adoption.changed,
            "warnings": [*([few] if few else []), *(str(problem) for problem in adoption.problems)],
        }

    return in_stage(stage)


def scheduled_of(context: Mapping[str, Any]) -> Callable[[str], int]:
    """Counts a DAG's tasks that may run and have no slot."""
    one = context["ti"]

    def scheduled(dag_id: str) -> int:
        return int(one.get_ti_count(dag_id, states=["scheduled"]))

    return scheduled


def housekeeping() -> dict[str, Any]:
    """Remove what is past its retention. Returns how much was removed, by kind."""
    from newswatch.pipeline.oversight.housekeeping import run_housekeeping  # noqa: PLC0415
    from newswatch.pipeline.oversight.late_runs import has_run  # noqa: PLC0415

    async def stage(services: Services) -> dict[str, Any]:
        removed = await run_housekeeping(services)
        await has_run(services, "housekeeping")
        return dict(removed)

    return in_stage(stage)
