"""Six hours without Slack in one scripted day: nothing is lost, nothing comes twice, and people can read what comes.

Twenty channels and 3,000 alerts on a clock of its own. While Slack is away a rule is muted, one is removed, a receiver gets
another channel, the clock jumps, and one message cannot be rendered.
"""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from datetime import timedelta

import pytest

from newsroom import OPS
from newswatch.models import Item
from newswatch.pipeline.deliver.run import run_deliver
from newswatch.pipeline.match.run import run_match
from newswatch.store import keys
from newswatch.store.client import connect
from newswatch.store.codec import item_to_json
from newswatch.store.feeds import ensure_group

pytestmark = pytest.mark.slow

DESKS, HOURS, EACH = 20, 6, 25
"""Each desk gets so many alerts an hour: 3,000 in all, one in five of them high."""
MUTED, REMOVED, MOVED = 3, 4, 5
MOVED_TO = "C0DESK00999"
POISON = "C0DESK00006"
WORDS = (
    "mining",
    "lending",
    "custody",
    "taxes",
    "reserves",
    "payments",
    "exchanges",
    "audits",
    "tokens",
    "yields",
)
OFTEN = {"NEWSWATCH_RULE_CAP": "100000"}


def channel(desk: int) -> str:
    return f"C0DESK{desk:05d}"


def configure(newsroom, *, without: int | None = None, moved: bool = False) -> None:
    names = [n for n in range(DESKS) if n != without]
    newsroom.watchlist(
        "rules:\n"
        + "".join(
            f"  - {{id: desk{n:02}, query: desk{n:02}, severity: medium, notify: [r{n:02}]}}\n"
            f"  - {{id: urgent{n:02}, query: urgent{n:02}, severity: high, notify: [r{n:02}]}}\n"
            for n in names
        )
    )
    rows = "".join(
        f"  - {{id: r{n:02}, channel: {MOVED_TO if moved and n == MOVED else channel(n)}}}\n"
        for n in range(DESKS)
    )
    newsroom.write(
        "receivers.yaml",
        "defaults: {per_channel_interval: 0s, grace: 30s}\n"
        f"receivers:\n{rows}  - {{id: ops, channel: {OPS}}}\n",
    )
    newsroom.adopt()


def item(newsroom, number: int, word: str) -> Item:
    now = newsroom.clock()
    link = f"https://news.example/story/{number}"
    parts = [WORDS[int(digit)] + digit for digit in f"{number * 7919:09}"]
    return Item(
        id=f"wire:{number:016x}", feed_id="wire", revision=0, guid=str(number), link=link, canonical_link=link,
        title=f"{word} {number} {' '.join(parts)}", summary="", body="", author="", tags=(), lang="en",
        published=now, first_seen=now, config_version=10**6,
    )  # fmt: skip


def an_hour(newsroom, hour: int) -> None:
    """The alerts of one hour are matched and queued."""
    first = hour * DESKS * EACH
    items = []
    for desk in range(DESKS):
        for n in range(EACH):
            word = f"urgent{desk:02}" if n % 5 == 0 else f"desk{desk:02}"
            items.append(item(newsroom, first + desk * EACH + n, word))

    async def append() -> None:
        async with connect(newsroom.redis_url) as redis:
            await ensure_group(redis)
            pipe = redis.pipeline()
            for one in items:
                pipe.xadd(keys.ITEMS, {"v": "1", "item": item_to_json(one)})
            await pipe.execute()

    asyncio.run(append())
    newsroom._do(run_match, env=OFTEN)


def poison(newsroom) -> None:
    """One message can never be rendered."""
    name = newsroom.redis.zrange(keys.outbox(POISON), 0, -1)[-1]
    (alert_id,) = json.loads(newsroom.redis.hget(keys.message(name), "alerts"))
    newsroom.redis.hset(keys.alert(alert_id), "json", "{")


def deliver(newsroom, deadline_s: float = 50.0):
    async def work(services):
        return await run_deliver(services, linger_s=0.0, deadline_s=deadline_s)

    return newsroom._do(work, env={"NEWSWATCH_SLACK_RATE": "1000"})


def test_day_without_slack_ends_with_everything_said_once(newsroom):
    configure(newsroom)
    newsroom.slack.kill()
    for hour in range(HOURS):
        an_hour(newsroom, hour)
        deliver(newsroom)
        if hour == 2:
            newsroom.pass_time(timedelta(hours=2))  # the clock jumps, and goes back
            deliver(newsroom)
            newsroom.pass_time(-timedelta(hours=2))
        newsroom.pass_time(timedelta(hours=1))
    newsroom.command("mute", f"desk{MUTED:02}", "--for", "3d")
    configure(newsroom, without=REMOVED, moved=True)
    poison(newsroom)
    newsroom.slack.restart()
    newsroom.until(lambda: deliver(newsroom, 120.0).queued == 0, timeout_s=600.0)

    sent = Counter(m["channel"] for m in newsroom.slack.messages())
    print("messages per channel:", dict(sorted(sent.items())))
    ids = [name for place in sent if place != OPS for name in newsroom.alert_ids(place)]
    dead = [name for letter in newsroom.json("dead") for name in letter["alert_ids"]]
    withdrawn = newsroom.redis.zcard(keys.alerts_of("state", "withdrawn"))

    assert len(ids) == len(set(ids)), "an alert was posted twice"
    assert len(ids) + len(dead) + withdrawn == DESKS * HOURS * EACH
    assert len(dead) == 1
    assert withdrawn == HOURS * (EACH * 4 // 5) + HOURS * EACH  # the muted rule; both rules that were removed
    assert channel(MOVED) not in sent
    assert channel(REMOVED) not in sent
    for place, count in sent.items():
        if place not in (OPS, channel(MUTED), POISON):
            # one catch-up and its thread, 20 single high ones, and what came in the last two hours
            assert count <= 1 + 8 + 20 + 2 * EACH, (place, count)
            texts = [m["text"] for m in newsroom.posts(place)]
            assert sum("Catching up" in text for text in texts) == 1, place
            assert "high" in texts[0].lower()
    reports = [m["text"] for m in newsroom.posts(OPS)]
    assert len([text for text in reports if "queued alerts will not be sent" in text]) == 1
