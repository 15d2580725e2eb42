"""How soon a feed is tried again after each kind of failure, over days of a simulated clock."""

from __future__ import annotations

from datetime import timedelta

import pytest

from feed_server import Document, story

HTML = Document(
    b"<!doctype html><html><title>Just a moment...</title></html>", headers={"Content-Type": "text/html"}
)
FAULTS = {
    "403": Document(b"no", status=403),
    "404": Document(b"no", status=404),
    "406": Document(b"no", status=406),
    "an HTML page": HTML,
    "an empty page": Document(b""),
    "a loop": Document(b"", status=302, headers={"Location": "/wire"}),
}


def now_ms(newsroom) -> float:
    return newsroom.clock().timestamp() * 1000


def fail_for(newsroom, span: timedelta) -> list[float]:
    """Poll when due until `span` has passed: the waits, in seconds."""
    waits, end = [], newsroom.clock() + span
    while newsroom.clock() < end:
        newsroom.poll(all_feeds=False)
        wait_ms = newsroom.redis.zscore("newswatch:feeds:due", "wire") - now_ms(newsroom)
        waits.append(wait_ms / 1000)
        newsroom.pass_time(timedelta(milliseconds=max(wait_ms, 1_000)))
    return waits


@pytest.mark.parametrize("name", FAULTS)
@pytest.mark.parametrize("every", ["1m", "15m"])
def test_failure_that_may_pass_never_keeps_a_feed_for_more_than_half_an_hour(newsroom, name, every):
    newsroom.site.documents["/wire"] = FAULTS[name]
    newsroom.feeds("wire", every=every)
    waits = fail_for(newsroom, timedelta(hours=10))
    assert 1_500 < max(waits) <= 1_800


def test_item_that_comes_after_hours_of_403_alerts_within_half_an_hour(newsroom):
    newsroom.site.serve("/wire", story(1, "Nothing"))
    newsroom.run()

    newsroom.site.documents["/wire"] = FAULTS["403"]
    newsroom.pass_time(timedelta(minutes=2))
    fail_for(newsroom, timedelta(hours=12))
    newsroom.site.serve("/wire", story(2, "The central bank opposes it", now=newsroom.clock()))
    newsroom.pass_time(timedelta(minutes=30))
    newsroom.poll(all_feeds=False)
    newsroom.match()
    newsroom.deliver()
    assert len(newsroom.posts()) == 1
    wait_ms = newsroom.redis.zscore("newswatch:feeds:due", "wire") - now_ms(newsroom)
    assert wait_ms <= 4 * 60_000, "the first success forgets the failures"
    newsroom.site.documents["/wire"] = FAULTS["403"]
    newsroom.pass_time(timedelta(minutes=5))
    newsroom.poll(all_feeds=False)
    assert newsroom.redis.zscore("newswatch:feeds:due", "wire") - now_ms(newsroom) <= 70_000


@pytest.mark.parametrize(("asked_s", "waited_s"), [(7_200, 7_200), (400_000, 86_400), (60, 60)])
def test_retry_after_of_a_404_is_respected_up_to_a_day(newsroom, asked_s, waited_s):
    newsroom.site.documents["/wire"] = Document(b"", status=404, headers={"Retry-After": str(asked_s)})
    newsroom.site.serve("/other", story(1))
    newsroom.feeds("wire", "other", every="1m")
    newsroom.poll()
    wait_s = (newsroom.redis.zscore("newswatch:feeds:due", "wire") - now_ms(newsroom)) / 1000
    assert waited_s - 10 <= wait_s <= max(waited_s, 66) + 1
    assert newsroom.redis.keys("newswatch:host:*") == [], "only the feed waits, not its host"


def test_404_of_a_week_is_tried_once_a_day(newsroom):
    newsroom.site.documents["/wire"] = FAULTS["404"]
    newsroom.feeds("wire", every="15m")
    waits = fail_for(newsroom, timedelta(days=6, hours=20))
    assert max(waits) <= 1_800
    assert max(fail_for(newsroom, timedelta(days=3))) > 20 * 3_600


def test_410_stops_a_feed(newsroom):
    newsroom.site.documents["/wire"] = Document(b"", status=410)
    newsroom.poll()
    wait_ms = newsroom.redis.zscore("newswatch:feeds:due", "wire") - now_ms(newsroom)
    assert wait_ms > 6 * 86_400_000


def test_address_that_is_forbidden_waits_for_hours(newsroom):
    newsroom.write("feeds.yaml", f"feeds:\n  - {{id: wire, url: '{newsroom.site.url}/wire', every: 1m}}\n")
    assert max(fail_for(newsroom, timedelta(days=2))) > 5 * 3_600
