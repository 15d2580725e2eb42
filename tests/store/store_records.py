"""Records for the tests of newswatch.store, and a plain look at what the scripts left behind."""

from __future__ import annotations

from datetime import datetime, timezone

from redis.asyncio import Redis

from newswatch.models import Alert, Item, Message
from newswatch.store import handover, keys, messages
from newswatch.store.handover import NewMessage, PlacedAlert, Plan, StoryChange
from newswatch.store.leases import Lease

NOON = datetime(2026, 11, 26, 12, 0, tzinfo=timezone.utc)
NOW = int(NOON.timestamp() * 1000)
CHANNEL = "C1"


def alert(name: str = "a1", **changes) -> Alert:
    values = {
        "id": name,
        "rule_id": "r1",
        "severity": "high",
        "channel": CHANNEL,
        "item_id": f"wire:{name}",
        "revision": 0,
        "feed_id": "wire",
        "link": f"https://news.example/{name}",
        "title": f"Headline of {name}",
        "excerpts": (),
        "published": NOON,
        "first_seen": NOON,
        "matched": NOON,
        "config_version": "1-abcdef",
        "story_id": "s1",
    }
    return Alert(**(values | changes))


def item(number: int = 1, **changes) -> Item:
    values = {
        "id": f"wire:{number:016x}",
        "feed_id": "wire",
        "revision": 0,
        "guid": str(number),
        "link": f"https://news.example/{number}",
        "canonical_link": f"https://news.example/{number}",
        "title": f"Headline {number}",
        "summary": "",
        "body": "",
        "author": "",
        "tags": (),
        "lang": "en",
        "published": NOON,
        "first_seen": NOON,
        "config_version": 1,
    }
    return Item(**(values | changes))


def plan_for(name: str, *alerts: Alert, story: str = "s1", due: int = NOW, kind: str = "story") -> Plan:
    """A plan that queues a message with these alerts as its story's first."""
    made = NewMessage(name, CHANNEL, kind, story, tuple(one.id for one in alerts), due, size=100)
    change = StoryChange(CHANNEL, story, ("", ""), name, "", 2, ("r1",), {1: name})
    return Plan(alerts=[PlacedAlert(one, name) for one in alerts], stories=[change], created=[made])


async def queue(redis: Redis, lease: Lease, name: str = "m1", *alerts: Alert, **changes) -> Message:
    """Queue a message, as the match stage does."""
    plan = plan_for(name, *(alerts or (alert(),)), **changes)
    assert await handover.hand_over(redis, lease, plan, now_ms=NOW) == "taken"
    return (await stored(redis, name)).message


async def stored(redis: Redis, name: str = "m1") -> messages.StoredMessage:
    found = await messages.read_message(redis, name)
    assert found is not None
    return found


async def queued(redis: Redis, channel: str = CHANNEL) -> dict[str, int]:
    rows = await redis.zrange(keys.outbox(channel), 0, -1, withscores=True)
    return {name.decode(): int(score) for name, score in rows}
