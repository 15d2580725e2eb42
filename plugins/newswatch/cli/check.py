"""`newswatch check`: every error of the settings and the configuration at once, each with its place."""

from __future__ import annotations

import click

from newswatch import feed_secrets
from newswatch.cli.context import Invocation, examination
from newswatch.cli.output import FINE, PROBLEM, as_json
from newswatch.errors import Problem
from newswatch.pipeline.configure import check_files
from newswatch.pipeline.services import utc_now

ENVIRONMENT = "environment"
"""In place of a file's name, for variables of the environment and of .env."""


@click.command()
@examination
def check(call: Invocation) -> None:
    """Check the settings, feeds.yaml, watchlist.yaml and receivers.yaml; warnings alone are fine."""
    loaded = check_files(call.settings, utc_now().date())
    bad_settings = (*call.bad_settings, *feed_secrets.faults(call.settings.feed_secrets))
    broken = loaded.draft is None or bool(bad_settings)
    if call.json:
        problems = [*(Problem(ENVIRONMENT, 0, 0, text) for text in bad_settings), *loaded.problems]
        as_json({"ok": not broken, "problems": [problem._asdict() for problem in problems]})
    else:
        for text in (*bad_settings, *map(str, loaded.problems)):
            click.echo(text)
        if loaded.draft is not None and not broken:
            draft = loaded.draft
            click.echo(
                f"{len(draft.feeds)} feeds, {len(draft.rules)} rules, {len(draft.receivers)} receivers: fine"
            )
    raise SystemExit(PROBLEM if broken else FINE)
