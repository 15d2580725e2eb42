"""Whether Redis is the same server that last delivered to a channel.

The mark of a channel is the server's `run_id`. It is absent if Redis is new or came back empty. It is different
after a restart or a failover, when the last second of writes may be missing.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from redis.asyncio import Redis

from newswatch.store import keys
from newswatch.store.client import script_of, text


async def server_run(redis: Redis) -> str:
    """The server's id of its present run, "unknown" if it has none."""
    info = await redis.info("server")
    return str(info.get("run_id") or "unknown")


async def delivered_by(redis: Redis, channel: str) -> str | None:
    """The run that delivered to the channel last, None if this Redis never did."""
    mark = await redis.hget(keys.EPOCH, channel)
    return None if mark is None else text(mark)


async def recall(
    redis: Redis, channel: str, posts: Iterable[Mapping[str, Any]], run: str, *, now_ms: int, retention_s: int
) -> tuple[int, int]:
    """Record what is already posted in the channel, `{id, ts, alerts}` each, and mark the channel.

    Returns how many alerts Redis did not know, and how many queued messages had been posted already.
    """
    script = script_of(redis, "recall")
    args: list[str | int] = [channel, now_ms, retention_s, run, json.dumps(list(posts))]
    unknown, found = await script(keys=[keys.EPOCH], args=args)
    return int(unknown), int(found)
