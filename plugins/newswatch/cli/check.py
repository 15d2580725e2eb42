"""`newswatch check`: every error of the settings and the configuration at once, each with its place."""

from __future__ import annotations

import asyncio

import click

from newswatch import feed_secrets
from newswatch.cli.context import Invocation, examination
from newswatch.cli.output import FINE, PROBLEM, as_json
from newswatch.config.draft import Draft
from newswatch.config.shown_names import shown_folder
from newswatch.errors import Problem, RedisRefused, RedisUnavailable
from newswatch.pipeline.authoring.common_forms import commoner_forms
from newswatch.pipeline.base.adoption import not_applied
from newswatch.pipeline.base.clock import utc_now
from newswatch.pipeline.base.configuration import check_files
from newswatch.pipeline.base.services import Services
from newswatch.quantity import quantity

LOOK_TIMEOUT_S = 2.0
"""The timeout for Redis, which need not be there."""

ENVIRONMENT = "environment"
"""Used instead of a file's name for variables of the environment and of .env."""


@click.command(
    epilog="""
    JSON: {"ok": bool, "folder": str, "problems": [{"file", "line", "col", "message", "severity"}]}. `folder` is the
    folder that was checked. `severity` is "error" or "warning".

    Exit: 1 if there is an error; warnings alone exit with 0.
    """
)
@examination
def check(call: Invocation) -> None:
    """Check the settings, feeds.yaml, watchlist.yaml and receivers.yaml, and list every problem with its place.

    The last line names the folder that was checked.
    """
    loaded = check_files(call.settings, utc_now().date())
    feeds = loaded.draft.feeds if loaded.draft is not None else ()
    bad_settings = (*call.bad_settings, *feed_secrets.faults(call.settings.feed_secrets, feeds))
    broken = loaded.draft is None or bool(bad_settings)
    problems = (*loaded.problems, *(() if bad_settings else _beside_the_files(call, loaded.draft)))
    folder = shown_folder(call.settings.config_dir)
    if call.json:
        refused = [Problem(ENVIRONMENT, 0, 0, text) for text in bad_settings]
        listed = [problem._asdict() for problem in (*refused, *problems)]
        as_json({"ok": not broken, "folder": folder, "problems": listed})
    else:
        for text in (*bad_settings, *map(str, problems)):
            click.echo(text)
        errors = len(bad_settings) + sum(problem.severity == "error" for problem in problems)
        fine = loaded.draft.summary if loaded.draft is not None and not broken else ""
        click.echo(f"{folder}: {f'{fine}: fine' if fine else quantity(errors, 'error')}")
    raise SystemExit(PROBLEM if broken else FINE)


def _beside_the_files(call: Invocation, draft: Draft | None) -> list[Problem]:
    """What only Redis knows: whether another machine's files are in force, and which words mostly find something else.

    Nothing if Redis cannot be reached: files can be checked without it.
    """

    async def look(services: Services) -> list[Problem]:
        problem = await asyncio.wait_for(not_applied(services), LOOK_TIMEOUT_S)
        found = [problem] if problem else []
        if draft is not None:
            forms = await asyncio.wait_for(commoner_forms(services, draft), LOOK_TIMEOUT_S)
            file = str(services.config_dir / "watchlist.yaml")
            found += [Problem(file, 1, 1, str(one), "warning") for one in forms]
        return found

    if not call.settings.redis_url:
        return []
    try:
        return call.run(look, checked=False)
    except (RedisUnavailable, RedisRefused, asyncio.TimeoutError):
        return []
