"""The workspace's budget: a short burst, then so many a second."""

from __future__ import annotations

import asyncio
import time
from datetime import timedelta

from outage_room import channel, deliver, queue, set_up

from feed_server import story
from newsroom import POLICY
from newswatch.pipeline.deliver.run_state import Budget
from newswatch.pipeline.deliver.window import LEAST


async def test_messages_over_all_channels_keep_to_the_rate_after_a_burst():
    budget = Budget(100.0)
    started = time.monotonic()
    await asyncio.gather(*(budget.take() for _ in range(60)))
    took_s = time.monotonic() - started
    assert 0.3 <= took_s < 2.0  # 25 at once, 35 more at 100 a second


async def test_rare_messages_never_wait():
    budget = Budget(1000.0)
    started = time.monotonic()
    for _ in range(5):
        await asyncio.sleep(0.01)
        await budget.take()
    assert time.monotonic() - started < 1.0


def test_run_that_waits_for_one_channel_leaves_redis_alone(newsroom):
    newsroom.write(
        "receivers.yaml",
        "defaults: {per_channel_interval: 0.02s, grace: 20s}\n"
        f"receivers:\n  - {{id: policy, channel: {POLICY}}}\n"
        "  - {id: far, channel: C0DIGEST001, mode: digest, digest: {at: '08:00', timezone: UTC}}\n",
    )
    newsroom.watchlist("rules:\n  - {id: r, query: central bank opposes, notify: [policy, far]}\n")
    newsroom.site.serve("/wire", story(1, summary="The central bank opposes the plan."))
    newsroom.poll()
    newsroom.match()
    newsroom.redis.zadd(
        "newswatch:outbox:C0DIGEST001",
        dict.fromkeys(newsroom.redis.zrange("newswatch:outbox:C0DIGEST001", 0, -1), 9e12),
    )
    newsroom.slack.fault("ratelimited", retry_after=2.0)
    newsroom.redis.config_resetstat()
    assert newsroom.deliver().sent == 1
    asked = newsroom.redis.info("commandstats")["cmdstat_smembers"]["calls"]
    assert asked < 30


def test_run_during_a_pause_of_the_workspace_ends_at_once(newsroom):
    newsroom.site.serve("/wire", story(1, summary="The central bank opposes the plan."))
    newsroom.poll()
    newsroom.match()
    newsroom.redis.hset(
        "newswatch:workspace", mapping={"until": int(time.time() * 1000) + 60_000, "reason": "limit"}
    )
    newsroom.redis.config_resetstat()
    assert newsroom.deliver(deadline_s=5.0).queued == 1
    assert newsroom.redis.info("commandstats")["cmdstat_smembers"]["calls"] < 30


def test_429_for_two_channels_pauses_the_workspace(newsroom):
    set_up(newsroom, 12)
    queue(newsroom, 12, 2)
    newsroom.slack.fault("ratelimited", times=0, retry_after=30.0)
    deliver(newsroom, linger_s=0.0)
    assert newsroom.slack.stats()["methods"]["chat.postMessage"]["before:ratelimited"] <= LEAST
    newsroom.slack.clear_faults()
    newsroom.pass_time(timedelta(seconds=20))
    assert deliver(newsroom, linger_s=0.0).sent == 0
    newsroom.pass_time(timedelta(seconds=20))
    newsroom.until(lambda: deliver(newsroom).queued == 0)


def test_429_that_slack_gives_the_whole_app_pauses_the_workspace_at_once(newsroom):
    set_up(newsroom, 12)
    queue(newsroom, 12, 2)
    newsroom.slack.fault("rate_limited", channel=channel(0), retry_after=30.0)
    assert deliver(newsroom, linger_s=0.0).queued > 12
    newsroom.pass_time(timedelta(seconds=20))
    assert deliver(newsroom, linger_s=0.0).sent == 0
    newsroom.pass_time(timedelta(seconds=20))
    newsroom.until(lambda: deliver(newsroom).queued == 0)


def test_429_for_one_channel_does_not_pause_the_others(newsroom):
    set_up(newsroom, 2)
    queue(newsroom, 2, 2)
    newsroom.slack.fault("ratelimited", channel=channel(0), times=1, retry_after=30.0)
    assert deliver(newsroom, linger_s=0.0).sent == 2
