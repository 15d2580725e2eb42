"""The stages without Airflow: `poll`, `match-pending`, `deliver`, and `run` for all three once."""

from __future__ import annotations

from typing import Any

import click

from newswatch.cli.context import Invocation, command
from newswatch.cli.output import FINE, PROBLEM, as_json, progress
from newswatch.errors import ConfigError
from newswatch.pipeline.configure import adopt_config
from newswatch.pipeline.deliver import DeliverCounts, run_deliver
from newswatch.pipeline.match import MatchCounts, run_match
from newswatch.pipeline.poll import PollCounts, run_poll
from newswatch.pipeline.services import Services

POLL_DEADLINE_S = 600.0


async def _in_force(call: Invocation, services: Services) -> bool:
    """Take up the files; a broken configuration leaves the last good one at work.

    Returns whether the files are sound. Raises ConfigError when nothing was ever in force.
    """
    adoption = await adopt_config(services)
    if adoption.bundle is None:
        raise ConfigError(adoption.errors)
    if not call.json:
        for problem in adoption.errors:
            click.echo(str(problem), err=True)
    return not adoption.errors


async def _poll(call: Invocation, services: Services, *, all_feeds: bool) -> PollCounts:
    with progress("Polling feeds", as_json=call.json) as report:
        return await run_poll(services, all_feeds=all_feeds, deadline_s=POLL_DEADLINE_S, on_progress=report)


async def _match(call: Invocation, services: Services) -> MatchCounts:
    with progress("Matching items", as_json=call.json) as report:
        return await run_match(services, on_progress=report)


async def _deliver(call: Invocation, services: Services) -> DeliverCounts:
    with progress("Delivering", as_json=call.json) as report:
        return await run_deliver(services, on_progress=report)


def _tell(call: Invocation, stage: str, counts: dict[str, int]) -> None:
    if call.json:
        as_json(counts)
    else:
        click.echo(
            f"{stage}: " + ", ".join(f"{value} {name.replace('_', ' ')}" for name, value in counts.items())
        )


def _end(call: Invocation, *, sound: bool, counts: DeliverCounts | None = None) -> None:
    problems = counts.problems if counts else ()
    for problem in problems:
        click.echo(problem, err=True)
    del call
    raise SystemExit(FINE if sound and not problems else PROBLEM)


@click.command()
@click.option("--all", "all_feeds", is_flag=True, help="Poll every feed, due or not.")
@command
def poll(call: Invocation, *, all_feeds: bool) -> None:
    """Fetch the feeds that are due and claim their new items."""

    async def work(services: Services) -> tuple[bool, PollCounts]:
        sound = await _in_force(call, services)
        return sound, await _poll(call, services, all_feeds=all_feeds)

    sound, counts = call.run(work)
    _tell(call, "poll", counts.as_dict())
    _end(call, sound=sound)


@click.command("match-pending")
@command
def match_pending(call: Invocation) -> None:
    """Match the items that wait and queue their alerts."""

    async def work(services: Services) -> tuple[bool, MatchCounts]:
        sound = await _in_force(call, services)
        return sound, await _match(call, services)

    sound, counts = call.run(work)
    _tell(call, "match", counts.as_dict())
    _end(call, sound=sound)


@click.command()
@command
def deliver(call: Invocation) -> None:
    """Send what is queued to Slack."""

    async def work(services: Services) -> tuple[bool, DeliverCounts]:
        sound = await _in_force(call, services)
        return sound, await _deliver(call, services)

    sound, counts = call.run(work)
    _tell(call, "deliver", counts.as_dict())
    _end(call, sound=sound, counts=counts)


@click.command()
@click.option("--all", "all_feeds", is_flag=True, help="Poll every feed, due or not.")
@command
def run(call: Invocation, *, all_feeds: bool) -> None:
    """Poll, match and deliver, once each."""

    async def work(services: Services) -> tuple[bool, dict[str, Any], DeliverCounts]:
        sound = await _in_force(call, services)
        polled = await _poll(call, services, all_feeds=all_feeds)
        matched = await _match(call, services)
        delivered = await _deliver(call, services)
        stages = {"poll": polled.as_dict(), "match": matched.as_dict(), "deliver": delivered.as_dict()}
        return sound, stages, delivered

    sound, counts, delivered = call.run(work)
    if call.json:
        as_json(counts)
    else:
        for stage, values in counts.items():
            _tell(call, stage, values)
    _end(call, sound=sound, counts=delivered)
