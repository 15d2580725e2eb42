"""`newswatch adopt`: confirm that messages go to another workspace, or come from another bot, from now on."""

from __future__ import annotations

from dataclasses import asdict

import click

from newswatch.cli.context import Invocation, command
from newswatch.cli.output import as_json
from newswatch.pipeline.deliver.workspace import adopt_workspace


@click.command(
    epilog="""
    JSON: {"before", "now"}, each {"team_id", "team", "bot_id", "bot"}; "before" is null if nothing was sent yet.
    """
)
@click.option("--workspace", is_flag=True, required=True, help="The workspace and bot of the Slack token.")
@command
def adopt(call: Invocation, *, workspace: bool) -> None:
    """Send to the workspace of the Slack token from now on.

    Redis belongs to the workspace that the first message was sent to. With a token of another one nothing is sent until
    this command is run. A new token of the same bot needs nothing.
    """
    if not workspace:
        raise click.UsageError("say what to adopt: --workspace")
    before, now = call.run(adopt_workspace, slack=True)
    if call.json:
        as_json({"before": asdict(before) if before else None, "now": asdict(now)})
    elif before is None or before == now:
        click.echo(f"Messages go to {now.workspace}, sent by {now.bot}")
    else:
        click.echo(
            f"Messages go to {now.workspace} from now on, sent by {now.bot}; before: {before.workspace}, {before.bot}"
        )
