"""How long the alerts took from each point of their way to the next: one histogram for each hop, which only grows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
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

Column = tuple[float, float | None]
"""A column's ends in seconds; the last one is open. What is in a column lies anywhere in it."""

HOUR_KEPT_S = 25 * 3_600
_HOUR_MS = 3_600_000


@dataclass(frozen=True, slots=True)
class HopTimes:
    """Of one hop: how many alerts fall into each column of EDGES_S, the last one open, and their seconds in all."""

    counts: tuple[int, ...]
    sum_s: float

    def column(self, share: float) -> Column | None:
        """The column with the time that this share of them did not exceed, None without any. Pure."""
        left = share * sum(self.counts)
        if not left:
            return None
        for number, counted in enumerate(self.counts):
            if counted and left <= counted:
                return EDGES_S[number - 1] if number else 0.0, EDGES_S[number] if number < len(
                    EDGES_S
                ) else None
            left -= counted
        return None


def together(parts: Sequence[HopTimes]) -> HopTimes:
    """The sum of several, at least one. Pure."""
    columns = zip(*(part.counts for part in parts), strict=True)
    return HopTimes(tuple(map(sum, columns)), sum(part.sum_s for part in parts))


async def count(redis: Redis, seconds: Iterable[tuple[Hop, float]], now_ms: int) -> None:
    """Add what some alerts took, in one round trip, to all and to those of this hour."""
    args: list[str | int] = []
    for hop, took_s in seconds:
        column = next((at for at, edge in enumerate(EDGES_S) if took_s <= edge), len(EDGES_S))
        args += [f"{hop}:{column}", 1, f"{hop}:ms", round(took_s * 1000)]
    if args:
        names = [keys.HOPS, keys.hops_of_hour(now_ms // _HOUR_MS)]
        await script_of(redis, "hops")(keys=names, args=[HOUR_KEPT_S, *args])


async def read(redis: Redis) -> Mapping[Hop, HopTimes]:
    """All histograms since this Redis was first used."""
    return _times(await redis.hgetall(keys.HOPS))


async def read_hours(redis: Redis, now_ms: int, hours: int = 24) -> list[Mapping[Hop, HopTimes]]:
    """Those of each of the last hours, at most 24, the current hour last."""
    pipe = redis.pipeline(transaction=False)
    for hour in range(now_ms // _HOUR_MS - hours + 1, now_ms // _HOUR_MS + 1):
        pipe.hgetall(keys.hops_of_hour(hour))
    return [_times(row) for row in await pipe.execute()]


def _times(row: dict[Any, Any]) -> dict[Hop, HopTimes]:
    found = fields(row)
    return {
        hop: HopTimes(
            tuple(int(found.get(f"{hop}:{column}", 0)) for column in range(len(EDGES_S) + 1)),
            int(found.get(f"{hop}:ms", 0)) / 1000,
        )
        for hop in HOPS
    }
