"""docs/cli.md says what the commands say of themselves."""

from __future__ import annotations

from pathlib import Path

import click
import pytest

from newswatch.cli.app import newswatch
from newswatch.cli.docs import JSON, main, paragraph, render

ROOT = Path(__file__).parents[2]


def commands(group, path=()):
    for name, command in group.commands.items():
        yield pytest.param(command, id=" ".join((*path, name)))
        if isinstance(command, click.Group):
            yield from commands(command, (*path, name))


def test_committed_page_is_what_the_commands_give():
    assert main([str(ROOT / "docs/cli.md"), "--check"]) == 0


@pytest.mark.parametrize("command", list(commands(newswatch)))
def test_command_says_what_it_does_and_what_it_prints(command):
    assert command.help
    prints = not isinstance(command, click.Group) or command.invoke_without_command
    assert bool(paragraph(command, JSON)) == prints


def test_page_names_options_defaults_and_exit_codes():
    page = render()
    assert "    newswatch mute [OPTIONS] [RULE]" in page
    assert "- `--for TEXT`: How long, e.g. 2h or 3d.  [default: 24h]" in page
    assert "**Exit:** 1 if there is an error; warnings alone exit with 0." in page


def test_check_fails_on_a_changed_page_and_writing_corrects_it(tmp_path, capsys):
    page = tmp_path / "cli.md"
    assert main([str(page), "--check"]) == 1
    assert "is out of date: run make reference" in capsys.readouterr().err
    assert main([str(page)]) == 0
    assert main([str(page), "--check"]) == 0
