"""Benchmarks: scripts that print figures and compare them with targets. `python -m bench NAME` runs one.

Each prints at its end how busy the machine was, since its figures mean nothing without that.
"""

from __future__ import annotations

import atexit
import os
import sys


def _say_load(before: float) -> None:
    after, longer, _ = os.getloadavg()
    processors = os.cpu_count()
    print(
        f"load of {processors} processors: {before:.1f} before, {after:.1f} in the last minute, {longer:.1f} in the last five"
    )


if sys.orig_argv[1:2] == ["-m"] and sys.orig_argv[2].startswith("bench."):
    atexit.register(_say_load, os.getloadavg()[0])
