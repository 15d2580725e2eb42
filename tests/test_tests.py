"""The tests themselves: names that do not clash, no Airflow where none is needed, slow ones where `make test` finds them."""

import ast
from collections import Counter
from pathlib import Path

from devtools.all_tests import LONGEST_FIRST

TESTS = Path(__file__).parent
WITH_AIRFLOW = {"dags", "newswatch_airflow", "ui"}
"""The folders that `make test-quick` leaves out: importing Airflow takes seconds in each process."""


def imported(path: Path) -> set[str]:
    """The packages that a file imports, anywhere in it."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module.partition(".")[0])
    return found


def test_file_names_are_unique_so_that_pytest_can_import_them():
    names = Counter(path.name for path in TESTS.rglob("*.py") if path.name != "conftest.py")
    assert [name for name, times in names.items() if times > 1] == []


def test_airflow_is_imported_in_its_own_folders_only():
    others = [path for path in TESTS.rglob("*.py") if path.relative_to(TESTS).parts[0] not in WITH_AIRFLOW]
    needless = {path.name for path in others if imported(path) & {"airflow", "newswatch_airflow"}}
    assert needless == set()


def test_slow_tests_are_marked_in_their_own_files_where_make_test_looks_for_them():
    others = [path for path in TESTS.rglob("*.py") if not path.name.startswith("test_")]
    assert [path.name for path in others if "mark.slow" in path.read_text("utf-8")] == []


def test_files_that_are_begun_first_are_there():
    assert set(LONGEST_FIRST) - {path.stem for path in TESTS.rglob("test_*.py")} == set()
