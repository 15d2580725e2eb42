"""The outbox: messages on their way to Slack, and what became of them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, cast

from redis.asyncio import Redis

from newswatch.models import NO_MARKS, Alert, Delivery, DeliveryState, Marks, Message, MessageKind
from newswatch.store import keys
from newswatch.store.client import fields, script_text, text
from newswatch.store.codec import alert_from_json, from_ms
from newswatch.store.leases import Lease
from newswatch.store.marks import marks_of


@dataclass(frozen=True, slots=True)
class Pause:
    """A channel's or the workspace's pause; `until_ms` 0 means none."""

    until_ms: int = 0
    reason: str = ""


@dataclass(frozen=True, slots=True)
class ChannelState:
    """One channel's queue as the deliverer sees it."""

    channel: str
    next_at_ms: int
    pause: Pause
    due: tuple[tuple[str, int], ...]
    """(message id, due in ms), earliest first."""


@dataclass(frozen=True, slots=True)
class Queued:
    """A delivery with the flags that only the deliverer needs."""

    delivery: Delivery
    broadcast: bool
    further: int
    looks: int
    """How often history could not be read while the message was in doubt."""
    marks: Marks = NO_MARKS
    rev: int = 0
    """Grows with everything that changes how the message is to look in Slack."""


def _ids(given: str) -> tuple[str, ...]:
    """The alerts of a record; none where it cannot be read, since one record must not hold up the others."""
    try:
        return tuple(map(str, json.loads(given)))
    except (ValueError, TypeError):
        return ()


def _queued(message_id: str, raw: dict[str, str]) -> Queued:
    message = Message(
        id=message_id,
        kind=cast("MessageKind", raw.get("kind", "story")),
        channel=raw.get("channel", ""),
        story_id=raw.get("story", ""),
        alert_ids=_ids(raw.get("alerts", "[]")),
        root_id=raw.get("root") or None,
        text=raw.get("text", ""),
        created=from_ms(float(raw.get("created", "0"))),
    )
    delivery = Delivery(
        message=message,
        state=cast("DeliveryState", raw.get("state", "queued")),
        due=from_ms(float(raw["due"])) if raw.get("due") else None,
        attempts=int(raw.get("attempts", "0")),
        sending_since=from_ms(float(raw["sending_since"])) if raw.get("sending_since") else None,
        ts=raw.get("ts") or None,
        error=raw.get("error", ""),
        minimal=raw.get("minimal") == "1",
    )
    return Queued(
        delivery,
        broadcast=raw.get("broadcast") == "1",
        further=int(raw.get("further", "0")),
        looks=int(raw.get("looks", "0")),
        marks=marks_of(raw),
        rev=int(raw.get("rev", "0")),
    )


async def read_messages(redis: Redis, ids: Iterable[str]) -> list[Queued]:
    """Messages by id, those that no longer exist left out."""
    wanted = list(ids)
    pipe = redis.pipeline(transaction=False)
    for message_id in wanted:
        pipe.hgetall(keys.message(message_id))
    rows = zip(wanted, await pipe.execute(), strict=True)
    return [_queued(message_id, fields(row)) for message_id, row in rows if row]


async def read_alerts(redis: Redis, ids: Iterable[str]) -> list[Alert]:
    """Alerts by id, in the order asked for; those past their retention left out."""
    pipe = redis.pipeline(transaction=False)
    for alert_id in ids:
        pipe.hget(keys.alert(alert_id), "json")
    return [alert_from_json(row) for row in await pipe.execute() if row]


async def alert_messages(redis: Redis, ids: Iterable[str]) -> list[tuple[str, bool]]:
    """The message each alert went into ("" for none yet), and whether a mute kept it back."""
    pipe = redis.pipeline(transaction=False)
    for alert_id in ids:
        pipe.hmget(keys.alert(alert_id), ["message", "muted"])
    return [(text(message), muted is not None) for message, muted in await pipe.execute()]


async def recent_alerts(redis: Redis, limit: int) -> list[str]:
    """The newest alerts' ids, newest first."""
    rows: Any = await redis.zrevrange(keys.ALERTS, 0, limit - 1)
    return [text(row) for row in rows]


