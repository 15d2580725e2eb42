"""`newswatch dead`: lists messages that Slack refused and items that could not be matched, and tries them again."""

from __future__ import annotations

import re
from typing import Any

import click

from newswatch.cli.context import Invocation, command
from newswatch.cli.output import as_json, table
from newswatch.pipeline.base.services import Services
from newswatch.pipeline.deliver.dead_letters import read_dead_letters, retry_dead_letters
from newswatch.pipeline.match.dead_items import read_dead_items, retry_dead_items
from newswatch.quantity import quantity

_PLACE = re.compile(r"[0-9]+-[0-9]+")
"""The id of an item is its place in the stream; that of a message is never one."""

_JSON = """
JSON: a list of {"message_id", "channel", "kind", "error", "title", "rules": [id], "alert_ids": [id], "payload"}.
"payload" is what a retry sends. An item that could not be matched has the kind "item", its place in the stream as "message_id",
and no channel.
"""


async def _letters(services: Services) -> list[dict[str, Any]]:
    letters = await read_dead_letters(services)
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
    ] + [
        {
            "message_id": item.stream_id,
            "channel": "",
            "kind": "item",
            "error": item.error,
            "title": item.title,
            "rules": [],
            "alert_ids": [],
            "payload": {},
        }
        for item in await read_dead_items(services)
    ]


async def _retry(services: Services, ids: tuple[str, ...]) -> int:
    places = [name for name in ids if _PLACE.fullmatch(name)]
    letters = [name for name in ids if name not in places]
    count = 0
    if letters or not ids:
        count += await retry_dead_letters(services, letters)
    if places or not ids:
        count += await retry_dead_items(services, places)
    return count


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
    """List the dead letters, newest first, and then the items that could not be matched."""
    _list(call)


@dead.command(epilog='JSON: {"retried": count}')
@click.argument("message_ids", nargs=-1)
@command
def retry(call: Invocation, *, message_ids: tuple[str, ...]) -> None:
    """Try again: the messages and items with the given ids, or all of them."""
    count = call.run(lambda services: _retry(services, message_ids))
    if call.json:
        as_json({"retried": count})
    else:
        click.echo(f"{quantity(count, 'dead letter')} queued again; the deliver stage sends them")
