"""Imports the stages once in the process that task processes are forked from.

A task process is a fork of the scheduler or the worker. Modules that are loaded there cost it nothing.
Others it imports itself, in every run: 0.15 to 0.35 s of CPU time, several times that of the work
itself. So the processes that fork tasks load the stages when they start.
"""

from __future__ import annotations

import importlib
from collections.abc import Sequence

STAGES = (
    "newswatch.pipeline.base.adoption",
    "newswatch.pipeline.oversight.housekeeping",
    "newswatch.pipeline.base.notices",
    "newswatch_airflow.assets",
    "newswatch_airflow.hooks",
    "newswatch_airflow.retries",
    "newswatch_airflow.stage_work",
    "newswatch_airflow.stages",
)
_FORKS_TASKS = frozenset({"scheduler", "standalone", "worker"})


def warm_up(arguments: Sequence[str]) -> bool:
    """Load the stages if this command line (`sys.argv`) belongs to a process that forks tasks.

    The api-server and the dag-processor do not need them: there they would only cost memory.
    """
    if not _FORKS_TASKS.intersection(arguments[1:4]):
        return False
    for name in STAGES:
        importlib.import_module(name)
    return True
