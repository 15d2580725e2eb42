"""`newswatch drain`: ask the residents to finish what is in hand, before an upgrade."""

from __future__ import annotations

import asyncio
import getpass
import time
from collections.abc import Sequence

import click

from newswatch.cli.context import Invocation, command
from newswatch.cli.options import duration
from newswatch.cli.output import FINE, PROBLEM, as_json
from newswatch.pipeline.base.services import Services
from newswatch.pipeline.base.silence import is_there
from newswatch.residents import resident_stages
from newswatch.store import pulses
from newswatch.store.client import redis_errors
from newswatch.store.pulses import DrainRequest, Pulse

LOOK_S = 0.2


@click.command(
    epilog="""
    JSON: {"draining": true or false, "at work": [stage]}.

    Exit: 1 if a stage is still at work after the time given by --wait.
    """
)
@click.option("--resume", is_flag=True, help="Let them work again.")
@click.option(
    "--wait",
    "wait_s",
    callback=duration,
    metavar="DURATION",
    default="30s",
    show_default=True,
    help="How long to wait for them.",
)
@command
def drain(call: Invocation, *, resume: bool, wait_s: float) -> None:
    """Ask the resident stages to begin nothing new, and wait until nothing is in hand.

    They stay idle until `newswatch drain --resume`. Until then, items and messages wait in Redis.
    """
    if resume:
        was = call.run(_resume)
        _tell(call, draining=False, text="They work again." if was else "They were not asked to drain.")
        return
    busy = call.run(lambda services: _drain(services, wait_s))
    names = ", ".join(pulse.stage for pulse in busy)
    text = (
        f"Still at work: {names}."
        if busy
        else "Nothing is in hand. `newswatch drain --resume` lets the stages work again."
    )
    _tell(call, draining=True, text=text, busy=busy)
    raise SystemExit(PROBLEM if busy else FINE)


def _tell(call: Invocation, *, draining: bool, text: str, busy: Sequence[Pulse] = ()) -> None:
    if call.json:
        at_work = {"at work": [pulse.stage for pulse in busy]} if draining else {}
        as_json({"draining": draining, **at_work})
    else:
        click.echo(text)


async def _resume(services: Services) -> bool:
    with redis_errors():
        return await pulses.resume(services.redis)


async def _drain(services: Services, wait_s: float) -> list[Pulse]:
    """Ask, and wait. Returns the residents that are still at work."""
    give_up = time.monotonic() + wait_s
    with redis_errors():
        await pulses.ask_to_drain(services.redis, DrainRequest(getpass.getuser(), services.clock()))
        while busy := [
            pulse
            for pulse in await pulses.read(services.redis, resident_stages(services.settings.poll_shards))
            if pulse.state != "drained" and is_there(pulse, services.clock())
        ]:
            if time.monotonic() > give_up:
                return busy
            await asyncio.sleep(LOOK_S)
    return []
