"""`newswatch dags`: the DAG files that belong to this newswatch, for an Airflow that has its own DAGs folder."""

from __future__ import annotations

import json
from pathlib import Path

import click

from newswatch import __version__
from newswatch.atomic_file import replace_file
from newswatch.cli.context import Invocation, command
from newswatch.cli.output import as_json
from newswatch.errors import PermanentError
from newswatch.places import DAGS

BUNDLE = {"name": "newswatch", "classpath": "newswatch_airflow.dag_bundle.NewswatchDags", "kwargs": {}}
MARK = "# Written by `newswatch dags --write`"
_HEAD = f"{MARK} of version {__version__}. After an upgrade, run it again.\n"


@click.command(
    epilog="""
    JSON: {"folder", "files": [name], "bundle": an entry for `dag_bundle_config_list`}.

    Exit: 1 if a file of the same name is there that this command did not write.
    """
)
@click.option(
    "--write",
    "target",
    type=click.Path(path_type=Path, file_okay=False),
    metavar="DIR",
    help="Copy the DAG files into this folder of an Airflow.",
)
@command
def dags(call: Invocation, *, target: Path | None) -> None:
    """Show where the DAG files are, or copy them into Airflow's DAGs folder.

    Copies have to be written again after each upgrade; those that the release no longer has are removed. A DAG bundle
    needs no copies: put the entry that this command shows into `dag_bundle_config_list` of Airflow's section
    `dag_processor`.
    """
    files = sorted(DAGS.glob("*.py"))
    if target is not None:
        _write(files, target)
    if call.json:
        as_json(
            {"folder": str(target or DAGS), "files": [file.name for file in files], "bundle": BUNDLE},
        )
        return
    for file in files:
        click.echo(str((target or DAGS) / file.name))
    if target is None:
        click.echo(f"\nAs a DAG bundle: {json.dumps(BUNDLE)}")


def _write(files: list[Path], target: Path) -> None:
    """Copy the files, and remove copies that this release no longer has.

    Raises PermanentError, before it writes any, if one would replace somebody else's.
    """
    names = [file.name for file in files]
    foreign = [path for name in names if (path := target / name).exists() and not _is_copy(path)]
    if foreign:
        raise PermanentError(
            f"{', '.join(map(str, foreign))}: not written by this command, so it is left alone. Move it away first."
        )
    try:
        target.mkdir(parents=True, exist_ok=True)
        for file in files:
            replace_file(target / file.name, (_HEAD + file.read_text("utf-8")).encode(), 0o644)
        for path in target.glob("*.py"):
            if path.name not in names and _is_copy(path):
                path.unlink()
    except OSError as error:
        raise PermanentError(f"{target} cannot be written: {error.strerror}") from error


def _is_copy(path: Path) -> bool:
    """Whether this command wrote the file."""
    try:
        with path.open("rb") as file:
            return file.read(len(MARK)) == MARK.encode()
    except OSError:
        return False
