"""Which workspace and which bot this Redis belongs to. Nothing else identifies a deployment: tokens are rotated."""

from __future__ import annotations

from redis.asyncio import Redis

from newswatch.sending import Identity
from newswatch.store import keys
from newswatch.store.client import script_of, text


async def read(redis: Redis) -> Identity | None:
    """The workspace and bot that were adopted, None if nothing was sent yet."""
    row = await redis.hmget(keys.DEPLOYMENT, ["team_id", "team", "bot_id", "bot"])
    return Identity(*map(text, row)) if row[0] else None


async def adopt(redis: Redis, identity: Identity) -> None:
    """Make this the workspace and bot that messages are sent to."""
    row = ["team_id", identity.team_id, "team", identity.team, "bot_id", identity.bot_id, "bot", identity.bot]
    await script_of(redis, "small")(keys=[keys.DEPLOYMENT], args=["HSET", *row])
