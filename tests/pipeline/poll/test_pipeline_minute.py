"""A feed of one minute is polled each minute: planning and polling against a clock of the test's own."""

from __future__ import annotations

import random
from datetime import datetime, timedelta, timezone
from itertools import pairwise

import pytest

from feed_server import story
from newswatch.pipeline.poll.run import plan_shards, run_poll

START = datetime(2026, 11, 23, 12, 0, tzinfo=timezone.utc)


class Cycles:
    """`poll_feeds` as Airflow runs it: a plan a minute, some seconds late, and its shards soon after."""

    def __init__(self, newsroom, seed: int) -> None:
        self.newsroom = newsroom
        self.random = random.Random(seed)
        self.asked: dict[str, list[datetime]] = {}
        newsroom.clock = lambda: self.now
        self.now = START
        newsroom.adopt()

    def run(self, number: int) -> None:
        self.now = START + timedelta(seconds=60 * number + self.random.uniform(0, 8))
        planned = self.newsroom._do(plan_shards)
        self.now += timedelta(seconds=self.random.uniform(1, 4))
        for shard in planned:
            counts = self.newsroom._do(
                lambda services, one=shard: run_poll(
                    services, feed_ids=one.feed_ids, planned_ms=one.planned_ms
                )
            )
            assert counts.polled == len(shard.feed_ids)
            for feed_id in shard.feed_ids:
                self.asked.setdefault(feed_id, []).append(self.now)

    def gaps_s(self, feed_id: str) -> list[float]:
        times = self.asked[feed_id]
        return [(later - earlier).total_seconds() for earlier, later in pairwise(times)]


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_feed_of_a_minute_is_polled_by_every_run_and_one_of_five_by_every_fifth(newsroom, seed):
    newsroom.write(
        "feeds.yaml",
        "defaults: {allow_private: true}\nfeeds:\n"
        f"  - {{id: minute, url: {newsroom.site.url}/minute, every: 1m}}\n"
        f"  - {{id: five, url: {newsroom.site.url}/five, every: 5m}}\n",
    )
    newsroom.site.serve("/minute", story(1))
    newsroom.site.serve("/five", story(2))
    cycles = Cycles(newsroom, seed)
    for number in range(31):
        cycles.run(number)
    assert len(cycles.asked["minute"]) == 31
    assert len(cycles.asked["five"]) == 7
    assert min(cycles.gaps_s("five")) > 270
