"""Many hashes in few answers: a thousand answers would cost the client far more than Redis."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from redis.asyncio import Redis

from newswatch.store.client import script_of

READ_AT_ONCE = 500
"""Hashes that one script reads: Redis is busy with them for about a millisecond."""


async def read_hashes(redis: Redis, names: Sequence[str]) -> list[list[bytes]]:
    """All fields of the hashes with these names, each as field, value, …; empty for one that does not exist."""
    return await _read(redis, "states", names)


async def read_fields(redis: Redis, names: Sequence[str], wanted: Sequence[str]) -> list[list[bytes | None]]:
    """These fields of the hashes with these names, None for a field that a hash does not have."""
    return await _read(redis, "fields", names, wanted)


async def _read(redis: Redis, name: str, names: Sequence[str], args: Sequence[str] = ()) -> list[list[Any]]:
    script = script_of(redis, name)
    some = (names[start : start + READ_AT_ONCE] for start in range(0, len(names), READ_AT_ONCE))
    return [row for keys in some for row in await script(keys=keys, args=args)]