async def channels_with_queue(redis: Redis) -> list[str]:
    """Channels that have something queued."""
    return sorted(text(row) for row in await redis.smembers(keys.CHANNELS))


async def read_workspace_pause(redis: Redis) -> Pause:
    """The pause over everything, if any."""
    until, reason = await redis.hmget(keys.WORKSPACE, ["until", "reason"])
    return Pause(int(until or 0), text(reason))


async def read_channels(redis: Redis, channels: Sequence[str], most: int = 100) -> list[ChannelState]:
    """The head of each channel's queue, its pacing and its pause, in one round trip."""
    pipe = redis.pipeline(transaction=False)
    for channel in channels:
        pipe.hmget(keys.channel(channel), ["next_at", "until", "reason"])
        pipe.zrange(keys.outbox(channel), 0, most - 1, withscores=True)
    replies = await pipe.execute()
    states = []
    for number, channel in enumerate(channels):
        (next_at, until, reason), rows = replies[2 * number], replies[2 * number + 1]
        due = tuple((text(member), int(score)) for member, score in rows)
        pause = Pause(int(until or 0), text(reason))
        states.append(ChannelState(channel, int(next_at or 0), pause, due))
    return states


async def queue_lengths(redis: Redis) -> dict[str, int]:
    """Messages queued by channel, in doubt ones included."""
    channels = await channels_with_queue(redis)
    pipe = redis.pipeline(transaction=False)
    for channel in channels:
        pipe.zcard(keys.outbox(channel))
    return dict(zip(channels, await pipe.execute(), strict=True))


async def begin(
    redis: Redis, lease: Lease, message: Message, *, now_ms: int, look_again_ms: int, free_again_ms: int
) -> int:
    """Freeze the message and mark it `sending`: 1 begun, 0 the lease is another's, -1 not queued."""
    script = redis.register_script(script_text("begin"))
    names = [
        *(lease.key, keys.message(message.id)),
        *(keys.outbox(message.channel), keys.channel(message.channel)),
    ]
    args: list[str | int] = [lease.token, message.id, now_ms, look_again_ms, free_again_ms]
    return int(await script(keys=names, args=args))


async def record_sent(
    redis: Redis,
    message: Message,
    ts: str,
    *,
    now_ms: int,
    free_again_ms: int | None = None,
    further_feeds: Iterable[str] = (),
    alerts_kept_s: float = keys.ALERT_RETENTION_S,
) -> int:
    """Record it as sent and forget the queue entry: 1 recorded, 0 known already, -1 it is out twice."""
    root = message.root_id or ""
    script = redis.register_script(script_text("sent"))
    names = [
        *(keys.message(message.id), keys.outbox(message.channel), keys.CHANNELS),
        *(keys.channel(message.channel), keys.UPDATES, keys.message(root)),
    ]
    free = "" if free_again_ms is None else free_again_ms
    args: list[str | int] = [message.id, ts, now_ms, message.channel, free, int(alerts_kept_s), root]
    args += further_feeds if root else ()
    return int(await script(keys=names, args=args))


async def requeue(
    redis: Redis,
    message: Message,
    *,
    begun_ms: int,
    state: DeliveryState,
    due_ms: int,
    error: str = "",
    attempts: int = 0,
    minimal: bool = False,
) -> None:
    """After a failure: back to `queued`, or kept `sending` with another look at `due_ms`."""
    script = redis.register_script(script_text("requeue"))
    args: list[str | int] = [message.id, state, due_ms, error, attempts, "1" if minimal else "0"]
    args.append(begun_ms)
    await script(keys=[keys.message(message.id), keys.outbox(message.channel)], args=args)


async def _small(redis: Redis, key: str, *command: str | int) -> None:
    """A write that works when Redis is out of memory."""
    await redis.register_script(script_text("small"))(keys=[key], args=command)


async def defer(redis: Redis, message: Message, due_ms: int) -> None:
    """Let a queued message wait until `due_ms` without touching its state."""
    await _small(redis, keys.outbox(message.channel), "ZADD", "XX", due_ms, message.id)


