"""Where alerts come to be seen: in order, in one place, and all of a surge. Through Redis and the simulator."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta, timezone

import pytest

from feed_server import story
from newsroom import POLICY
from newswatch.models import Item
from newswatch.pipeline.deliver.run import run_deliver
from newswatch.store.client import connect
from newswatch.store.codec import item_to_json
from newswatch.store.feeds import ensure_group

WORDS = "The central bank opposes the plan."
NOON = datetime(2026, 11, 26, 12, 0, tzinfo=timezone.utc)
SURGE = """\
rules:
  - id: surge
    query: central bank opposes
    notify: [policy]
    threshold: {{stories: {stories}, sources: 2, within: 30m}}
"""


def item(number: int, feed: str = "wire", **changes) -> Item:
    link = f"https://news.example/story/{number}"
    values = {
        "id": f"{feed}:{number:016x}",
        "feed_id": feed,
        "revision": 0,
        "guid": str(number),
        "link": link,
        "canonical_link": link,
        "title": f"Number {number:05}",
        "summary": WORDS,
        "body": "",
        "author": "",
        "tags": (),
        "lang": "en",
        "published": NOON,
        "first_seen": NOON,
        "config_version": 1,
    }
    return Item(**(values | changes))


def append(room, *items: Item) -> None:
    """Put items into the stream, as a claim does."""

    async def work() -> None:
        async with connect(room.redis_url) as redis:
            await ensure_group(redis)
            pipe = redis.pipeline()
            for one in items:
                pipe.xadd("newswatch:items", {"v": "1", "item": item_to_json(one)})
            await pipe.execute()

    asyncio.run(work())


def numbers(room) -> list[int]:
    """The numbers of the items, in the order of their messages in Slack."""
    posts = sorted(room.slack.messages(POLICY), key=lambda message: float(message["ts"]))
    headlines = (post["text"].partition("Number ")[2][:5] for post in posts)
    return [int(number) for number in headlines if number]


def test_alerts_of_a_channel_keep_the_order_of_the_stream(newsroom):
    newsroom.adopt()
    newsroom.receivers(interval="0s")
    newsroom.adopt()
    append(newsroom, *(item(n) for n in range(230)))
    newsroom.match()
    newsroom.deliver(linger_s=0.0)
    newsroom.pass_time(timedelta(minutes=5))  # what exceeds the rule's cap is collected for so long
    newsroom.until(lambda: newsroom.deliver().queued == 0)
    assert numbers(newsroom)[:60] == list(range(60))
    assert len(newsroom.alert_ids()) == len(set(newsroom.alert_ids())) == 230


def test_alerts_of_several_batches_keep_their_order_though_the_clock_stands(newsroom):
    newsroom.receivers(interval="0s")
    newsroom.adopt()
    standing = datetime.now(timezone.utc)
    newsroom.clock = lambda: standing
    for first in (0, 20, 40):
        append(newsroom, *(item(n) for n in range(first, first + 20)))
        newsroom.match()
    newsroom.clock = lambda: datetime.now(timezone.utc)
    newsroom.until(lambda: newsroom.deliver().queued == 0)
    assert numbers(newsroom) == list(range(60))


def test_high_alerts_of_a_batch_go_first_and_each_severity_keeps_its_order(newsroom):
    newsroom.watchlist(
        "rules:\n"
        "  - {id: high, query: central bank opposes, severity: high, notify: [policy]}\n"
        "  - {id: low, query: regulator considers, severity: low, notify: [policy]}\n"
    )
    newsroom.receivers(interval="0s")
    newsroom.adopt()
    mixed = (item(n, summary=WORDS if n % 2 else "The regulator considers it.") for n in range(40))
    append(newsroom, *mixed)
    newsroom.match()
    newsroom.until(lambda: newsroom.deliver().queued == 0)
    assert numbers(newsroom) == [*range(1, 40, 2), *range(0, 40, 2)]


def test_item_with_a_high_and_a_medium_rule_is_in_one_place(newsroom):
    newsroom.feeds("wire", "daily")
    newsroom.watchlist(
        "rules:\n"
        "  - {id: general, query: crypto mining, severity: medium, notify: [policy]}\n"
        "  - {id: opposes, query: central bank opposes, severity: high, notify: [policy]}\n"
    )
    newsroom.site.serve("/wire", story(1, "Ministries want crypto mining legalised by spring"))
    newsroom.site.serve("/daily", title="Daily")
    newsroom.run()
    title = "Crypto mining: ministries want it banned by spring, sources in the ministry say"
    newsroom.site.serve("/daily", story(2, title, WORDS), title="Daily")
    newsroom.run()
    newsroom.until(lambda: newsroom.deliver().queued == 0)
    holding = [message for message in newsroom.slack.messages(POLICY) if "story/2" in str(message["blocks"])]
    (message,) = holding
    assert "general" in message["text"]
    assert "opposes" in message["text"]
    assert len(message["metadata"]["event_payload"]["alert_ids"]) == 2


def test_surge_is_listed_whole_in_its_thread(newsroom):
    newsroom.watchlist(SURGE.format(stories=45))
    newsroom.receivers(interval="0s")
    newsroom.adopt()
    append(newsroom, *(item(n) for n in range(50)), item(50, "daily"))
    newsroom.match()
    newsroom.until(lambda: newsroom.deliver().queued == 0)
    (first,) = newsroom.posts()
    assert "Surge: 51 stories from 2 publishers" in first["text"]
    assert len(newsroom.replies()) == 2
    assert all(reply["thread_ts"] == first["ts"] for reply in newsroom.replies())
    blocks = str([message["blocks"] for message in newsroom.slack.messages(POLICY)])
    assert all(f"story/{n}'" in blocks for n in range(51))
    assert len(newsroom.alert_ids()) == len(set(newsroom.alert_ids())) == 51


def test_alerts_during_a_surge_go_to_its_thread(newsroom):
    newsroom.watchlist(SURGE.format(stories=3))
    newsroom.receivers(interval="0s")
    newsroom.adopt()
    append(newsroom, *(item(n) for n in range(5)), item(5, "daily"))
    newsroom.match()
    newsroom.deliver()
    append(newsroom, item(6))
    newsroom.match()
    newsroom.until(lambda: newsroom.deliver().queued == 0)
    assert len(newsroom.posts()) == 1
    assert len(newsroom.alert_ids()) == len(set(newsroom.alert_ids())) == 7


def test_killed_release_of_a_surge_is_gone_on_with(newsroom, monkeypatch):
    from newswatch.pipeline.match import run  # noqa: PLC0415

    newsroom.watchlist(SURGE.format(stories=100))
    newsroom.receivers(interval="0s")
    newsroom.adopt()
    append(newsroom, *(item(n) for n in range(320)), item(320, "daily"))
    parts = []

    def die(*given):
        parts.append(given)
        if len(parts) == 2:
            raise KeyboardInterrupt
        return release(*given)

    release = run.release
    monkeypatch.setattr(run, "MOST_RELEASED", 50)
    with monkeypatch.context() as patch:
        patch.setattr(run, "release", die)
        with pytest.raises(KeyboardInterrupt):
            newsroom.match()
    newsroom.match()
    assert newsroom.redis.exists("newswatch:releases") == 0
    newsroom.until(lambda: newsroom.deliver().queued == 0)
    assert len(newsroom.alert_ids()) == len(set(newsroom.alert_ids())) == 321
    assert newsroom.redis.zcard("newswatch:alerts:state:held") == 0


def test_message_that_is_begun_while_it_is_decided_takes_no_more_alerts(newsroom, monkeypatch):
    """The deliver stage begins the story's message between the decision and its take-over."""
    from newswatch.pipeline.match import run as match  # noqa: PLC0415

    newsroom.feeds("wire", "daily")
    newsroom.receivers(grace="60s")
    newsroom.adopt()
    append(newsroom, item(1))
    newsroom.match()
    decided = []

    def place_and_deliver(*given):
        plan = place(*given)
        decided.append(plan)
        if len(decided) == 1:
            with ThreadPoolExecutor(1) as pool:
                assert pool.submit(newsroom.deliver, linger_s=0.0).result().sent == 1
        return plan

    place = match.place
    append(newsroom, item(1, "daily"))
    with monkeypatch.context() as patch:
        patch.setattr(match, "place", place_and_deliver)
        newsroom.match()
    assert [len(plan.grown) for plan in decided] == [1, 0]
    newsroom.until(lambda: newsroom.deliver().queued == 0)
    assert (len(newsroom.posts()), len(newsroom.replies())) == (1, 1)
    assert len(newsroom.alert_ids()) == len(set(newsroom.alert_ids())) == 2


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_surge_of_ten_thousand_held_alerts_is_delivered(newsroom):
    newsroom.watchlist(SURGE.format(stories=2))
    newsroom.receivers(interval="0s")
    newsroom.adopt()
    for first in range(0, 10_000, 1_000):
        append(newsroom, *(item(n) for n in range(first, first + 1_000)))
    newsroom.match()
    assert newsroom.redis.zcard("newswatch:alerts:state:held") == 10_000
    append(newsroom, item(10_000, "daily"))
    newsroom.match()
    fast = {"NEWSWATCH_SLACK_RATE": "10000"}
    newsroom.until(
        lambda: newsroom._do(lambda s: run_deliver(s, deadline_s=60), env=fast).queued == 0, timeout_s=600
    )
    assert len(newsroom.alert_ids()) == len(set(newsroom.alert_ids())) == 10_001
    assert "Surge: 10,001 stories from 2 publishers" in newsroom.posts()[0]["text"]


