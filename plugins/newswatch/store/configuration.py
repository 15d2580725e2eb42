"""The configuration in force, as every stage reads it."""

from __future__ import annotations

from dataclasses import dataclass

from redis.asyncio import Redis

from newswatch.store import keys
from newswatch.store.client import script_of, text


@dataclass(frozen=True, slots=True)
class Stored:
    """What is in force: its version, its content's digest, and the bundle as JSON."""

    version: int
    digest: str
    bundle: str
    files: str
    """Fingerprint of the files it was made of."""


async def read_version(redis: Redis) -> tuple[int, str]:
    """Version and digest in force, (0, "") when there is none yet."""
    version, digest = await redis.hmget(keys.CONFIG, ["version", "digest"])
    return int(version or 0), text(digest)


async def read_stored(redis: Redis) -> Stored | None:
    """What is in force, None before the first adoption."""
    names = ["version", "digest", "bundle", "files"]
    version, digest, bundle, files = await redis.hmget(keys.CONFIG, names)
    if version is None or bundle is None:
        return None
    return Stored(int(version), text(digest), text(bundle), text(files))


async def read_files(redis: Redis) -> str:
    """The fingerprint of the files in force, "" when there are none."""
    return text(await redis.hget(keys.CONFIG, "files"))


async def note_files(redis: Redis, files: str) -> None:
    """The files changed without changing what they say (a comment, the order of keys)."""
    await redis.hset(keys.CONFIG, "files", files)


async def put_in_force(redis: Redis, replaces: int, stored: Stored, now_ms: int) -> bool:
    """Put a bundle in force unless another came in meanwhile (then False)."""
    script = script_of(redis, "configure")
    args: list[str | int] = [
        str(replaces),
        str(stored.version),
        stored.digest,
        stored.bundle,
        now_ms,
        stored.files,
    ]
    return bool(await script(keys=[keys.CONFIG], args=args))
