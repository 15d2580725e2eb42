"""`newswatch dags --write`: copies of the DAG files, and nobody else's file is touched."""

from __future__ import annotations

import pytest
from click.testing import CliRunner

from newswatch.cli.app import newswatch
from newswatch.cli.dags import MARK


def write(folder):
    return CliRunner().invoke(newswatch, ["dags", "--write", str(folder)])


@pytest.mark.parametrize("what", ["text", "bytes", "folder"])
def test_file_of_somebody_else_is_named_and_left_alone(tmp_path, what):
    theirs = tmp_path / "poll_feeds.py"
    if what == "folder":
        theirs.mkdir()
    else:
        theirs.write_bytes(b"\xff\xfe# caf\xe9" if what == "bytes" else b"# mine")
    done = write(tmp_path)
    assert done.exit_code == 1
    assert f"{theirs}: not written by this command, so it is left alone" in done.output
    assert [path.name for path in tmp_path.iterdir()] == ["poll_feeds.py"]


def test_copy_that_this_release_no_longer_has_is_removed(tmp_path):
    (tmp_path / "old_stage.py").write_text(f"{MARK} of version 0.0.1.\n")
    (tmp_path / "mine.py").write_text("# mine\n")
    assert write(tmp_path).exit_code == 0
    names = {path.name for path in tmp_path.iterdir()}
    assert "old_stage.py" not in names
    assert {"mine.py", "poll_feeds.py"} <= names
    assert write(tmp_path).exit_code == 0
