import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


def loaded_stages(*command_line):
    """Which modules of the pipeline a process with this command line has after loading our plugin."""
    code = (
        "import sys; sys.path.insert(0, 'plugins')\n"
        f"sys.argv = ['airflow', *{list(command_line)!r}]\n"
        "from newswatch_airflow.plugin import NewswatchPlugin; NewswatchPlugin.on_load()\n"
        "print(sum(name.startswith('newswatch.pipeline.') for name in sys.modules))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=240, check=True
    )
    return int(done.stdout.strip().splitlines()[-1])


@pytest.mark.parametrize("command_line", [["scheduler", "--skip-serve-logs"], ["celery", "worker"]])
def test_plugin_loads_the_stages_where_tasks_are_forked(command_line):
    assert loaded_stages(*command_line) >= 6


@pytest.mark.parametrize("command_line", [["api-server", "--port", "8080"], ["triggerer"], ["dag-processor"]])
def test_plugin_costs_nothing_elsewhere(command_line):
    assert loaded_stages(*command_line) == 0
