"""`newswatch dead`: lists messages that Slack refused, and queues them again."""

from __future__ import annotations

from typing import Any

import click

from newswatch.cli.context import Invocation, command
from newswatch.cli.output import as_json, table
from newswatch.pipeline.base.services import Services
from newswatch.pipeline.deliver.dead_letters import read_dead_letters, retry_dead_letters

_JSON = """
JSON: a list of {"message_id", "channel", "kind", "error", "title", "rules": [id], "alert_ids": [id], "payload"}.
"payload" is what a retry sends.
"""


async def _letters(services: Services) -> list[dict[str, Any]]:
    letters, _ = await read_dead_letters(services)
    return [
        {
            "message_id": letter.message.id,
            "channel": letter.message.channel,
            "kind": letter.message.kind,
            "error": letter.error,
            "title": letter.title,
            "rules": sorted({alert.rule_id for alert in letter.alerts}),
            "alert_ids": list(letter.message.alert_ids),
            "payload": letter.payload,
        }
        for letter in letters
    ]


@click.group(invoke_without_command=True, epilog=_JSON)
@command
def dead(call: Invocation) -> None:
    """List the dead letters, or queue them again with `dead retry`."""
    context = click.get_current_context()
    if context.invoked_subcommand is not None:
        return
    _list(call)


def _list(call: Invocation) -> None:
    rows = call.run(_letters)
    if call.json:
        as_json(rows)
        return
    table(
        ("Message", "Channel", "Rules", "Title", "Error"),
        [(r["message_id"], r["channel"], ", ".join(r["rules"]), r["title"], r["error"]) for r in rows],
        "No dead letters.",
    )


@dead.command("list", epilog=_JSON)
@command
def list_(call: Invocation) -> None:
    """List the dead letters, newest first."""
    _list(call)


@dead.command(epilog='JSON: {"retried": count}')
@click.argument("message_ids", nargs=-1)
@command
def retry(call: Invocation, *, message_ids: tuple[str, ...]) -> None:
    """Queue dead letters again: those with the given ids, or all of them."""
    count = call.run(lambda services: retry_dead_letters(services, message_ids))
    if call.json:
        as_json({"retried": count})
    else:
        click.echo(
            f"{count} dead letter{'s' if count != 1 else ''} queued again; the deliver stage sends them"
        )
