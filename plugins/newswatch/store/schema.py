"""The version of what is stored in Redis, so that an older release leaves alone what a newer one wrote.

It grows when a release stores something in a way that the release before cannot read. That release still reads what is
there; the first stage that starts then raises the version in Redis, and older releases stop.
"""

from __future__ import annotations

from redis.asyncio import Redis

from newswatch import __version__
from newswatch.errors import RedisRefused
from newswatch.store import keys
from newswatch.store.client import script_of, text

SCHEMA = 1
"""What this release writes. It reads 1 and what has no version, which is what was written before there were any."""


async def take_up(redis: Redis) -> None:
    """Check that the data is not a newer release's, and record that this release writes it from now on.

    Raises RedisRefused, with nothing changed, for a newer release's.
    """
    if text(await redis.hget(keys.SCHEMA, "schema")) == str(SCHEMA):
        return
    stored, release = await script_of(redis, "schema")(keys=[keys.SCHEMA], args=[SCHEMA, __version__])
    if int(stored) > SCHEMA:
        raise RedisRefused(newer(int(stored), text(release)))


async def outgrown(redis: Redis) -> str:
    """Why this process must stop: a newer release has taken the data over. "" if none has."""
    stored, release = await redis.hmget(keys.SCHEMA, ["schema", "release"])
    schema = int(stored or 0)
    return newer(schema, text(release)) if schema > SCHEMA else ""


async def refuse_if_outgrown(redis: Redis) -> None:
    """Leave what cannot be read to a newer release, if one has taken the data over. Raises RedisRefused."""
    if why := await outgrown(redis):
        raise RedisRefused(why)


def newer(schema: int, release: str) -> str:
    """The sentence about data of a newer release. Pure."""
    by = f"newswatch {release}" if release else "a newer newswatch"
    return (
        f"Redis holds data of {by} (schema {schema}), and this is newswatch {__version__} (schema {SCHEMA}): upgrade it"
        " here too. Nothing was changed."
    )
