"""The code's version changes with every file that a running stage may load, in both packages."""

import os

import pytest

from newswatch.code_version import LOADED, version_on_disk


@pytest.fixture
def home(tmp_path):
    for name in (
        "newswatch/rules/plan.py",
        "newswatch/store/lua/claim.lua",
        "newswatch/rules/lemmas.z",
        "newswatch_airflow/ui/app.py",
    ):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("1", "utf-8")
    return tmp_path


@pytest.mark.parametrize(
    "name",
    [
        "newswatch/rules/plan.py",
        "newswatch/store/lua/claim.lua",
        "newswatch/rules/lemmas.z",
        "newswatch_airflow/ui/app.py",
        "newswatch_airflow/resident.py",
    ],
)
def test_changed_or_new_file_is_another_version(home, name):
    before = version_on_disk(home)
    (home / name).write_text("22", "utf-8")
    assert version_on_disk(home) != before


def test_what_python_writes_itself_is_no_other_version(home):
    before = version_on_disk(home)
    cache = home / "newswatch" / "rules" / "__pycache__"
    cache.mkdir()
    (cache / "plan.cpython-311.pyc").write_bytes(b"1")
    assert version_on_disk(home) == before


def test_touched_file_of_the_same_size_is_another_version(home):
    before = version_on_disk(home)
    os.utime(home / "newswatch" / "rules" / "plan.py", (1, 1))
    assert version_on_disk(home) != before


def test_own_files_are_found(tmp_path):
    assert version_on_disk() == LOADED
    assert version_on_disk(tmp_path) != LOADED
