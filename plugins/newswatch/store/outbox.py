"""The outbox: messages that are not sent yet, and the results of sending."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from redis.asyncio import Redis

from newswatch.models import DeliveryState, Message
from newswatch.store import keys
from newswatch.store.client import script_of, text
from newswatch.store.leases import Lease


@dataclass(frozen=True, slots=True)
class Pause:
    """A pause of a channel or of the workspace. `until_ms` 0 means none."""

    until_ms: int = 0
    reason: str = ""


@dataclass(frozen=True, slots=True)
class ChannelState:
    """One channel's queue, as the deliver stage sees it."""

    channel: str
    next_at_ms: int
    pause: Pause
    due: tuple[tuple[str, int], ...]
    """(message id, due in ms), earliest first."""


async def recent_alerts(redis: Redis, limit: int) -> list[str]:
    """The newest alerts' ids, newest first."""
    rows: Any = await redis.zrevrange(keys.ALERTS, 0, limit - 1)
    return [text(row) for row in rows]


async def channels_with_queue(redis: Redis) -> list[str]:
    """Channels with queued messages."""
    return sorted(text(row) for row in await redis.smembers(keys.CHANNELS))


async def read_workspace_pause(redis: Redis) -> Pause:
    """The pause of the workspace, if there is one."""
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


async def wait_for_news(redis: Redis, seconds: float) -> bool:
    """Wait until there is something new for delivery, for `seconds` at most. False if nothing came.

    `seconds` must be less than the client's socket timeout.
    """
    return bool(await redis.blpop([keys.WAKE], timeout=seconds))


async def next_turn(redis: Redis, channel: str, now_ms: int) -> ChannelState:
    """A channel with the one message of its queue that is next: what is urgent goes before the others.

    Its pause is the workspace's if that lasts longer.
    """
    found: list[Any] = await script_of(redis, "next")(args=[channel, now_ms])
    next_at, until, reason, message_id, due = [*found, None, None][:5]
    following = () if message_id is None else ((text(message_id), int(float(due))),)
    return ChannelState(channel, int(next_at or 0), Pause(int(until or 0), text(reason)), following)


async def waits_since(redis: Redis, channel: str, due_ms: int) -> bool:
    """Whether a message of the channel's queue has been due since then or longer."""
    return bool(await redis.zcount(keys.outbox(channel), "-inf", due_ms))


async def queue_lengths(redis: Redis) -> dict[str, int]:
    """Queued messages by channel, including those in doubt."""
    channels = await channels_with_queue(redis)
    pipe = redis.pipeline(transaction=False)
    for channel in channels:
        pipe.zcard(keys.outbox(channel))
    return dict(zip(channels, await pipe.execute(), strict=True))


ANOTHER_SERVER = -2


async def begin(
    redis: Redis,
    lease: Lease,
    message: Message,
    *,
    now_ms: int,
    look_again_ms: int,
    free_again_ms: int,
    server: str = "",
) -> int:
    """Freeze the message and mark it `sending`: 1 done, 0 the lease is another's, -1 it is not queued.

    ANOTHER_SERVER, with nothing changed, if Redis is not the run `server` any more ("": any run).
    """
    script = script_of(redis, "begin")
    args: list[str | int] = [lease.token, message.id, now_ms, look_again_ms, free_again_ms, message.channel]
    args.append(server)
    return int(await script(keys=[lease.key], args=args))


@dataclass(frozen=True, slots=True)
class News:
    """What follows from a message that was sent.

    Of a reply, `further` are the publishers that its story's message does not name, and `headline` the alert whose
    headline that message shows from now on, with how often it may be replaced. `remind_at_ms`: when to remind of it if it
    has high alerts.
    """

    further: Sequence[str] = ()
    headline: tuple[str, int] = ("", 0)
    remind_at_ms: int | None = None


NO_NEWS = News()


