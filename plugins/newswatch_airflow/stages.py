"""The bodies of the tasks: each opens its services, runs one stage of `newswatch.pipeline` and returns counts.

What a task returns goes into XCom, so it is ids and counts, never items. Heavy modules are imported
inside functions, because Airflow keeps parsing the DAG files, which import this module.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import asdict
from typing import TYPE_CHECKING, Any, TypeVar

from airflow.sdk.exceptions import AirflowSkipException

from newswatch.errors import ConfigError, SlackRefused

if TYPE_CHECKING:
    from newswatch.pipeline.base.services import Services
    from newswatch.pipeline.oversight.backlog import Backlog

T = TypeVar("T")

SHARD_FEEDS = 500
"""Feeds per mapped task: a task costs 0.25 CPU-seconds, a feed half a millisecond."""

SHARD_DEADLINE_S = 45.0
DRAIN_DEADLINE_S = 90.0
"""After this a run leaves the rest to the next run. The rest is in Redis, and wakes that run."""


def in_stage(stage: Callable[[Services], Awaitable[T]], *, slack: bool = False) -> T:
    """Run one stage with services from the Airflow connections, and close them.

    Raises RedisUnavailable or RedisRefused where newswatch cannot use this Redis.
    """
    from newswatch.store.server import check_server  # noqa: PLC0415
    from newswatch_airflow.hooks import task_services  # noqa: PLC0415

    services = task_services(slack=slack)

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
        raise AirflowSkipException("no item waits for matching: match_items need not run")
    return {"items": backlog.items, "oldest_item_age_s": round(backlog.oldest_item_age_s, 1)}


def match(dag_id: str, report: Callable[[dict[str, Any]], None]) -> dict[str, Any]:
    """Match all waiting items; then skip if no message is due, so that no event is sent.

    `report` gets the counts in either case, because a skipped task returns nothing.
    """
    from newswatch.pipeline.match.run import run_match  # noqa: PLC0415

    async def stage(services: Services) -> tuple[dict[str, Any], int]:
        counts = await run_match(services, deadline_s=DRAIN_DEADLINE_S)
        await _in_time_again(services, dag_id)
        return dict(counts.as_dict()), (await _backlog(services)).due_messages

    counts, due = in_stage(stage)
    report(counts)
    if not due:
        raise AirflowSkipException(
            f"matched {counts['items']} items; no message is due: deliver_alerts need not run"
        )
    return counts


def read_articles(dag_id: str, report: Callable[[dict[str, Any]], None]) -> dict[str, Any]:
    """Read the due articles; then skip if no item waits for matching, so that no event is sent."""
    from newswatch.pipeline.articles.run import run_articles  # noqa: PLC0415

    async def stage(services: Services) -> tuple[dict[str, Any], int]:
        counts = await run_articles(services, deadline_s=SHARD_DEADLINE_S)
        await _in_time_again(services, dag_id)
        return dict(counts.as_dict()), (await _backlog(services)).items

    counts, waiting = in_stage(stage)
    report(counts)
    if not waiting:
        raise AirflowSkipException(
            f"read {counts['jobs']} articles; no item waits for matching: match_items need not run"
        )
    return counts


def deliver(dag_id: str) -> dict[str, Any]:
    """Send every due message; afterwards raise SlackRefused if Slack refused the token or a channel."""
    from newswatch.pipeline.deliver.run import run_deliver  # noqa: PLC0415

    async def stage(services: Services) -> tuple[dict[str, Any], tuple[str, ...]]:
        counts = await run_deliver(services, deadline_s=DRAIN_DEADLINE_S)
        if not counts.problems:
            await _in_time_again(services, dag_id)
        return dict(counts.as_dict()), tuple(counts.problems)

    counts, problems = in_stage(stage, slack=True)
    if problems:
        raise SlackRefused("\n".join([*problems, f"All other work was done: {counts}"]), code="see_text")
    return counts


def check_config(dag_id: str) -> dict[str, Any]:
    """Put the files in force if they are valid, else raise ConfigError with every problem."""
    from newswatch.pipeline.base.adoption import adopt_config  # noqa: PLC0415

    async def stage(services: Services) -> dict[str, Any]:
        adoption = await adopt_config(services)
        await _in_time_again(services, dag_id)
        errors = [problem for problem in adoption.problems if problem.severity == "error"]
        if errors:
            raise ConfigError(errors)
        return {
            "in_force": None if adoption.bundle is None else adoption.bundle.label,
            "changed": adoption.changed,
            "warnings": [str(problem) for problem in adoption.problems],
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
