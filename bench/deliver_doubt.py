"""History reads after an outage: they grow with the channels, not with the messages in doubt.

Messages in doubt wait in some channels; some of them were posted. The simulator is as strict as Slack: 50 readings
a minute. Every message must be in Slack exactly once afterwards.

    .venv/bin/python -m bench.deliver_doubt
"""

from __future__ import annotations

import asyncio
import tempfile
import time
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

from bench.deliver_pacing import Scene
from newswatch.assembly import services_of
from newswatch.pipeline.base.adoption import adopt_config
from newswatch.pipeline.base.services import Services
from newswatch.pipeline.deliver.run import run_deliver
from newswatch.settings import Settings
from newswatch.slack.client import SlackSettings
from newswatch.store import keys, outbox
from newswatch.store.client import connect
from newswatch.store.codec import to_ms

CHANNELS = 10
MOST_READS = 4


def main() -> int:
    kept = True
    for messages in (50, 200, 800):
        reads, taken_s, twice, missing = in_doubt(messages)
        good = reads <= MOST_READS * CHANNELS and not twice and not missing
        kept = kept and good
        print(
            f"{messages} in doubt in {CHANNELS} channels: {reads} reads of history and replies, {taken_s:.0f} s,"
            f" {missing} missing, {twice} twice: {'kept' if good else 'BROKEN'}",
            flush=True,
        )
    return 0 if kept else 1


def in_doubt(messages: int) -> tuple[int, float, int, int]:
    """The reads, the seconds, and how many alerts came twice or not at all."""
    with (
        tempfile.TemporaryDirectory(prefix="newswatch-bench-") as name,
        Scene(Path(name), CHANNELS, "0s") as scene,
    ):
        taken_s = asyncio.run(settle(scene, messages // CHANNELS))
        ids = Counter(
            alert for one in scene.slack.messages() for alert in one["metadata"]["event_payload"]["alert_ids"]
        )
        methods = scene.slack.stats()["methods"]
        reads = sum(sum(methods.get(f"conversations.{kind}", {}).values()) for kind in ("history", "replies"))
        return reads, taken_s, sum(ids.values()) - len(ids), messages - len(ids)


async def settle(scene: Scene, each: int) -> float:
    """Post some of the messages, put all in doubt, and deliver until nothing waits. Returns the seconds."""
    slack = SlackSettings(scene.slack.token, scene.slack.base_url)
    own = replace(Settings(config_dir=scene.config), slack_rate=1_000)
    async with services_of(own, connect(scene.redis_url), slack) as services:
        await adopt_config(services)
        await scene.queue(services, each)
        kept = await queued(services)
        await run_deliver(services, deadline_s=1.0, linger_s=0.0)
        await put_in_doubt(services, kept)
        started = time.monotonic()
        while (await run_deliver(services, deadline_s=60.0, linger_s=3.0)).queued:
            pass
        return time.monotonic() - started


Records = dict[str, tuple[str, dict[Any, Any]]]


async def queued(services: Services) -> Records:
    """The queued messages: id → channel and record."""
    redis = services.redis
    return {
        name: (channel, await redis.hgetall(keys.message(name)))
        for channel in await outbox.channels_with_queue(redis)
        for name in await outbox.queued_ids(redis, channel)
    }


async def put_in_doubt(services: Services, records: Records) -> None:
    """Mark all of them as begun and not known to be posted."""
    redis = services.redis
    now_ms = to_ms(services.clock())
    for name, (channel, record) in records.items():
        row: dict[Any, Any] = {
            **record,
            b"state": "sending",
            b"sending_since": now_ms - 60_000,
            b"frozen": 1,
            b"due": now_ms,
        }
        await redis.delete(keys.message(name))
        await redis.hset(keys.message(name), mapping=row)
        await redis.zadd(keys.outbox(channel), {name: now_ms})
        await redis.sadd(keys.CHANNELS, channel)


if __name__ == "__main__":
    raise SystemExit(main())
