"""`newswatch listen`: receives clicks on message buttons and /newswatch until it is stopped."""

from __future__ import annotations

import asyncio
import logging
import signal

import click

from newswatch.cli.context import Invocation, command
from newswatch.errors import PermanentError
from newswatch.listener.run import run_listener, ways_from
from newswatch.pipeline.base.sender import NO_TOKEN
from newswatch.pipeline.base.services import Services
from newswatch.slack.client import SlackSettings

WITHOUT_SLACK = f"{NO_TOKEN}. Without it, messages cannot show what was clicked"


@click.command(epilog="JSON: none; it runs until it is stopped.")
@command
def listen(call: Invocation) -> None:
    """Receive clicks on message buttons and /newswatch over Socket Mode or signed HTTP, until SIGINT or SIGTERM."""
    logging.getLogger("newswatch").setLevel(logging.INFO)
    found = call.ends(slack=True).slack
    if found is None:
        raise PermanentError(WITHOUT_SLACK)
    slack = found.value

    async def work(services: Services) -> None:
        await _listen(services, slack)

    call.run(work, checked=False, slack=True)


async def _listen(services: Services, slack: SlackSettings) -> None:
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    ways = ways_from(services)
    await run_listener(services, slack, ways, stop, say=click.echo)
