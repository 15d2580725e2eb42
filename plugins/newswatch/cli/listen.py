"""`newswatch listen`: receives clicks on message buttons until it is stopped."""

from __future__ import annotations

import asyncio
import logging
import signal

import click

from newswatch.cli.context import Invocation, command
from newswatch.listener.run import run_listener, ways_from
from newswatch.pipeline.base.services import Services


@click.command(epilog="JSON: none; it runs until it is stopped.")
@command
def listen(call: Invocation) -> None:
    """Receive clicks on message buttons over Socket Mode or signed HTTP, until SIGINT or SIGTERM."""
    logging.getLogger("newswatch").setLevel(logging.INFO)
    call.run(_listen, checked=False)


async def _listen(services: Services) -> None:
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    ways = ways_from(services)
    await run_listener(services, ways, stop, say=click.echo)
