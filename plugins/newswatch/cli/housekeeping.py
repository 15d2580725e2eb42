"""`newswatch housekeeping`: remove what is past its retention, as the DAG of that name does daily."""

from __future__ import annotations

import click

from newswatch.cli.context import Invocation, command
from newswatch.cli.output import as_json
from newswatch.pipeline.oversight.housekeeping import run_housekeeping


@click.command(
    epilog="""
    JSON: how much was removed, {"items", "articles", "alerts", "mutes", "irrelevant", "missed",
    "acknowledged", "dead_letters"}.
    """
)
@command
def housekeeping(call: Invocation) -> None:
    """Remove from Redis what is past its retention. Run it daily where Airflow does not.

    What is not yet matched or sent is never removed. After an upgrade that changes the packs, it also notifies ops of the
    rules that gain or lose hits.
    """
    removed = call.run(run_housekeeping)
    if call.json:
        as_json(removed)
        return
    named = [f"{number} {kind.replace('_', ' ')}" for kind, number in removed.items() if number]
    click.echo(f"Removed: {', '.join(named)}" if named else "Nothing is past its retention.")
