"""Durations as people write them: 5m, 1h, 0.05s, 24h, 7d."""

from __future__ import annotations

import re

PATTERN = r"^[0-9]+(\.[0-9]+)?[smhd]$"
_DURATION = re.compile(r"([0-9]{1,9}(?:\.[0-9]{1,9})?)([smhd])")
_SECONDS = {"s": 1.0, "m": 60.0, "h": 3_600.0, "d": 86_400.0}


def parse_duration(text: str) -> float:
    """Seconds of a duration such as `5m`, `1h`, `0.05s`, `7d`; fractions are fine.

    Raises ValueError with a message that says what is expected.
    """
    match = _DURATION.fullmatch(text.strip())
    if match is None:
        raise ValueError(
            f"{text!r} is not a duration: write a number and s, m, h or d, such as 30s, 5m, 1h or 7d"
        )
    return float(match[1]) * _SECONDS[match[2]]


def format_duration(seconds: float) -> str:
    """The shortest way to write a duration: 300 → `5m`."""
    for unit in ("d", "h", "m"):
        if seconds >= _SECONDS[unit] and seconds % _SECONDS[unit] == 0:
            return f"{seconds / _SECONDS[unit]:.0f}{unit}"
    return f"{seconds:g}s"
