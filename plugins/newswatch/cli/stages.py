"""The stages without Airflow: `poll`, `match-pending`, `deliver`, `articles`, and `run` for all once."""

from __future__ import annotations

from typing import Any

import click

from newswatch.cli.context import Invocation, command
from newswatch.cli.output import FINE, PROBLEM, as_json, progress
from newswatch.errors import ConfigError
from newswatch.pipeline.articles.run import ArticleCounts, run_articles
from newswatch.pipeline.base.adoption import adopt_config
from newswatch.pipeline.base.services import Services
from newswatch.pipeline.deliver.run import DeliverCounts, run_deliver
from newswatch.pipeline.match.run import MatchCounts, run_match
from newswatch.pipeline.oversight.heartbeat import after_cycle
from newswatch.pipeline.poll.cycle import PollCounts
from newswatch.pipeline.poll.run import run_poll

POLL_DEADLINE_S = 600.0
ARTICLES_DEADLINE_S = 300.0
ARTICLES_IN_RUN_S = 45.0
"""`run` is meant to be repeated: slow articles are left to the next run, so that new headlines do not wait."""


async def _in_force(call: Invocation, services: Services) -> bool:
    """Load the files. Broken ones, or those of a machine that may not apply its own, change nothing.

    Returns whether the files are valid. Raises ConfigError if no configuration was ever in force.
    """
    adoption = await adopt_config(services)
    if adoption.bundle is None:
        raise ConfigError(adoption.errors)
    if not call.json:
        for problem in () if adoption.changed else adoption.problems:
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


async def _articles(call: Invocation, services: Services, deadline_s: float) -> ArticleCounts:
    with progress("Reading articles", as_json=call.json) as report:
        return await run_articles(services, deadline_s=deadline_s, on_progress=report)


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


@click.command(
    epilog='JSON: {"feeds", "polled", "not_modified", "new", "failed"}, all counts. "new" counts items.'
)
@click.option("--all", "all_feeds", is_flag=True, help="Poll every feed, whether it is due or not.")
@command
def poll(call: Invocation, *, all_feeds: bool) -> None:
    """Fetch the feeds that are due and put their new items into the stream."""

    async def work(services: Services) -> tuple[bool, PollCounts]:
        sound = await _in_force(call, services)
        return sound, await _poll(call, services, all_feeds=all_feeds)

    sound, counts = call.run(work)
    _tell(call, "poll", counts.as_dict())
    _end(call, sound=sound)


@click.command("match-pending", epilog='JSON: {"items", "alerts"}, both counts.')
@command
def match_pending(call: Invocation) -> None:
    """Match the items that wait in the stream and queue their alerts.

    For use without Airflow. While `match_items` is at work, this command leaves the items to it.
    """

    async def work(services: Services) -> tuple[bool, MatchCounts]:
        sound = await _in_force(call, services)
        return sound, await _match(call, services)

    sound, counts = call.run(work)
    _tell(call, "match", counts.as_dict())
    _end(call, sound=sound)


@click.command(
    epilog="""
    JSON: {"sent", "retrying", "dead", "queued"}, all counts of messages.

    Exit: 1 if Slack refused the token or a channel, or could not be reached.
    """
)
@command
def deliver(call: Invocation) -> None:
    """Send to Slack every queued message that is due.

    For use without Airflow. While `deliver_alerts` is at work, this command leaves the messages to it.
    """

    async def work(services: Services) -> tuple[bool, DeliverCounts]:
        sound = await _in_force(call, services)
        return sound, await _deliver(call, services)

    sound, counts = call.run(work, slack=True)
    _tell(call, "deliver", counts.as_dict())
    _end(call, sound=sound, counts=counts)


@click.command(epilog='JSON: {"jobs", "fetched", "failed", "queued"}, all counts of articles.')
@command
def articles(call: Invocation) -> None:
    """Read the waiting articles (feeds with `article: true`) and queue their text for matching.

    For use without Airflow. While `fetch_articles` is at work, this command leaves the articles to it.
    """

    async def work(services: Services) -> tuple[bool, ArticleCounts]:
        sound = await _in_force(call, services)
        return sound, await _articles(call, services, ARTICLES_DEADLINE_S)

    sound, counts = call.run(work)
    _tell(call, "articles", counts.as_dict())
    _end(call, sound=sound)


@click.command(
    epilog="""
    JSON: {"poll", "match", "deliver", "articles"}, each as printed by the command of that stage.

    Exit: 1 as for `deliver`.
    """
)
@click.option("--all", "all_feeds", is_flag=True, help="Poll every feed, whether it is due or not.")
@command
def run(call: Invocation, *, all_feeds: bool) -> None:
    """Poll, match and deliver. Then read waiting articles, and match and deliver what they bring."""

    async def work(services: Services) -> tuple[bool, dict[str, Any], DeliverCounts]:
        sound = await _in_force(call, services)
        polled = await _poll(call, services, all_feeds=all_feeds)
        matched = await _match(call, services)
        delivered = await _deliver(call, services)
        read = await _articles(call, services, ARTICLES_IN_RUN_S)
        if read.fetched:
            matched += await _match(call, services)
            delivered += await _deliver(call, services)
        await after_cycle(services)
        stages = {
            "poll": polled.as_dict(),
            "match": matched.as_dict(),
            "deliver": delivered.as_dict(),
            "articles": read.as_dict(),
        }
        return sound, stages, delivered

    sound, counts, delivered = call.run(work, slack=True)
    if call.json:
        as_json(counts)
    else:
        for stage, values in counts.items():
            _tell(call, stage, values)
    _end(call, sound=sound, counts=delivered)
