"""`make test` forgives a test that passes alone, and no other."""

from __future__ import annotations

from devtools.all_tests import passes

STARVED_ONCE = """
from pathlib import Path

def test_starved():
    first = not Path({mark!r}).exists()
    Path({mark!r}).touch()
    assert not first
"""


def phase_of(tmp_path, *tests: str) -> bool:
    for number, text in enumerate(tests):
        (tmp_path / f"test_{number}.py").write_text(text)
    return passes(f"'{tmp_path}'")


def test_test_that_passes_alone_does_not_fail_the_phase_and_is_named(tmp_path, capfd):
    assert phase_of(tmp_path, STARVED_ONCE.format(mark=str(tmp_path / "mark")), "def test_good(): pass")
    out = capfd.readouterr().out
    assert "test_0.py::test_starved" in out
    assert "They pass alone" in out


def test_test_that_fails_again_fails_the_phase(tmp_path):
    assert not phase_of(tmp_path, "def test_bad(): assert 0", "def test_good(): pass")


def test_more_than_a_few_failures_are_not_tried_again(tmp_path, capfd):
    many = "\n".join(f"def test_{n}(): assert 0" for n in range(6))
    assert not phase_of(tmp_path, many)
    assert "Once more" not in capfd.readouterr().out


def test_module_that_cannot_be_imported_fails_the_phase(tmp_path):
    assert not phase_of(tmp_path, "import nothing_of_this_name")
