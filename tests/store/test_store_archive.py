"""What pages read of alerts that are counted by day."""

from __future__ import annotations

from newswatch.store import archive, keys

DAY_MS = 86_400_000
TODAY = 20_000


async def count(redis, day: int, **hits: int) -> None:
    await redis.hset(
        keys.hits(day), mapping={name.replace("_", "-"): number for name, number in hits.items()}
    )


async def test_alerts_of_the_last_days_are_added_up_by_rule(redis):
    await count(redis, TODAY, busy_one=2, calm=1)
    await count(redis, TODAY - 6, busy_one=40)
    await count(redis, TODAY - 7, busy_one=500, old=3)
    totals = await archive.hits_totals(redis, TODAY * DAY_MS + 5, 7)
    assert totals == {"busy-one": 42, "calm": 1}


async def test_totals_of_days_without_alerts_are_empty(redis):
    assert await archive.hits_totals(redis, TODAY * DAY_MS, 28) == {}