async def drop_entry(redis: Redis, channel: str, message_id: str) -> None:
    """Take a queue entry away whose message is done or no longer exists."""
    await redis.zrem(keys.outbox(channel), message_id)


async def stand_alone(redis: Redis, message: Message) -> None:
    """A reply whose story message will never be out becomes a message of its own."""
    story = f"{keys.PREFIX}story:{message.channel}:{message.story_id}"
    pipe = redis.pipeline(transaction=True)
    pipe.hset(keys.message(message.id), mapping={"kind": "story", "root": ""})
    pipe.hset(story, "root", message.id)
    pipe.hdel(story, "open")
    await pipe.execute()


async def count_look(redis: Redis, message: Message) -> None:
    """History could not be read for a message in doubt."""
    await _small(redis, keys.message(message.id), "HINCRBY", "looks", 1)


async def mark_dead(redis: Redis, message: Message, error: str, now_ms: int) -> None:
    """Move it to the dead letters."""
    script = redis.register_script(script_text("dead"))
    names = [keys.message(message.id), keys.outbox(message.channel), keys.CHANNELS, keys.DEAD]
    await script(keys=names, args=[message.id, now_ms, error, message.channel])


async def revive(redis: Redis, message: Message, now_ms: int) -> bool:
    """Queue a dead letter again; False when it is none."""
    script = redis.register_script(script_text("revive"))
    names = [keys.message(message.id), keys.outbox(message.channel), keys.CHANNELS, keys.DEAD]
    return bool(await script(keys=names, args=[message.id, now_ms, message.channel]))


async def dead_letters(redis: Redis) -> list[str]:
    """Dead letters' ids, newest first."""
    rows: Any = await redis.zrevrange(keys.DEAD, 0, -1)
    return [text(row) for row in rows]


async def pause_channel(redis: Redis, channel: str, until_ms: int, reason: str) -> None:
    """Keep a channel's queue until `until_ms`."""
    await _small(redis, keys.channel(channel), "HSET", "until", until_ms, "reason", reason)


async def pause_workspace(redis: Redis, until_ms: int, reason: str) -> None:
    """Keep every queue until `until_ms`."""
    await _small(redis, keys.WORKSPACE, "HSET", "until", until_ms, "reason", reason)


async def fold(redis: Redis, channel: str, *, now_ms: int, due_ms: int, most: int, heading: str) -> int:
    """Put a channel's stories and replies that were never begun into digests; how many there were."""
    script = redis.register_script(script_text("fold"))
    args: list[str | int] = [keys.PREFIX, channel, now_ms, due_ms, most, heading]
    return int(await script(keys=[keys.outbox(channel)], args=args))


async def due_updates(redis: Redis, now_ms: int) -> dict[str, int]:
    """Messages in Slack that no longer show how things stand (further sources, what readers said).

    Each with its due time in ms, the earliest first.
    """
    rows: Any = await redis.zrangebyscore(keys.UPDATES, "-inf", now_ms, withscores=True)
    return {text(member): int(score) for member, score in rows}


async def updated(redis: Redis, message_id: str, rev: int) -> bool:
    """The message shows how things stood at `rev`; False when they changed meanwhile."""
    script = redis.register_script(script_text("updated"))
    return bool(await script(keys=[keys.message(message_id), keys.UPDATES], args=[message_id, rev]))


async def drop_update(redis: Redis, message_id: str) -> None:
    """Nothing is to be brought up to date: the message is not in Slack, or what it told is gone."""
    await redis.zrem(keys.UPDATES, message_id)


async def note_update(redis: Redis, message_id: str, due_ms: int) -> None:
    """Bring a message up to date at that time, for what will have changed by itself."""
    await _small(redis, keys.UPDATES, "ZADD", due_ms, message_id)


async def defer_update(redis: Redis, message_id: str, due_ms: int) -> None:
    """Try an update again later."""
    await _small(redis, keys.UPDATES, "ZADD", "XX", due_ms, message_id)
