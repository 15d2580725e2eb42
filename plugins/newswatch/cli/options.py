"""Values of options that several commands take."""

from __future__ import annotations

import click

from newswatch.durations import parse_duration


def duration(_context: click.Context, _option: click.Parameter, value: str | None) -> float | None:
    """A duration such as 12h, in seconds."""
    if value is None:
        return None
    try:
        return parse_duration(value)
    except ValueError as error:
        raise click.BadParameter(str(error)) from error
