"""Every command that the documents show is one that newswatch has, with options that it takes."""

import re
import shlex
from pathlib import Path

import click
import pytest

from newswatch.cli.app import newswatch

ROOT = Path(__file__).parents[2]
GENERATED = ("cli.md", "settings.md")
PAGES = [
    page
    for page in (ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md")))
    if page.name not in GENERATED
]
INLINE = re.compile(r"`(?:\.venv/bin/)?newswatch ([a-z][^`]*)`")
LINE = re.compile(r"^ {4,}(?:.*[ /])?newswatch ([a-z][^\n]*)$", re.MULTILINE)


def shown(page):
    """The commands on a page, without `newswatch` and without what follows them in a shell."""
    text = page.read_text("utf-8")
    for command in [*INLINE.findall(text), *LINE.findall(text)]:
        yield re.split(r"\s(?:[|>;#]|&&)", " ".join(command.split()), maxsplit=1)[0]


def unknown(command):
    """What newswatch would not understand of it, "" if nothing."""
    words, found = shlex.split(command), newswatch
    while isinstance(found, click.Group) and words and not words[0].startswith("-"):
        name = words.pop(0)
        inner = found.commands.get(name)
        if inner is None:
            return name
        found = inner
    options = {"--help", *(one for param in found.params for one in (*param.opts, *param.secondary_opts))}
    return " ".join(one for one in words if one.startswith("--") and one.split("=")[0] not in options)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_commands_of_a_page_are_understood(page):
    wrong = {command: what for command in shown(page) if (what := unknown(command))}
    assert wrong == {}


def test_commands_are_found_in_the_readme_and_in_the_pages():
    assert sum(len([*shown(page)]) for page in PAGES) > 100


def test_command_that_is_not_there_is_found_out():
    assert unknown("feeds prevew URL") == "prevew"
    assert unknown("backtest --rul x") == "--rul"
    assert unknown("backtest --rule x") == ""
