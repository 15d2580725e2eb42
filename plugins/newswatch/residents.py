"""The names of the resident stages."""

from __future__ import annotations

FIXED = ("match", "articles", "deliver")
ON_DEMAND = "articles"
"""The stage whose run is started when work waits for it, and ends when none does."""


def shard_name(number: int) -> str:
    """The name of a poll shard, counted from 1, as a resident stage."""
    return f"poll-{number}"


def resident_stages(poll_shards: int) -> tuple[str, ...]:
    """The names of all resident stages, in the order of the data path."""
    return (*map(shard_name, range(1, poll_shards + 1)), *FIXED)
