"""Every command that the README shows does what a newcomer expects, beside a running stack and with nothing set."""

import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SHOWN = re.compile(r"\.venv/bin/newswatch ((?:[^`\n]|\n(?=[^\n`]*`))+)")
FOR_EXAMPLE = {
    "feeds preview URL": "feeds preview sample-wire",
    '--title "…" --summary "…"': '--title "Ministries want mining legalised" --summary "The central bank opposes it."',
    '"the item\'s link, its title or its id"': '"Ministries want mining legalised"',
}
MAY_FIND_SOMETHING = {"setup slack", "doctor", "feeds"}
"""Commands that may also end with 1: there is no Slack, and no internet."""


def commands():
    """The commands of the README, in its order, each once."""
    text = (ROOT / "README.md").read_text("utf-8")
    found = dict.fromkeys(" ".join(shown.split()) for shown in SHOWN.findall(text))
    for placeholder, example in FOR_EXAMPLE.items():
        found = {command.replace(placeholder, example): None for command in found}
    return list(found)


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_commands_of_the_readme_work_beside_a_running_stack(stack, tmp_path):
    folder = tmp_path / "a folder"
    shutil.copytree(ROOT / "config", folder / "config")
    running = stack(folder / ".data", NEWSWATCH_CONFIG=str(folder / "config")).start()
    running.until("newswatch is up")
    own = {
        name: text
        for name, text in os.environ.items()
        if not name.startswith(("AIRFLOW", "NEWSWATCH", "REDIS", "SLACK"))
    }

    def run(command):
        program = Path(sys.executable).parent / "newswatch"
        done = subprocess.run(
            [program, *shlex.split(command)],
            cwd=folder,
            env=own,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )
        assert "Traceback" not in done.stderr, command
        return done

    run("run")  # what Airflow would do
    shown = commands()
    assert len(shown) >= 14
    for command in shown:
        done = run(command)
        may_be = {0, 1} if command in MAY_FIND_SOMETHING else {0}
        assert done.returncode in may_be, (command, done.stdout, done.stderr)
        if command.startswith("demo "):
            run("run")
        if command == "alerts":
            assert "Ministries want mining legalised" in done.stdout
