"""How long the alerts took from each point of their way to the next: one histogram for each hop, which only grows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal, get_args

from redis.asyncio import Redis

from newswatch.store import keys
from newswatch.store.client import fields, script_of

Hop = Literal[
    "publication_to_seen", "seen_to_matched", "matched_to_begun", "begun_to_sent", "publication_to_sent"
]
"""`begun`: newswatch began to send the message. `sent`: Slack accepted it."""
HOPS: tuple[Hop, ...] = get_args(Hop)

EDGES_S = (0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 900, 3_600, 14_400)
"""Upper ends of the histograms' columns. One more column has what took longer."""


@dataclass(frozen=True, slots=True)
class HopTimes:
    """Of one hop: how many alerts fall into each column of EDGES_S, the last one open, and their seconds in all."""

    counts: tuple[int, ...]
    sum_s: float


async def count(redis: Redis, seconds: Iterable[tuple[Hop, float]]) -> None:
    """Add what some alerts took, in one round trip."""
    args: list[str | int] = []
    for hop, took_s in seconds:
        column = next((at for at, edge in enumerate(EDGES_S) if took_s <= edge), len(EDGES_S))
        args += [f"{hop}:{column}", 1, f"{hop}:ms", round(took_s * 1000)]
    if args:
        await script_of(redis, "hops")(keys=[keys.HOPS], args=args)


async def read(redis: Redis) -> Mapping[Hop, HopTimes]:
    """All histograms since this Redis was first used."""
    row: dict[Any, Any] = await redis.hgetall(keys.HOPS)
    found = fields(row)
    return {
        hop: HopTimes(
            tuple(int(found.get(f"{hop}:{column}", 0)) for column in range(len(EDGES_S) + 1)),
            int(found.get(f"{hop}:ms", 0)) / 1000,
        )
        for hop in HOPS
    }
