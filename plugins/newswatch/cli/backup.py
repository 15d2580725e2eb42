"""`newswatch backup` and `restore`: what newswatch has in Redis, as a file."""

from __future__ import annotations

from pathlib import Path

import click

from newswatch.acting_user import acting_user
from newswatch.cli.context import Invocation, command
from newswatch.cli.output import as_json
from newswatch.pipeline.oversight.backup import Backup, back_up
from newswatch.pipeline.oversight.backup import restore as put_back
from newswatch.quantity import quantity

_JSON = """
JSON: {"file", "taken", "release", "keys": count}.
"""


@click.command(epilog=_JSON)
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path, file_okay=False))
@command
def backup(call: Invocation, *, folder: Path) -> None:
    """Write what newswatch has in Redis into a file in DIR. Stages may be at work.

    If Redis holds more than 50 MB, the stages rest meanwhile: nothing is lost, alerts come later. The configuration
    files are not in it.
    """
    _show(call, call.run(lambda services: back_up(services, folder, acting_user())), "Written")


@click.command(epilog=_JSON)
@click.argument("path", metavar="FILE|DIR", type=click.Path(path_type=Path))
@click.option("--replace", is_flag=True, help="In the place of what newswatch has in this Redis.")
@command
def restore(call: Invocation, *, path: Path, replace: bool) -> None:
    """Put a backup into Redis: FILE, or the newest in DIR. No stage may be running.

    Nothing that is in Slack is sent again: the channels' histories are read first, seven days back at most.
    """
    # What is there may be a newer release's: this is the way back from an upgrade.
    done = call.run(lambda services: put_back(services, path, replace=replace), checked=False)
    _show(call, done, "Restored")


def _show(call: Invocation, done: Backup, what: str) -> None:
    if call.json:
        as_json(
            {
                "file": str(done.file),
                "taken": done.taken.isoformat(),
                "release": done.release,
                "keys": done.keys,
            }
        )
    else:
        click.echo(
            f"{what}: {done.file}, {quantity(done.keys, 'key')}, taken {done.taken:%Y-%m-%d %H:%M:%S} UTC by {done.release}"
        )