async def record_sent(
    redis: Redis,
    message: Message,
    ts: str,
    *,
    now_ms: int,
    free_again_ms: int | None = None,
    alerts_kept_s: float = keys.ALERT_RETENTION_S,
    news: News = NO_NEWS,
) -> int:
    """Record it as sent and remove it from the queue: 1 recorded, 0 known already, -1 it was posted twice."""
    root = message.root_id or ""
    script = script_of(redis, "sent")
    free = "" if free_again_ms is None else free_again_ms
    args: list[str | int] = [message.id, ts, now_ms, message.channel, free, int(alerts_kept_s), root]
    args += news.headline if root else ("", 0)
    args.append("" if news.remind_at_ms is None else news.remind_at_ms)
    args += news.further if root else ()
    return int(await script(args=args))


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
    """After a failure: back to `queued`, or `sending` until it is looked at again at `due_ms`."""
    script = script_of(redis, "requeue")
    args: list[str | int] = [message.id, state, due_ms, error, attempts, "1" if minimal else "0"]
    args += [begun_ms, message.channel]
    await script(args=args)


async def _small(redis: Redis, key: str, *command: str | int) -> None:
    """A write that works if Redis is out of memory."""
    await script_of(redis, "small")(keys=[key], args=command)


async def defer(redis: Redis, message: Message, due_ms: int) -> None:
    """Postpone a queued message to `due_ms` without changing its state."""
    await script_of(redis, "defer")(args=[message.id, message.channel, due_ms])


async def drop_entry(redis: Redis, channel: str, message_id: str) -> None:
    """Remove a queue entry whose message is done or no longer exists."""
    await script_of(redis, "defer")(args=[message_id, channel, ""])


async def detach_reply(redis: Redis, message: Message) -> None:
    """Move a reply whose story's message will never be posted: it replaces that message, or follows the one that did."""
    script = script_of(redis, "detach")
    await script(args=[message.id, message.channel, message.story_id])


async def replace_parent(redis: Redis, message: Message) -> None:
    """A reply is in the channel itself, since its story's message was deleted: later replies go to its thread."""
    await script_of(redis, "replace_parent")(args=[message.id, message.channel, message.story_id])


async def in_doubt(redis: Redis, channel: str, now_ms: int, most: int) -> list[str]:
    """Messages of the channel that may have been posted and are due for a look, earliest first."""
    rows: Any = await redis.zrangebyscore(keys.outbox(channel), "-inf", now_ms, start=0, num=most)
    names = [text(row) for row in rows]
    pipe = redis.pipeline(transaction=False)
    for name in names:
        pipe.hget(keys.message(name), "state")
    states = await pipe.execute()
    return [name for name, state in zip(names, states, strict=True) if text(state) == "sending"]


async def waiting_since(redis: Redis, channels: Sequence[str], now_ms: int) -> dict[str, int]:
    """For each channel whose next message is an alert that is due: when that message was queued, in ms."""
    heads = [(one.channel, one.due[0]) for one in await read_channels(redis, channels, most=1) if one.due]
    due = [(channel, name) for channel, (name, due_ms) in heads if due_ms <= now_ms]
    pipe = redis.pipeline(transaction=False)
    for _, name in due:
        pipe.hmget(keys.message(name), ["kind", "created"])
    rows = zip(due, await pipe.execute(), strict=True)
    return {
        channel: int(float(created))
        for (channel, _), (kind, created) in rows
        if created and text(kind) in ("story", "reply")
    }


async def queued_threads(redis: Redis, channel: str) -> list[str]:
    """The `ts` of the messages to which queued messages are replies."""
    pipe = redis.pipeline(transaction=False)
    for name in await queued_ids(redis, channel):
        pipe.hget(keys.message(name), "root")
    roots = dict.fromkeys(text(root) for root in await pipe.execute() if root)
    pipe = redis.pipeline(transaction=False)
    for root in roots:
        pipe.hget(keys.message(root), "ts")
    return sorted({text(ts) for ts in await pipe.execute() if ts})


async def count_look(redis: Redis, message: Message) -> None:
    """Count that the history could not be read for a message in doubt."""
    await _small(redis, keys.message(message.id), "HINCRBY", "looks", 1)


async def mark_dead(redis: Redis, message: Message, error: str, now_ms: int) -> None:
    """Move it to the dead letters."""
    script = script_of(redis, "dead")
    await script(args=[message.id, now_ms, error, message.channel])


async def revive(redis: Redis, message: Message, now_ms: int) -> bool:
    """Queue a dead letter again. Returns False if it is not a dead letter."""
    script = script_of(redis, "revive")
    return bool(await script(args=[message.id, now_ms, message.channel]))


