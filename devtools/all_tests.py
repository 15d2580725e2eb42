"""`make test`: all tests, in four phases, each in several processes at once.

Importing Airflow takes seconds in each process, so the tests that need it are in folders of their own. Each process
has an Airflow home and database, and the pages want another one than the DAGs. The pages' api-server is started once
in each process, so their slow tests run beside the others. Many tests wait more than they compute, so there are more
processes than cores. Of the files that are given to a process as a whole, the longest are begun first.

A phase's failures are run once more, one after the other. A test that then passes was starved by its neighbours: it is
named, and should be mended, but it does not fail the whole. More than a few failures are no accident.
"""

from __future__ import annotations

import json
import shlex
import subprocess
import sys
import tempfile
from collections.abc import Iterable
from pathlib import Path

TESTS = Path("tests")
WITH_AIRFLOW = ("tests/dags", "tests/newswatch_airflow", "tests/ui")
PAGES = (*TESTS.glob("ui/test_*.py"), *TESTS.glob("devtools/test_slack_sim_page*.py"))
SLOW = (path for path in TESTS.rglob("test_*.py") if "mark.slow" in path.read_text("utf-8"))
LONGEST_FIRST = (
    "test_ui_looks",
    "test_ui_people",
    "test_ui_walk",
    "test_pipeline_month",
    "test_packaging_wheel",
    "test_pipeline_long_day",
    "test_airflow_recovery",
    "test_pipeline_hostile",
    "test_pipeline_pages",
    "test_stack_airflow",
    "test_stack_readme",
    "test_pipeline_fuzz",
)
"""The files that take longest, which are not those with the most tests. Begun last, they would leave the others idle."""
MOST_STARVED = 5


def in_order(files: Iterable[Path]) -> str:
    """The files as arguments of pytest, the longest first."""
    places = {name: place for place, name in enumerate(LONGEST_FIRST)}
    return shlex.join(
        str(path) for path in sorted(files, key=lambda path: (places.get(path.stem, len(places)), path))
    )


WHOLE_FILES = "--dist loadfile --no-loadscope-reorder"
PHASES = (
    f"-n 6 -m 'not slow and not browser' {' '.join(f'--ignore={folder}' for folder in WITH_AIRFLOW)}",
    "-n 2 -m 'not slow' tests/dags tests/newswatch_airflow",
    f"-n 3 {WHOLE_FILES} {in_order(PAGES)}",
    f"-n 3 {WHOLE_FILES} -m slow {in_order(path for path in SLOW if path not in PAGES)}",
)


def failed_in(cache: str) -> list[str]:
    """The ids of the tests that failed in the run whose cache this is."""
    record = Path(cache) / "v" / "cache" / "lastfailed"
    return sorted(json.loads(record.read_text())) if record.is_file() else []


def passes(phase: str) -> bool:
    """Whether all tests of the phase pass, some of them perhaps only alone."""
    with tempfile.TemporaryDirectory() as cache:
        durations = ("--durations=15", "--durations-min=5")
        command = (
            sys.executable,
            "-m",
            "pytest",
            "-o",
            f"cache_dir={cache}",
            *durations,
            *shlex.split(phase),
        )
        code = subprocess.run(command, check=False).returncode
        failed = failed_in(cache)
        if code != 1 or not 0 < len(failed) <= MOST_STARVED:
            return code == 0
        print(f"\nOnce more, one after the other: {', '.join(failed)}", flush=True)
        passed = subprocess.run((*command, "-n", "0", "--last-failed"), check=False).returncode == 0
    if passed:
        print("\nThey pass alone. They depend on a quiet machine, and should not.", flush=True)
    return passed


def main() -> int:
    """All phases, also after one that fails, so that one run shows everything."""
    results = [passes(phase) for phase in PHASES]
    return 0 if all(results) else 1


if __name__ == "__main__":
    sys.exit(main())
