"""Whether the `make` that started us was told to stop.

A terminal sends Ctrl-C to make and to us. A program that started `make run` may signal make alone:
SIGTERM make passes on, SIGINT it does not, it waits for us instead. On Linux one can see that it
does: it sits in its handler, in which SIGINT is blocked.
"""

from __future__ import annotations

import signal
from collections.abc import Callable
from pathlib import Path

import psutil

_SIGINT_BIT = 1 << (signal.SIGINT - 1)


def interrupted_parent() -> Callable[[], bool]:
    """A question to ask now and then: was our make interrupted, or is it gone? Never, without a make."""
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
