"""How many previews a user of the pages may ask for: each one fetches from another site in our name."""

from __future__ import annotations

from redis.asyncio import Redis

from newswatch.store import keys

PER_MINUTE = 10
_MINUTE_MS = 60_000


async def count_preview(redis: Redis, user: str) -> int:
    """Count a preview of this user.

    Returns 0 if it is among the first ten of the minute that began with the first, else for how many seconds to wait.
    """
    key = keys.previews(user)
    async with redis.pipeline(transaction=True) as pipe:
        pipe.incr(key)
        pipe.pexpire(key, _MINUTE_MS, nx=True)
        pipe.pttl(key)
        count, _, left_ms = await pipe.execute()
    return 0 if int(count) <= PER_MINUTE else max(1, -(-int(left_ms) // 1000))
