"""Pruning: old logs and old rows go, the rest stays."""

import os
from datetime import datetime, timedelta, timezone

from devtools.stack.prune import database_command, prune_logs, rotate_output

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=timezone.utc)


def write(file, age):
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text("line\n")
    when = (NOW - age).timestamp()
    os.utime(file, (when, when))
    return file


def test_logs_older_than_two_weeks_go_with_their_empty_folders(tmp_path):
    old = write(tmp_path / "dag_id=a" / "run_id=1" / "attempt=1.log", timedelta(days=15))
    recent = write(tmp_path / "dag_id=a" / "run_id=2" / "attempt=1.log", timedelta(days=13))
    assert prune_logs(tmp_path, NOW) == 1
    assert not old.parent.exists()
    assert recent.exists()


def test_pruning_a_folder_that_is_not_there_is_no_error(tmp_path):
    assert prune_logs(tmp_path / "absent", NOW) == 0


def test_rows_are_removed_without_archive_and_without_a_question():
    command = database_command(NOW)
    assert command[command.index("--clean-before-timestamp") + 1] == "2026-11-08T12:00:00+00:00"
    assert {"--skip-archive", "--yes"} <= set(command)


def test_output_that_grew_too_large_starts_over_under_an_open_handle(tmp_path):
    file = tmp_path / "scheduler.log"
    with file.open("ab", buffering=0) as output:
        output.write(b"x" * 100)
        rotate_output(tmp_path, max_bytes=50)
        output.write(b"new\n")
    assert file.read_bytes() == b"new\n"
    assert (tmp_path / "scheduler.log.1").stat().st_size == 100


def test_output_below_the_limit_is_left_alone(tmp_path):
    (tmp_path / "redis.log").write_bytes(b"few")
    rotate_output(tmp_path, max_bytes=50)
    assert [file.name for file in tmp_path.iterdir()] == ["redis.log"]
