"""Whether Redis is the same server that last delivered to a channel.

The mark of a channel is the server's `run_id`. It is absent if Redis is new or came back empty. It is different
after a restart or a failover, when the last second of writes may be missing.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from redis.asyncio import Redis

from newswatch.store import keys
from newswatch.store.client import script_of, text


@dataclass(frozen=True, slots=True)
class Server:
    """The present run of Redis: its id ("unknown" if it has none), and for how long it has run, in ms."""

    run: str
    up_ms: int
    now_ms: int
    """What its clock said when it was asked, 0 if it does not say."""


async def server_run(redis: Redis) -> Server:
    """Which run of Redis this is."""
    info = await redis.info("server")
    now_ms = int(info.get("server_time_usec") or 0) // 1000
    return Server(
        str(info.get("run_id") or "unknown"), int(info.get("uptime_in_seconds") or 0) * 1000, now_ms
    )


async def delivered_by(redis: Redis, channel: str) -> str | None:
    """The run that delivered to the channel last, None if this Redis never did."""
    mark = await redis.hget(keys.EPOCH, channel)
    return None if mark is None else text(mark)


@dataclass(frozen=True, slots=True)
class Place:
    """How far the reading of a channel's history has come. It survives pauses, runs and restarts.

    `server` is the run of Redis for which it is read, `since_ms` where it ends. `cursor` leads to the next page of
    the channel, None after the last one, or of the first of `threads` once that is so. `failed` counts readings in a
    row that failed.
    """

    server: str
    since_ms: int
    cursor: str | None = ""
    threads: tuple[str, ...] = ()
    thread_cursor: str = ""
    failed: int = 0

    @property
    def done(self) -> bool:
        """Whether everything was read."""
        return self.cursor is None and not self.threads


async def read_place(redis: Redis, channel: str) -> Place | None:
    """Where the reading of this channel's history is to continue."""
    try:
        raw = json.loads(text(await redis.hget(keys.RECALLS, channel)) or "null")
        return Place(**{**raw, "threads": tuple(raw["threads"])}) if raw else None
    except (ValueError, TypeError, KeyError):
        return None


async def keep_place(redis: Redis, channel: str, place: Place) -> None:
    """Note where to continue."""
    await script_of(redis, "small")(keys=[keys.RECALLS], args=["HSET", channel, json.dumps(asdict(place))])


async def last_sent_ms(redis: Redis, channel: str) -> int:
    """When the last message to the channel was begun, 0 for never."""
    return int(await redis.hget(keys.channel(channel), "sent_at") or 0)


async def recall(
    redis: Redis,
    channel: str,
    posts: Iterable[Mapping[str, Any]],
    place: Place,
    *,
    now_ms: int,
    retention_s: int,
) -> tuple[int, int, list[str]]:
    """Record what is already posted in the channel, `{id, ts, alerts?}` each, and how far it was read.

    The channel is marked as made sure of when everything was read. Returns how many alerts Redis did not know, how many
    queued messages had been posted already, and the `ts` of messages of which nothing is known.
    """
    script = script_of(redis, "recall")
    where = "" if place.done else json.dumps(asdict(place))
    args: list[str | int] = [channel, now_ms, retention_s, json.dumps(list(posts)), where, place.server]
    unknown, found, undecided = await script(keys=[keys.EPOCH, keys.RECALLS], args=args)
    return int(unknown), int(found), [text(ts) for ts in undecided]
