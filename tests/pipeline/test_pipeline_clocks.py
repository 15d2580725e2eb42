"""Clocks that jump or differ: nothing is silent for hours, and nothing is posted twice."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import datetime, timedelta, timezone

import pytest

from feed_server import story
from newsroom import OPS, POLICY
from newswatch.assembly import services_from
from newswatch.pipeline.base.clock import RedisClock
from newswatch.pipeline.deliver.run import run_deliver
from newswatch.slack.client import SlackSettings
from newswatch.store.client import connect

WORDS = "The central bank opposes the plan."
NOON = datetime(2026, 11, 26, 12, 0, tzinfo=timezone.utc)


def wire(newsroom, *numbers: int) -> None:
    newsroom.site.serve("/wire", *(story(n, f"Number {n} differs {n * 7919}", WORDS) for n in numbers))


# ── Redis' time ───────────────────────────────────────────────────────────────────────────────


async def test_time_is_that_of_redis_whatever_the_machine_says(redis_url):
    async with connect(redis_url) as redis:
        clock = RedisClock(machine=lambda: NOON - timedelta(days=100))
        assert clock() == NOON - timedelta(days=100)
        await clock.read(redis)
        seconds, _ = await redis.time()
        assert abs((clock() - datetime.fromtimestamp(seconds, timezone.utc)).total_seconds()) < 5


async def test_time_only_runs_forward_once_redis_was_asked(redis_url):
    moments = iter([10.0, 10.0, 10.0, 13.0])
    async with connect(redis_url) as redis:
        clock = RedisClock(monotonic=lambda: next(moments))
        await clock.read(redis)
        assert (clock() - clock()).total_seconds() == pytest.approx(-3.0)


async def test_machines_time_is_used_while_redis_is_away():
    async with connect("redis://127.0.0.1:1/0", socket_connect_timeout=0.1) as redis:
        clock = RedisClock(machine=lambda: NOON)
        await clock.read(redis)
        assert clock() == NOON


def test_commands_go_by_the_time_of_redis(newsroom, monkeypatch):
    ahead = NOON + timedelta(days=3650)
    monkeypatch.setattr("newswatch.pipeline.base.clock.utc_now", lambda: ahead)

    async def work(services):
        async with services:
            return services.clock()

    settings = replace(newsroom.settings(), redis_url=newsroom.redis_url)
    assert abs(asyncio.run(work(services_from(settings))) - newsroom.clock()) < timedelta(seconds=30)


# ── jumps ─────────────────────────────────────────────────────────────────────────────────────


def test_jump_of_hours_forward_and_back_silences_neither_feeds_nor_channels(newsroom):
    wire(newsroom, 1)
    newsroom.run()
    newsroom.pass_time(timedelta(hours=2))
    wire(newsroom, 1, 2)
    newsroom.slack.fault("ratelimited", retry_after=30.0, channel=POLICY)
    newsroom.poll(all_feeds=False)
    newsroom.match()
    newsroom.deliver(linger_s=0.0)
    newsroom.pass_time(-timedelta(hours=2) + timedelta(minutes=6))
    newsroom.deliver(linger_s=0.0)
    newsroom.pass_time(timedelta(minutes=3))  # an interval after the last poll
    wire(newsroom, 1, 2, 3)
    assert newsroom.poll(all_feeds=False).feeds == 1
    newsroom.match()
    newsroom.until(lambda: newsroom.deliver().queued == 0)
    assert len(newsroom.posts()) == 3
    assert len(set(newsroom.alert_ids())) == len(newsroom.alert_ids()) == 3


def test_message_in_doubt_from_before_the_jump_is_settled_after_it(newsroom):
    newsroom.pass_time(timedelta(hours=2))
    wire(newsroom, 1)
    newsroom.slack.fault("reset", when="after")
    newsroom.run()
    newsroom.pass_time(-timedelta(hours=2) + timedelta(minutes=1))
    newsroom.poll()
    newsroom.pass_time(timedelta(hours=3))
    newsroom.until(lambda: newsroom.deliver().queued == 0)
    assert len(newsroom.alert_ids()) == 1


def test_digest_keeps_its_time_of_day_when_the_clock_goes_back(newsroom):
    at = newsroom.clock() + timedelta(hours=5)
    newsroom.write(
        "receivers.yaml",
        "defaults: {per_channel_interval: 0.02s}\n"
        f"receivers:\n  - id: policy\n    channel: {POLICY}\n    mode: digest\n"
        f"    digest: {{at: '{at:%H:%M}', timezone: UTC}}\n  - {{id: ops, channel: {OPS}}}\n",
    )
    newsroom.pass_time(timedelta(hours=2))
    wire(newsroom, 1)
    newsroom.run()
    newsroom.pass_time(-timedelta(hours=2))
    newsroom.deliver()
    newsroom.pass_time(timedelta(hours=4))
    newsroom.deliver()
    assert newsroom.posts() == []
    newsroom.pass_time(timedelta(hours=1, minutes=1))
    newsroom.deliver()
    assert len(newsroom.posts()) == 1


def test_notice_of_what_lasts_is_repeated_four_hours_after_a_jump_back_and_not_before(newsroom):
    newsroom.adopt()
    newsroom.pass_time(timedelta(hours=3))
    newsroom.watchlist("rules: [")

    def given() -> int:
        newsroom.adopt()
        names = newsroom.redis.scan_iter("newswatch:message:*")
        return len([name for name in names if "broken" in newsroom.redis.hget(name, "text")])

    assert given() == 1
    newsroom.pass_time(-timedelta(hours=3))
    assert given() == 1
    newsroom.pass_time(timedelta(hours=4, minutes=1))
    assert given() == 2


def test_slack_is_probed_soon_after_a_jump_back_within_an_outage(newsroom):
    wire(newsroom, 1)
    newsroom.poll()
    newsroom.match()
    newsroom.slack.kill()
    newsroom.pass_time(timedelta(hours=2))
    newsroom.deliver(linger_s=0.0)
    newsroom.pass_time(-timedelta(hours=2))
    newsroom.slack.restart()
    newsroom.until(lambda: newsroom.deliver().queued == 0, timeout_s=60.0)
    assert len(newsroom.posts()) == 1


# ── Slack's clock ─────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("skew", [timedelta(minutes=7), timedelta(minutes=-7), timedelta(hours=3)], ids=str)
def test_clock_that_differs_from_slacks_doubles_nothing(newsroom, skew):
    newsroom.pass_time(skew)
    newsroom.site.serve(
        "/wire", *(story(n, f"Number {n} differs {n * 7919}", WORDS, now=newsroom.clock()) for n in (1, 2, 3))
    )
    newsroom.slack.fault("reset", when="after", times=2)
    newsroom.poll()
    newsroom.match()
    sender = SlackSettings(newsroom.slack.token, newsroom.slack.base_url, 5.0, clock=newsroom._now)

    def deliver():
        return newsroom._do(run_deliver, sender=sender)

    deliver()
    newsroom.pass_time(timedelta(minutes=1))
    newsroom.until(lambda: deliver().queued == 0)
    assert len(newsroom.posts()) == 3
    assert len(set(newsroom.alert_ids())) == len(newsroom.alert_ids()) == 3
