"""`newswatch why`: why an item did or did not alert."""

from __future__ import annotations

import click
from rich.text import Text

from newswatch.cli.context import Invocation, command
from newswatch.cli.output import FINE, PROBLEM, as_json, console
from newswatch.pipeline.oversight.why import as_dict, explain
from newswatch.pipeline.oversight.why_item import Copy

_STATES = {
    "sent": "sent to Slack",
    "capped": "sent to a digest: its rule had reached its cap for the hour",
    "queued": "queued",
    "held": "held until enough stories come",
    "withdrawn": "withdrawn before it was sent",
    "muted": "muted",
    "dead": "could not be delivered",
    "too_old": "too old to alert",
    "silent": "silent: remembered without an alert",
    "not_matched": "no rule matched",
    "unknown": "unknown",
}


@click.command(
    epilog="""
    JSON: {"state", "reasons": [text], "rules": [{"rule", "state", "share", "text"}], "items": [...]}. `state` is sent,
    queued, held, withdrawn, muted, capped, silent, too_old, not_matched, dead or unknown. `items` has the answer of
    each feed that has the item; the one that got furthest comes first.

    Exit: 1 if the item is unknown.
    """
)
@click.argument("item", metavar="URL|TITLE|ITEM_ID")
@click.option("--all", "all_rules", is_flag=True, help="Explain every rule, not only the nearest ten.")
@command
def why(call: Invocation, *, item: str, all_rules: bool) -> None:
    """Explain why ITEM did or did not alert: an item's link, its full title, or its id."""
    answer = call.run(lambda services: explain(services, item, all_rules=all_rules))
    if call.json:
        as_json(as_dict(answer))
    elif not answer.copies:
        click.echo(" ".join(answer.reasons))
    else:
        for copy in answer.copies:
            _show(copy)
    raise SystemExit(FINE if answer.copies else PROBLEM)


def _show(copy: Copy) -> None:
    out = console()
    out.print(
        Text.assemble(
            (_STATES[copy.state], "bold"), f"  {copy.title or '(its title is not kept)'}  ({copy.item_id})"
        )
    )
    for reason in copy.reasons:
        out.print(Text(f"  {reason}"))
    shown = [one for one in copy.rules if one.text not in copy.reasons]
    if shown:
        out.print(Text("  Other rules, the nearest first:"))
    for one in shown:
        out.print(Text(f"    {one.share:4.0%}  {one.text}"))
