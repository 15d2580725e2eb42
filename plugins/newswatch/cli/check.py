"""`newswatch check`: every error of the configuration at once, each with its place."""

from __future__ import annotations

import click

from newswatch.cli.context import Invocation, command
from newswatch.cli.output import FINE, PROBLEM, as_json
from newswatch.pipeline.configure import check_files
from newswatch.pipeline.services import utc_now


@click.command(
    epilog="""
    JSON: {"ok": bool, "problems": [{"file", "line", "col", "message", "severity"}]}. `severity` is "error" or
    "warning".

    Exit: 1 if there is an error; warnings alone exit with 0.
    """
)
@command
def check(call: Invocation) -> None:
    """Check feeds.yaml, watchlist.yaml and receivers.yaml, and list every problem with its place."""
    loaded = check_files(call.config_dir, utc_now().date())
    broken = loaded.draft is None
    if call.json:
        as_json({"ok": not broken, "problems": [problem._asdict() for problem in loaded.problems]})
    else:
        for problem in loaded.problems:
            click.echo(str(problem))
        if loaded.draft is not None:
            draft = loaded.draft
            click.echo(
                f"{len(draft.feeds)} feeds, {len(draft.rules)} rules, {len(draft.receivers)} receivers: fine"
            )
    raise SystemExit(PROBLEM if broken else FINE)
