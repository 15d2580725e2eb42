"""Every Redis key newswatch uses: its name, owner, size and retention. Nowhere else is one spelled.

| key | type | written by | size | kept |
|---|---|---|---|---|
| config | hash | configure | the bundle's JSON | always |
| feed:{feed} | hash | poll | ~300 B | while configured |
| seen:{feed} | string of 53-byte records | poll (claim) | ~60 B an item | in the document and 30 days more |
| feeds:due | zset feed → next poll, ms | poll | ~80 B a feed | while configured |
| items | stream, group `match` | poll (claim) | the item's JSON | 7 days, never past unacknowledged ones |
| alert:{id} | hash | match | ~1 KB | 90 days |
| alerts | zset alert → matched, ms | match | ~100 B an alert | 90 days |
| story:{channel}:{story} | hash | match | ~200 B | 7 days after its last alert |
| message:{id} | hash | match, deliver | ~500 B | queued: until sent or dead; then 90 days |
| outbox:{channel} | zset message → due, ms | match, deliver | ~80 B a message | until sent or dead |
| channels | set of channels with a queue | match, deliver | small | while queued |
| channel:{channel} | hash: pacing, pause | deliver | ~150 B | always |
| workspace | hash: pause | deliver | ~150 B | always |
| updates | zset root message → due, ms | deliver | ~80 B | until the parent is updated |
| dead | zset message → when, ms | deliver | ~80 B | until retried, 90 days at most |
| dead:items | hash stream id → error | match | ~200 B | 90 days |
| notice:{cause} | hash | all stages | ~300 B | while active and 1 day |
| notices | set of active causes | all stages | small | while active |
| lease:{stage} | string token | match, deliver | small | its own time-out |
"""

from __future__ import annotations

PREFIX = "newswatch:"

CONFIG = PREFIX + "config"
FEEDS_DUE = PREFIX + "feeds:due"
ITEMS = PREFIX + "items"
ITEMS_GROUP = "match"
ALERTS = PREFIX + "alerts"
CHANNELS = PREFIX + "channels"
WORKSPACE = PREFIX + "workspace"
UPDATES = PREFIX + "updates"
DEAD = PREFIX + "dead"
DEAD_ITEMS = PREFIX + "dead:items"
NOTICES = PREFIX + "notices"

ITEM_RETENTION_S = 7 * 86_400
ALERT_RETENTION_S = 90 * 86_400
SEEN_RETENTION_S = 30 * 86_400
STORY_RETENTION_S = 7 * 86_400


def feed(feed_id: str) -> str:
    """State of one feed: validators, body hash, errors, claim generation."""
    return f"{PREFIX}feed:{feed_id}"


def seen(feed_id: str) -> str:
    """What a feed has shown: packed records, see `newswatch.store.seen`."""
    return f"{PREFIX}seen:{feed_id}"


def alert(alert_id: str) -> str:
    """One alert: its JSON and the message it went into."""
    return f"{PREFIX}alert:{alert_id}"


def message(message_id: str) -> str:
    """One message and its delivery."""
    return f"{PREFIX}message:{message_id}"


def outbox(channel: str) -> str:
    """One channel's queue."""
    return f"{PREFIX}outbox:{channel}"


def channel(channel_id: str) -> str:
    """One channel's pacing and pause."""
    return f"{PREFIX}channel:{channel_id}"


def lease(stage: str) -> str:
    """Who works a stage at present."""
    return f"{PREFIX}lease:{stage}"


def notice(cause: str) -> str:
    """One cause of ops notices."""
    return f"{PREFIX}notice:{cause}"
