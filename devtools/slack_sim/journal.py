"""The append-only file that stores the workspace: one JSON object a line, `{"op": …, …}`.

A line is passed to the kernel in one write before the client gets its answer. So it survives `kill -9`
of the simulator, but not a power failure, because nothing is synced. An incomplete last line, left by a
kill during a write, is cut off on the next start.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any


class Journal:
    """Reads all records once, then appends. One process at a time."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.path = folder / "slack_sim.jsonl"
        self._fd = os.open(self.path, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o600)

    def records(self) -> list[dict[str, Any]]:
        """Every complete record, in order. Cuts off an incomplete last one."""
        data = self.path.read_bytes()
        whole = data[: data.rfind(b"\n") + 1]
        if len(whole) != len(data):
            os.ftruncate(self._fd, len(whole))
        return [json.loads(line) for line in whole.splitlines()]

    def append(self, record: dict[str, Any]) -> None:
        """Writes one record in one system call."""
        line = json.dumps(record, separators=(",", ":")).encode("ascii") + b"\n"
        written = os.write(self._fd, line)
        if written != len(line):
            raise OSError(f"{self.path}: wrote {written} of {len(line)} bytes; is the disk full?")

    def clear(self) -> None:
        """Removes every record."""
        os.ftruncate(self._fd, 0)

    def close(self) -> None:
        """Closes the file."""
        os.close(self._fd)
