"""`newswatch queue`: what waits for each channel, and what to do with it."""

from __future__ import annotations

import click

from newswatch.acting_user import acting_user
from newswatch.cli.context import Invocation, command
from newswatch.cli.output import as_json, table
from newswatch.pipeline.base.configuration import in_force
from newswatch.pipeline.base.services import Services
from newswatch.pipeline.deliver.by_hand import drop_queue, fold_queue, move_queue
from newswatch.pipeline.oversight.findings import span
from newswatch.pipeline.oversight.queues import QueueRow, waiting_queues
from newswatch.quantity import quantity

_JSON = """
JSON: a list of {"channel", "queued", "oldest_s", "receiver", "paused_until"}: "queued" counts messages, "oldest_s" is how
long the oldest has waited. "receiver" is null if no receiver has the channel, "paused_until" is null if it is not paused.
"""


async def _rows(services: Services) -> list[QueueRow]:
    return await waiting_queues(services, await in_force(services))


@click.group(invoke_without_command=True, epilog=_JSON)
@command
def queue(call: Invocation) -> None:
    """List the channels for which messages wait. Move, fold or drop a queue with the commands below."""
    context = click.get_current_context()
    if context.invoked_subcommand is not None:
        return
    _list(call)


def _list(call: Invocation) -> None:
    rows = call.run(_rows)
    if call.json:
        as_json([row.as_dict() for row in rows])
        return
    table(
        ("Channel", "Queued", "Oldest", "Receiver", "Paused until"),
        [
            (
                *(row.channel, str(row.queued), span(row.oldest_s), row.receiver or "none"),
                f"{row.paused_until:%Y-%m-%d %H:%M:%S} UTC" if row.paused_until else "",
            )
            for row in rows
        ],
        "Nothing waits.",
    )


@queue.command("list", epilog=_JSON)
@command
def list_(call: Invocation) -> None:
    """List the channels for which messages wait."""
    _list(call)


@queue.command(epilog='JSON: {"moved": count, "left": count}')
@click.argument("channel")
@click.argument("to")
@command
def move(call: Invocation, *, channel: str, to: str) -> None:
    """Move the queue of CHANNEL to the channel TO. Both are ids.

    Messages that may already be in Slack stay. If a receiver's channel changes in receivers.yaml, its queue moves without
    this command.
    """
    moved, left = call.run(lambda services: move_queue(services, channel, to))
    if call.json:
        as_json({"moved": moved, "left": left})
    else:
        click.echo(f"{_messages(moved)} moved to {to}{_stay(left)}; the deliver stage sends them")


@queue.command(epilog='JSON: {"folded": count}')
@click.argument("channel")
@command
def fold(call: Invocation, *, channel: str) -> None:
    """Put what waits for CHANNEL into one message and lists in its thread."""
    folded = call.run(lambda services: fold_queue(services, channel))
    if call.json:
        as_json({"folded": folded})
    else:
        click.echo(f"{_messages(folded)} folded; the deliver stage sends the lists")


@queue.command(epilog='JSON: {"dropped": count, "left": count}')
@click.argument("channel")
@click.option("--reason", required=True, help="Why; it is shown with each alert.")
@command
def drop(call: Invocation, *, channel: str, reason: str) -> None:
    """Discard what waits for CHANNEL. Its alerts are kept as withdrawn, with the reason."""
    dropped, left = call.run(lambda services: drop_queue(services, channel, reason, acting_user()))
    if call.json:
        as_json({"dropped": dropped, "left": left})
    else:
        click.echo(f"{_messages(dropped)} dropped{_stay(left)}")


def _messages(number: int) -> str:
    return quantity(number, "message")


def _stay(left: int) -> str:
    return f", {left} left because Slack may have {'it' if left == 1 else 'them'} already" if left else ""
