"""The bodies of the tasks that come and go: each opens its services, does its work and returns counts.

What a task returns goes into XCom, so it is ids and counts, never items. Heavy modules are imported
inside functions, because Airflow keeps parsing the DAG files, which import this module.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import asdict
from typing import TYPE_CHECKING, Any, TypeVar

from airflow.sdk.exceptions import AirflowSkipException

from newswatch.errors import ConfigError

if TYPE_CHECKING:
    from newswatch.pipeline.base.services import Services
    from newswatch.pipeline.oversight.backlog import Backlog

T = TypeVar("T")

SHARD_FEEDS = 500
"""Feeds per mapped task: a task costs 0.25 CPU-seconds, a feed half a millisecond."""

SHARD_DEADLINE_S = 45.0


def in_stage(stage: Callable[[Services], Awaitable[T]]) -> T:
    """Run one stage with services from the Airflow connections, and close them.

    Raises RedisUnavailable or RedisRefused where newswatch cannot use this Redis.
    """
    from newswatch.store.server import check_server  # noqa: PLC0415
    from newswatch_airflow.hooks import task_services  # noqa: PLC0415

    services = task_services()

    async def within() -> T:
        async with services:
            await check_server(services.redis)
            return await stage(services)

    return asyncio.run(within())


def plan() -> list[dict[str, Any]]:
    """Load edited configuration, then divide the due feeds into shards `{"label", "feed_ids", "planned_ms"}`."""
    from newswatch.pipeline.base.adoption import adopt_config  # noqa: PLC0415
    from newswatch.pipeline.poll.run import plan_shards  # noqa: PLC0415

    async def stage(services: Services) -> list[dict[str, Any]]:
        await adopt_config(services)
        shards = await plan_shards(services, shard_size=SHARD_FEEDS)
        return [asdict(shard) for shard in shards]

    return in_stage(stage)


def poll(feed_ids: list[str], planned_ms: int) -> dict[str, Any]:
    """Poll those of these feeds that were due when planned; counts as in `newswatch poll --json`."""
    from newswatch.pipeline.poll.run import run_poll  # noqa: PLC0415

    async def stage(services: Services) -> dict[str, Any]:
        counts = await run_poll(
            services, feed_ids=feed_ids, planned_ms=planned_ms, deadline_s=SHARD_DEADLINE_S
        )
        return dict(counts.as_dict())

    return in_stage(stage)


def publish_items(dag_id: str, *, complete: bool) -> dict[str, Any]:
    """Send the asset event if items wait for matching, else skip.

    `complete` says that every shard of the run succeeded, which ends the notice of a missed deadline.
    """

    async def stage(services: Services) -> Backlog:
        if complete:
            await _in_time_again(services, dag_id)
            await _alive(services)
        return await _backlog(services)

    backlog = in_stage(stage)
    if not backlog.items:
        raise AirflowSkipException("no item waits for matching")
    return {"items": backlog.items, "oldest_item_age_s": round(backlog.oldest_item_age_s, 1)}


def check_config(dag_id: str) -> dict[str, Any]:
    """Put the files in force if they are valid, else raise ConfigError with every problem."""
    from newswatch.pipeline.base.adoption import adopt_config  # noqa: PLC0415
    from newswatch.pipeline.base.notices import clear_notice, raise_notice  # noqa: PLC0415
    from newswatch_airflow.slots import too_few_slots  # noqa: PLC0415

    async def stage(services: Services) -> dict[str, Any]:
        adoption = await adopt_config(services)
        await _in_time_again(services, dag_id)
        few = too_few_slots()
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


def housekeeping(dag_id: str) -> dict[str, Any]:
    """Remove what is past its retention. Returns how much was removed, by kind."""
    from newswatch.pipeline.oversight.housekeeping import run_housekeeping  # noqa: PLC0415

    async def stage(services: Services) -> dict[str, Any]:
        removed = await run_housekeeping(services)
        await _in_time_again(services, dag_id)
        return dict(removed)

    return in_stage(stage)


async def _backlog(services: Services) -> Backlog:
    from newswatch.pipeline.oversight.backlog import read_backlog  # noqa: PLC0415

    return await read_backlog(services)


async def _alive(services: Services) -> None:
    from newswatch.pipeline.oversight.heartbeat import after_cycle  # noqa: PLC0415

    await after_cycle(services)


async def _in_time_again(services: Services, dag_id: str) -> None:
    from newswatch.pipeline.base.notices import clear_notice  # noqa: PLC0415
    from newswatch_airflow.deadlines import cause_of  # noqa: PLC0415

    await clear_notice(services, cause_of(dag_id), f"{dag_id} finishes in time again.")
