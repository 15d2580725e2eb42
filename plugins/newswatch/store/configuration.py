"""The configuration in force, and whose files it was made from."""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from redis.asyncio import Redis

from newswatch.store import keys
from newswatch.store.client import script_of, text
from newswatch.store.feeds import OF_A_FEED

PAST_KEPT = 20
"""How many versions' bundles are kept, the one in force included."""


@dataclass(frozen=True, slots=True)
class Head:
    """What is known of the configuration in force without reading it. All empty before the first one.

    `files` is the fingerprint of its files. `owner` names the copy of the files that may be applied, `rival` another copy
    that differs. Both are opaque here, and "" for none.
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
    """A bundle with its version, the digest of its content and the fingerprint of its files.

    `whole` is the bundle as JSON. `parts` are its parts by name, `buckets` its feeds by the hash of their host, and
    `places` the bucket of each feed by its id.
    """

    version: int
    digest: str
    files: str
    whole: str
    parts: Mapping[str, str]
    buckets: Mapping[int, str] = field(default_factory=dict)
    places: Mapping[str, int] = field(default_factory=dict)


Version = tuple[int, str]
"""Version and digest of a configuration, (0, "") if there is none yet."""


@dataclass(frozen=True, slots=True)
class FeedChange:
    """What a new configuration changes for the feeds.

    `added` are scheduled and due at once, `moved` are due at once, and `gone` leave the schedule. The notices of `gone`
    (their causes are given) are deleted, and their records are kept for `kept_s` seconds.
    """

    kept_s: float
    added: tuple[str, ...] = ()
    moved: tuple[str, ...] = ()
    gone: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


async def read_head(redis: Redis) -> Head:
    """Versions, fingerprint and owner, in one read."""
    names = ["version", "digest", "files", "owner", "owner_seen", "rival", "rival_seen"]
    version, digest, files, owner, owner_seen, rival, rival_seen = await redis.hmget(keys.CONFIG, names)
    return Head(
        int(version or 0),
        *(text(digest), text(files), text(owner), int(owner_seen or 0), text(rival), int(rival_seen or 0)),
    )


async def read_version(redis: Redis) -> Version:
    """The version and digest in force, (0, "") if there is none yet."""
    version, digest = await redis.hmget(keys.CONFIG, ["version", "digest"])
    return int(version or 0), text(digest)


async def read_part(redis: Redis, name: str) -> tuple[Version, str | None]:
    """A part of the configuration in force; None before the first one, and if another release stored it."""
    version, digest, part = await redis.hmget(keys.CONFIG, ["version", "digest", name])
    return (int(version or 0), text(digest)), None if part is None else text(part)


async def read_buckets(redis: Redis, numbers: Iterable[int] | None = None) -> tuple[Version, list[str]]:
    """The feeds in these buckets, or in all of them."""
    if numbers is None:
        found: Any = await redis.hgetall(keys.CONFIG_FEEDS)
        version, digest = found.pop(b"version", None), found.pop(b"digest", None)
        rows = list(found.values())
    else:
        version, digest, *rows = await redis.hmget(
            keys.CONFIG_FEEDS, ["version", "digest", *map(str, numbers)]
        )
    return (int(version or 0), text(digest)), [text(row) for row in rows if row is not None]


async def places_of(redis: Redis, feed_ids: Sequence[str]) -> tuple[Version, set[int]]:
    """The buckets that have these feeds. `feed_ids` is not empty."""
    pipe = redis.pipeline(transaction=True)
    pipe.hmget(keys.CONFIG, ["version", "digest"])
    pipe.hmget(keys.CONFIG_PLACES, list(feed_ids))
    (version, digest), rows = await pipe.execute()
    return (int(version or 0), text(digest)), {int(row) for row in rows if row is not None}


async def read_past(redis: Redis, version: int) -> str | None:
    """The bundle of a version, as JSON; None if it is not among the last 20."""
    packed: Any = await redis.hget(keys.CONFIG_PAST, str(version))
    return None if packed is None else zlib.decompress(packed).decode()


async def adopted_ms(redis: Redis) -> int:
    """When the configuration came into force (ms since 1970); 0 if there is none yet."""
    return int(await redis.hget(keys.CONFIG, "adopted") or 0)


async def put_in_force(
    redis: Redis, known: Head, stored: Stored, change: FeedChange, *, owner: str, now_ms: int
) -> bool:
    """Put a bundle in force, with its changes for the feeds, in one step.

    Returns False, with nothing done, if the version or owner is no longer that of `known`. If the bundle has the version
    in `known`, only its files, its owner and the feeds are stored.
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
        *(str(known.version), known.owner, str(stored.version), stored.digest),
        *(zlib.compress(stored.whole.encode()), PAST_KEPT, now_ms, stored.files, owner),
        *(json.dumps(follow), int(change.kept_s), 2 * len(stored.parts), 2 * len(stored.buckets)),
    ]
    for rows in (stored.parts, stored.buckets, stored.places):
        args += [one for row in rows.items() for one in row]
    names = [
        keys.CONFIG,
        keys.CONFIG_PAST,
        keys.FEEDS_DUE,
        keys.NOTICES,
        keys.CONFIG_FEEDS,
        keys.CONFIG_PLACES,
        keys.FEEDS_MOVED,
    ]
    return bool(await script_of(redis, "configure")(keys=names, args=args))


async def note_owner(redis: Redis, known: Head, owner: str, now_ms: int) -> bool:
    """Record that the owner was seen: its files are in force, or are broken and not corrected yet.

    Returns False, with nothing done, if the owner or the files are no longer those of `known`.
    """
    args: list[str | int] = [known.owner, known.files, owner, now_ms]
    return bool(await script_of(redis, "owner")(keys=[keys.CONFIG], args=args))


async def note_rival(redis: Redis, rival: str, now_ms: int) -> None:
    """Record that another copy of the files differs from those in force."""
    await _note(redis, "HSET", "rival", rival, "rival_seen", now_ms)


async def drop_rival(redis: Redis) -> None:
    """Record that no other copy differs any more."""
    await _note(redis, "HDEL", "rival", "rival_seen")


async def _note(redis: Redis, *command: str | int) -> None:
    """A write that works if Redis is out of memory, because matching and delivery check the files first."""
    await script_of(redis, "small")(keys=[keys.CONFIG], args=command)