def test_digest_shows_each_headline_and_link_however_long_the_links(newsroom):
    at = newsroom.clock() + timedelta(hours=2)
    newsroom.write(
        "receivers.yaml",
        "defaults: {per_channel_interval: 0s}\n"
        f"receivers:\n  - id: policy\n    channel: {POLICY}\n    mode: digest\n"
        f"    digest: {{at: '{at:%H:%M}', timezone: UTC}}\n  - {{id: ops, channel: C0999999999}}\n",
    )
    newsroom.adopt()
    links = {n: f"https://news.example/{'x' * (100 + 40 * n)}/{n}" for n in range(30)}
    append(newsroom, *(item(n, link=link, canonical_link=link) for n, link in links.items()))
    newsroom.match()
    newsroom.pass_time(timedelta(hours=2, minutes=1))
    newsroom.until(lambda: newsroom.deliver().queued == 0)
    messages = newsroom.posts()
    for number, link in links.items():
        (holding,) = [m for m in messages if f"'{link}'" in str(m["blocks"])]
        assert str(holding["blocks"]).count(link) == 1
        assert f"Number {number:05}" in str(holding["blocks"])
        assert f"Number {number:05}" in holding["text"]
    assert len(newsroom.alert_ids()) == len(set(newsroom.alert_ids())) == 30
