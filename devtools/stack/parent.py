"""Whether the `make` that started us got a signal.

A terminal sends Ctrl-C to make and to us. But a program that has started `make run` may send a signal to
make alone. make passes SIGTERM on, but not SIGINT: then it waits for us to end. On Linux this can be seen,
because make waits in its signal handler, where SIGINT is blocked.
"""

from __future__ import annotations

import signal
from collections.abc import Callable
from pathlib import Path

import psutil

_SIGINT_BIT = 1 << (signal.SIGINT - 1)


def interrupted_parent() -> Callable[[], bool]:
    """A function that says whether our make was interrupted or has ended. Without a make it says False."""
    parent = psutil.Process().parent()
    if parent is None or parent.name() not in {"make", "gmake"}:
        return lambda: False

    def interrupted() -> bool:
        return not parent.is_running() or _blocks_sigint(parent.pid)

    return interrupted


def _blocks_sigint(pid: int) -> bool:
    try:
        with Path(f"/proc/{pid}/status").open(encoding="ascii", errors="replace") as status:
            for line in status:
                if line.startswith("SigBlk:"):
                    return bool(int(line.split()[1], 16) & _SIGINT_BIT)
    except (FileNotFoundError, ProcessLookupError):
        return False
    return False
