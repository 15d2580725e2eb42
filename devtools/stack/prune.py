"""Removing old data: Airflow's rows, its logs, and the output of the components."""

from __future__ import annotations

import shutil
from datetime import datetime, timedelta
from pathlib import Path

from devtools.stack.components import airflow_command

KEEP = timedelta(days=14)
MAX_OUTPUT_BYTES = 20_000_000


def database_command(now: datetime) -> tuple[str, ...]:
    """The command that removes Airflow's rows older than KEEP, without archive tables."""
    before = (now - KEEP).isoformat(timespec="seconds")
    return airflow_command("db", "clean", "--clean-before-timestamp", before, "--skip-archive", "--yes")


def old_logs(folder: Path, now: datetime) -> list[Path]:
    """Log files last written before KEEP."""
    oldest = (now - KEEP).timestamp()
    return [file for file in folder.rglob("*") if file.is_file() and file.lstat().st_mtime < oldest]


def prune_logs(folder: Path, now: datetime) -> int:
    """Remove old log files, and folders that are empty then. Returns the number of files removed."""
    files = old_logs(folder, now)
    for file in files:
        file.unlink(missing_ok=True)
        for parent in file.parents:
            if parent == folder or not parent.is_relative_to(folder) or any(parent.iterdir()):
                break
            parent.rmdir()
    return len(files)


def rotate_output(folder: Path, max_bytes: int = MAX_OUTPUT_BYTES) -> None:
    """Empty component logs that have grown too large, after copying each to `.1`.

    They are not moved, because the component has its file open for appending.
    """
    for file in folder.glob("*.log"):
        if file.stat().st_size > max_bytes:
            shutil.copyfile(file, file.with_name(f"{file.name}.1"))
            with file.open("r+b") as output:
                output.truncate(0)
