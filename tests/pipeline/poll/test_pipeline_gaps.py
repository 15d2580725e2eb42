"""Gaps between two documents of a feed are found, stored and reported once a day."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta, timezone

from feed_server import story
from newsroom import OPS
from newswatch.store import gaps
from newswatch.store.client import connect

START = datetime.now(timezone.utc).replace(microsecond=0) - timedelta(hours=2)


def stored(newsroom) -> list[gaps.Gap]:
    async def read():
        redis = connect(newsroom.redis_url)
        try:
            return await gaps.found_since(redis, "wire", 0)
        finally:
            await redis.aclose()

    return asyncio.run(read())


def serve(newsroom, numbers, minute: float) -> None:
    """Items number n of each minute n after START, polled at `minute`."""
    items = [story(n, now=START, age=-timedelta(minutes=n)) for n in reversed(numbers)]
    newsroom.site.serve("/wire", *items)
    newsroom.clock = lambda: START + timedelta(minutes=minute)
    assert newsroom.poll().failed == 0


def test_gap_is_stored_and_reported_once_a_day_with_the_interval_that_closes_it(newsroom):
    serve(newsroom, range(10), 10)
    serve(newsroom, range(9, 19), 19)
    assert stored(newsroom) == []
    serve(newsroom, range(30, 40), 40)
    serve(newsroom, range(50, 60), 60)
    found = stored(newsroom)
    assert [(gap.until_s - gap.since_s) // 60 for gap in found] == [12, 11]
    assert {gap.every_s for gap in found} == {270}
    newsroom.until(lambda: newsroom.deliver().queued == 0)
    (told,) = [post["text"] for post in newsroom.posts(OPS)]
    assert "Feed wire" in told
    assert "every 4 min" in told


def test_short_document_and_older_items_are_no_gap(newsroom):
    serve(newsroom, range(60, 70), 70)
    serve(newsroom, range(40, 50), 72)
    serve(newsroom, range(80, 84), 90)
    assert stored(newsroom) == []
