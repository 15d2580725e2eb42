"""`newswatch drain`: ask the residents to finish what is in hand, before an upgrade."""

from __future__ import annotations

from collections.abc import Sequence

import click

from newswatch.acting_user import acting_user
from newswatch.cli.context import Invocation, command
from newswatch.cli.options import duration
from newswatch.cli.output import FINE, PROBLEM, as_json
from newswatch.pipeline.base import draining
from newswatch.store.pulses import Pulse


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
        was = call.run(draining.resume)
        _tell(call, asked=False, text="They work again." if was else "They were not asked to drain.")
        return
    busy = call.run(lambda services: draining.drain(services, acting_user(), wait_s))
    names = ", ".join(pulse.stage for pulse in busy)
    text = (
        f"Still at work: {names}."
        if busy
        else "Nothing is in hand. `newswatch drain --resume` lets the stages work again."
    )
    _tell(call, asked=True, text=text, busy=busy)
    raise SystemExit(PROBLEM if busy else FINE)


def _tell(call: Invocation, *, asked: bool, text: str, busy: Sequence[Pulse] = ()) -> None:
    if call.json:
        at_work = {"at work": [pulse.stage for pulse in busy]} if asked else {}
        as_json({"draining": asked, **at_work})
    else:
        click.echo(text)
