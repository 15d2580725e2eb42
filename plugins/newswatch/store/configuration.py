"""The configuration in force, as every stage reads it, and whose files it was made of."""

from __future__ import annotations

import json
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from redis.asyncio import Redis

from newswatch.store import keys
from newswatch.store.client import script_of, text
from newswatch.store.feeds import OF_A_FEED

PAST_KEPT = 20
"""Versions whose bundles can still be read, the one in force among them."""


@dataclass(frozen=True, slots=True)
class Head:
    """What is known of the configuration in force without reading it; all empty before the first one.

    `files` is the fingerprint of the files it was made of. `owner` names the copy of the files that may be
    applied, `rival` another copy that differs; both are opaque here and "" for none.
    """

    version: int = 0
    digest: str = ""
    files: str = ""
    owner: str = ""
    owner_seen_ms: int = 0
    rival: str = ""
    rival_seen_ms: int = 0


@dataclass(frozen=True, slots=True)
class Stored:
    """A bundle as JSON with its version, its content's digest and the fingerprint of its files."""

    version: int
    digest: str
    bundle: str
    files: str


@dataclass(frozen=True, slots=True)
class FeedChange:
    """What a configuration means for the feeds.

    `added` go on the schedule and are due at once, `moved` are due at once, `gone` leave the schedule: their
    notices are dropped (the causes are given with them), and what they showed is kept for `kept_s` seconds.
    """

    kept_s: float
    added: tuple[str, ...] = ()
    moved: tuple[str, ...] = ()
    gone: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


async def read_head(redis: Redis) -> Head:
    """Versions, fingerprint and owner in one look."""
    names = ["version", "digest", "files", "owner", "owner_seen", "rival", "rival_seen"]
    version, digest, files, owner, owner_seen, rival, rival_seen = await redis.hmget(keys.CONFIG, names)
    return Head(
        int(version or 0),
        *(text(digest), text(files), text(owner), int(owner_seen or 0), text(rival), int(rival_seen or 0)),
    )


async def read_version(redis: Redis) -> tuple[int, str]:
    """Version and digest in force, (0, "") when there is none yet."""
    version, digest = await redis.hmget(keys.CONFIG, ["version", "digest"])
    return int(version or 0), text(digest)


async def read_stored(redis: Redis) -> Stored | None:
    """What is in force, None before the first adoption."""
    names = ["version", "digest", "bundle", "files"]
    version, digest, bundle, files = await redis.hmget(keys.CONFIG, names)
    if version is None:
        return None
    return Stored(int(version), text(digest), text(bundle), text(files))


async def read_past(redis: Redis, version: int) -> str | None:
    """The bundle of a version, as JSON; None where it is no longer among the last 20."""
    packed: Any = await redis.hget(keys.CONFIG_PAST, str(version))
    return None if packed is None else zlib.decompress(packed).decode()


async def adopted_ms(redis: Redis) -> int:
    """When the configuration in force came in, in milliseconds since 1970; 0 when there is none yet."""
    return int(await redis.hget(keys.CONFIG, "adopted") or 0)


async def put_in_force(
    redis: Redis, known: Head, stored: Stored, change: FeedChange, *, owner: str, now_ms: int
) -> bool:
    """Put a bundle in force with all that follows from it, in one step.

    False, with nothing done, where another version or owner than those in `known` came in meanwhile.
    With the version in `known` the bundle stays as it is, and only its files, its owner and the feeds follow.
    """
    follow = {
        "added": change.added,
        "moved": change.moved,
        "gone": list(change.gone.items()),
        "feed": keys.feed(""),
        "parts": [name("") for name in OF_A_FEED],
        "notice": keys.notice(""),
    }
    args: list[str | bytes | int] = [
        *(str(known.version), known.owner, str(stored.version), stored.digest, stored.bundle),
        *(zlib.compress(stored.bundle.encode()), PAST_KEPT, now_ms, stored.files, owner),
        *(json.dumps(follow), int(change.kept_s)),
    ]
    names = [keys.CONFIG, keys.CONFIG_PAST, keys.FEEDS_DUE, keys.NOTICES]
    return bool(await script_of(redis, "configure")(keys=names, args=args))


async def note_owner(redis: Redis, owner: str, now_ms: int) -> None:
    """The owner's files were looked at and are those in force, or its broken ones are still to be mended."""
    await _note(redis, "HSET", "owner", owner, "owner_seen", now_ms)


async def note_rival(redis: Redis, rival: str, now_ms: int) -> None:
    """Another copy of the files differs from those in force."""
    await _note(redis, "HSET", "rival", rival, "rival_seen", now_ms)


async def drop_rival(redis: Redis) -> None:
    """No other copy differs any more."""
    await _note(redis, "HDEL", "rival", "rival_seen")


async def _note(redis: Redis, *command: str | int) -> None:
    """A write that works when Redis is out of memory: matching and delivery begin with a look at the files."""
    await script_of(redis, "small")(keys=[keys.CONFIG], args=command)
