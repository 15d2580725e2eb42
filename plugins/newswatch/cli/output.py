"""How commands print: tables and highlights for people, JSON for machines, progress on terminals."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Column, Table
from rich.text import Text

FINE, PROBLEM, USAGE = 0, 1, 2

Report = Callable[[int, int], None]


def as_json(data: Any) -> None:
    """One JSON document on one line."""
    click.echo(json.dumps(data, ensure_ascii=False, default=str))


def console() -> Console:
    """Standard output with colours if it is a terminal; feed text is never interpreted as markup."""
    return Console(markup=False, highlight=False, emoji=False, soft_wrap=not sys.stdout.isatty())


def table(
    headings: Sequence[str], rows: Sequence[Sequence[str]], empty: str, *, optional: Sequence[str] = ()
) -> None:
    """A table on a terminal, tab-separated lines elsewhere, or the sentence `empty`.

    On a terminal, columns of `optional` are left out if they are empty in every row.
    """
    if not rows:
        click.echo(empty)
        return
    if not sys.stdout.isatty():
        for row in rows:
            click.echo("\t".join(cell.replace("\t", " ").replace("\n", " ") for cell in row))
        return
    shown = [n for n, name in enumerate(headings) if name not in optional or any(row[n] for row in rows)]
    # Wrapped, never cut: half an id or half a URL is of no use.
    drawn = Table(*(Column(headings[n], overflow="fold") for n in shown), box=None, pad_edge=False)
    for row in rows:
        drawn.add_row(*(Text(row[n]) for n in shown))
    console().print(drawn)


@contextmanager
def progress(label: str, *, as_json: bool) -> Iterator[Report | None]:
    """A bar on a terminal, else nothing."""
    if as_json or not sys.stderr.isatty():
        yield None
        return
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(label, total=None)
        yield lambda done, total: bar.update(task, completed=done, total=max(done, total))


def ago(moment: datetime | None, now: datetime) -> str:
    """How long ago, in the largest fitting unit; "" for never."""
    if moment is None:
        return ""
    left = (now - moment).total_seconds()
    sign, left = ("in " if left < 0 else ""), abs(left)
    for unit, size in (("d", 86_400), ("h", 3_600), ("min", 60)):
        if left >= size:
            return f"{sign}{left / size:.0f} {unit}" + ("" if sign else " ago")
    return f"{sign}{left:.0f} s" + ("" if sign else " ago")
