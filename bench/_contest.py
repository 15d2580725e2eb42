"""What the contests of polling share: their figures, how those are shown, and the `reader` library."""

from __future__ import annotations

import resource
import subprocess
import sys
from pathlib import Path

import redis

READER = Path(__file__).resolve().parents[1] / ".cache" / "bench-reader"
READER_PACKAGES = ("reader==3.26", "sgmllib3k==1.0.0")
"""The feedparser inside `reader` imports the second one."""

Figures = dict[str, dict[str, float]]
"""By cycle: its CPU and wall seconds; and the peak memory."""


def cpu_s() -> float:
    """The CPU time of this process and of its children that have ended."""
    own, children = resource.getrusage(resource.RUSAGE_SELF), resource.getrusage(resource.RUSAGE_CHILDREN)
    return own.ru_utime + own.ru_stime + children.ru_utime + children.ru_stime


def redis_cpu_s(url: str) -> float:
    """The CPU time that a Redis has used."""
    with redis.Redis.from_url(url) as client:
        used = client.info("cpu")
    return float(used["used_cpu_user"]) + float(used["used_cpu_sys"])


def peak_memory_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1_000


def reader_missing() -> str:
    """Install `reader` if it is missing. Returns why that failed, "" if it is installed."""
    if (READER / "reader").is_dir() and (READER / "sgmllib.py").is_file():
        return ""
    command = [sys.executable, "-m", "pip", "install", "-q", "--target", str(READER), *READER_PACKAGES]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=300)
    return "" if done.returncode == 0 else (done.stderr.strip().splitlines() or ["pip failed"])[-1]


def tell(label: str, value: float, unit: str, target: float | None = None, *, most: bool = True) -> bool:
    held = target is None or (value <= target if most else value >= target)
    wanted = (
        ""
        if target is None
        else f"   ({'at most' if most else 'at least'} {target:g}{'' if held else ': MISSED'})"
    )
    print(f"  {label:58} {value:9.2f} {unit}{wanted}")
    return held
