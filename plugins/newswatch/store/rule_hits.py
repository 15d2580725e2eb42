"""What the rules caught among the stored items, as the last housekeeping found it.

After an upgrade it says what the packs and the forms of before would have caught, which the new release cannot.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Mapping
from dataclasses import asdict, dataclass

from redis.asyncio import Redis

from newswatch.store import keys

MOST_HITS = 1_000
"""Hits kept of one rule, the newest."""


@dataclass(frozen=True, slots=True)
class RuleHits:
    """`text` identifies what the rule looked for, `items` are the ids of its hits."""

    text: str
    items: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class HitRecord:
    """`packs` is the version of the packs, `until_ms` when the newest item was claimed."""

    packs: str
    until_ms: int
    rules: Mapping[str, RuleHits]


async def read(redis: Redis) -> HitRecord | None:
    """The last record, if there is one that this release can read."""
    data = await redis.get(keys.RULE_HITS)
    if not isinstance(data, bytes):
        return None
    try:
        stored = json.loads(zlib.decompress(data))
        rules = {name: RuleHits(one["text"], tuple(one["items"])) for name, one in stored["rules"].items()}
        return HitRecord(stored["packs"], int(stored["until_ms"]), rules)
    except (zlib.error, ValueError, KeyError, TypeError):
        return None


async def write(redis: Redis, record: HitRecord) -> None:
    """Replace the record."""
    await redis.set(keys.RULE_HITS, zlib.compress(json.dumps(asdict(record), ensure_ascii=False).encode()))
