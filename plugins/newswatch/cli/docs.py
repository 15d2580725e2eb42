"""docs/cli.md, written from the commands themselves.

`python -m newswatch.cli.docs [FILE]` writes it, `--check` fails if it is out of date. A command's
docstring says what it does. Its epilog says what it prints with `--json` (a paragraph that begins
with `JSON:`) and, where that is not obvious, when it exits with 1 (a paragraph that begins with `Exit:`).
"""

from __future__ import annotations

import inspect
import sys
import textwrap
from collections.abc import Iterator, Sequence
from pathlib import Path

import click

from newswatch.cli.app import newswatch

DEFAULT_FILE = Path("docs/cli.md")
JSON, EXIT = "JSON:", "Exit:"
_WIDTH = 110

_INTRODUCTION = """\
# The command line

*Written by `make reference` from the commands; edit those, not this file.*

Run a command in the project's folder as `.venv/bin/newswatch COMMAND`, or under compose as
`docker-compose exec airflow-scheduler newswatch COMMAND`. Settings come from the environment and from `.env`
([.env.example](../.env.example) lists them).

Every command takes these options, before or after its name:
"""

_STATUSES = """\
Exit codes: 0 if all is well, 1 if there is a problem, 2 for wrong usage. An error that ends a command is reported
on standard error, in one text that says what to do. With `--json` it is printed on standard output as
`{"error": "…"}`. Times in JSON are ISO 8601 in UTC.
"""


def render() -> str:
    """The whole page."""
    root = click.Context(newswatch, info_name="newswatch")
    common = _options(root, newswatch)
    commands = list(_commands(newswatch, root))
    contents = [f"- [`{path}`](#{path.replace(' ', '-')}): {_summary(one)}" for path, one, _ in commands]
    sections = [_section(path, one, context) for path, one, context in commands]
    parts = [_INTRODUCTION, *common, "", _STATUSES, *contents, "", *sections]
    return "\n".join(parts).rstrip() + "\n"


def paragraph(command: click.Command, label: str) -> str:
    """The paragraph of the command's epilog that begins with `label`, on one line and without it."""
    for text in inspect.cleandoc(command.epilog or "").split("\n\n"):
        if text.startswith(label):
            return " ".join(text.removeprefix(label).split())
    return ""


def _commands(
    group: click.Group, parent: click.Context
) -> Iterator[tuple[str, click.Command, click.Context]]:
    for name in group.list_commands(parent):
        command = group.commands[name]
        context = click.Context(command, info_name=name, parent=parent)
        path = context.command_path.removeprefix("newswatch ")
        yield path, command, context
        if isinstance(command, click.Group):
            yield from _commands(command, context)


def _section(path: str, command: click.Command, context: click.Context) -> str:
    usage = " ".join(command.collect_usage_pieces(context))
    lines = [f"## {path}", "", _help(command), "", f"    {context.command_path} {usage}", ""]
    common = _options(context.find_root(), newswatch)
    own = [one for one in _options(context, command) if one not in common]
    lines += [*own, ""] if own else []
    for label in (JSON, EXIT):
        text = paragraph(command, label)
        lines += [textwrap.fill(f"**{label}** {text}", _WIDTH, break_on_hyphens=False), ""] if text else []
    return "\n".join(lines)


def _help(command: click.Command) -> str:
    return inspect.cleandoc(command.help or "")


def _summary(command: click.Command) -> str:
    return _help(command).split("\n\n")[0].replace("\n", " ")


def _options(context: click.Context, command: click.Command) -> list[str]:
    """A line for each option; arguments are described by the command's help.

    Without `--version` and `--help`, which click names as the last caller of the command had it.
    """
    options = [
        one for one in command.get_params(context) if isinstance(one, click.Option) and one.expose_value
    ]
    records = [one.get_help_record(context) for one in options]
    return [f"- `{record[0]}`: {record[1]}" for record in records if record is not None]


def main(arguments: Sequence[str]) -> int:
    """Write, or with --check compare; 1 when the file is out of date."""
    files = [Path(argument) for argument in arguments if not argument.startswith("-")]
    file = files[0] if files else DEFAULT_FILE
    text = render()
    if "--check" not in arguments:
        file.write_text(text, encoding="utf-8")
        return 0
    if file.is_file() and file.read_text(encoding="utf-8") == text:
        return 0
    sys.stderr.write(f"{file} is out of date: run make reference\n")
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