async def pause_channel(redis: Redis, channel: str, until_ms: int, reason: str) -> None:
    """Pause a channel until `until_ms`. Its queue is kept."""
    await _small(redis, keys.channel(channel), "HSET", "until", until_ms, "reason", reason)


async def pause_workspace(redis: Redis, until_ms: int, reason: str) -> None:
    """Pause the workspace until `until_ms`. All queues are kept."""
    await _small(redis, keys.WORKSPACE, "HSET", "until", until_ms, "reason", reason)


async def queued_ids(redis: Redis, channel: str) -> list[str]:
    """A channel's queue, earliest first."""
    rows: Any = await redis.zrange(keys.outbox(channel), 0, -1)
    return [text(row) for row in rows]


async def fold(
    redis: Redis, channel: str, old: Sequence[Message], *, now_ms: int, due_ms: int, heading: str
) -> bool:
    """Put these queued messages into one digest.

    Returns False, with nothing changed, if one of them was begun or got alerts meanwhile.
    """
    script = script_of(redis, "fold")
    rows = [[one.id, one.story_id, len(one.alert_ids)] for one in old]
    args: list[str | int] = [channel, now_ms, due_ms, heading, sum(one.size for one in old)]
    args.append(json.dumps(rows, ensure_ascii=False))
    return int(await script(args=args)) == 1


@dataclass(frozen=True, slots=True)
class Listed:
    """The alerts of one list, in order, and the room that they take."""

    alert_ids: tuple[str, ...]
    size: int


@dataclass(frozen=True, slots=True)
class CatchUp:
    """Queued messages that are replaced by lists: the first is a message with `text`, the others go to its thread.

    `root_id` names a catch-up that was sent before: then all lists go to its thread. They come last in the queue.
    """

    old: tuple[Message, ...]
    lists: tuple[Listed, ...]
    text: str
    text_in_thread: str
    due_ms: int
    root_id: str | None = None
    moved: bool = False
    """An operator moved some of them to the channel, which need not be their rules'."""


async def catch_up(redis: Redis, channel: str, given: CatchUp, now_ms: int) -> str | None:
    """Replace messages by lists. Returns the id of the message in whose thread they are.

    None, with nothing changed, if one of the messages was begun or got alerts meanwhile.
    """
    rows = [[one.id, one.story_id, len(one.alert_ids)] for one in given.old]
    args: list[str | int] = [channel, now_ms, given.due_ms, keys.STORY_RETENTION_S]
    args += [given.text, given.text_in_thread, given.root_id or "", json.dumps(rows, ensure_ascii=False)]
    args += [json.dumps([[one.alert_ids, one.size] for one in given.lists]), "1" if given.moved else ""]
    root = await script_of(redis, "catch_up")(args=args)
    return None if root is None else text(root)


async def last_catch_up(redis: Redis, channel: str) -> str | None:
    """The message with which the channel last caught up, None for none yet."""
    found = await redis.hget(keys.channel(channel), "catch_up")
    return None if found is None else text(found)


async def due_updates(redis: Redis, now_ms: int) -> dict[str, int]:
    """Messages in Slack that are out of date (further publishers, a better headline, what readers said).

    Each with its due time in ms, the earliest first.
    """
    rows: Any = await redis.zrangebyscore(keys.UPDATES, "-inf", now_ms, withscores=True)
    return {text(member): int(score) for member, score in rows}


async def updated(redis: Redis, message_id: str, rev: int) -> bool:
    """The message is up to date as of `rev`. Returns False if it changed meanwhile."""
    script = script_of(redis, "updated")
    return bool(await script(args=[message_id, rev]))


async def drop_update(redis: Redis, message_id: str) -> None:
    """Remove an update: the message is not in Slack, or its records are gone."""
    await redis.zrem(keys.UPDATES, message_id)


async def note_update(redis: Redis, message_id: str, due_ms: int) -> None:
    """Update a message at that time, for what changes by then without an event."""
    await _small(redis, keys.UPDATES, "ZADD", due_ms, message_id)


async def defer_update(redis: Redis, message_id: str, due_ms: int) -> None:
    """Try an update again later."""
    await _small(redis, keys.UPDATES, "ZADD", "XX", due_ms, message_id)
