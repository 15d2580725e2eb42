"""Finds our messages in what Slack returns, to answer "was it posted?".

`chat.postMessage` has no idempotency key, so every message carries its `message_id` twice: in
its metadata (returned only on request, and only with the right scopes) and at the start of its
block ids. Either is proof.
"""

from __future__ import annotations

from collections.abc import Awaitable, Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any, Protocol

from newswatch.sending import Found, Outcome, Posted
from newswatch.slack.answers import Answer
from newswatch.slack.payload import EVENT_TYPE, block_marker

CLOCK_TOLERANCE = timedelta(minutes=15)
"""How far our clock may be ahead of Slack's, beyond what Slack's answers said, without our missing a message."""
PAGE_SIZE = 200
MAX_PAGES = 50
MAX_THREADS = 40
"""How many threads of a channel are read, the newest first, when Redis lost its records of the channel."""


class Read(Protocol):
    """A reading call of the Web API. Never raises for an error of Slack or the network."""

    def __call__(self, method: str, **params: Any) -> Awaitable[Answer]:
        """Ask `method` with these parameters."""


def is_ours(message: Mapping[str, Any], message_id: str) -> bool:
    """Whether a message that Slack returned is the one with this id."""
    metadata = message.get("metadata")
    if isinstance(metadata, Mapping) and metadata.get("event_type") == EVENT_TYPE:
        event = metadata.get("event_payload")
        if isinstance(event, Mapping) and event.get("message_id") == message_id:
            return True
    marker = block_marker(message_id)
    blocks = message.get("blocks")
    return isinstance(blocks, list) and any(_block_id(block).startswith(marker) for block in blocks)


def _block_id(block: Any) -> str:
    return str(block.get("block_id", "")) if isinstance(block, Mapping) else ""


async def find(read: Read, channel: str, message_id: str, *, since: datetime, thread_ts: str | None) -> Found:
    """Page the thread (for a reply) or the channel for the message, from CLOCK_TOLERANCE before `since`."""
    query: dict[str, Any] = {
        "channel": channel,
        "oldest": f"{(since - CLOCK_TOLERANCE).timestamp():.6f}",
        "limit": PAGE_SIZE,
        "include_all_metadata": True,
    }
    if thread_ts is None:
        return await _paged(read, "conversations.history", query, message_id)
    found = await _paged(read, "conversations.replies", {**query, "ts": thread_ts}, message_id)
    if found.problem is not None and found.problem.code == "thread_not_found":
        # The parent was deleted. A reply that was broadcast, or posted without it, is in the channel.
        return await _paged(read, "conversations.history", query, message_id)
    return found


async def posted(
    read: Read, channel: str, *, since: datetime, threads: Iterable[str] = ()
) -> tuple[list[Posted], Outcome | None]:
    """All our messages in the channel since then, including its newest threads and the named ones.

    The second value says why reading ended early, None if everything was read.
    """
    query: dict[str, Any] = {
        "channel": channel,
        "oldest": f"{(since - CLOCK_TOLERANCE).timestamp():.6f}",
        "limit": PAGE_SIZE,
        "include_all_metadata": True,
    }
    messages, problem = await _all(read, "conversations.history", query)
    grown = [str(one["ts"]) for one in messages if one.get("reply_count") and _posted(one) is not None]
    for ts in dict.fromkeys([*threads, *sorted(grown, reverse=True)[:MAX_THREADS]]):
        if problem is not None:
            break
        replies, problem = await _all(read, "conversations.replies", {**query, "ts": ts})
        messages += replies
        if problem is not None and problem.code == "thread_not_found":
            problem = None
    found = {one.ts: one for one in map(_posted, messages) if one is not None}
    return list(found.values()), problem


def _posted(message: Mapping[str, Any]) -> Posted | None:
    metadata = message.get("metadata")
    if not isinstance(metadata, Mapping) or metadata.get("event_type") != EVENT_TYPE:
        return None
    event = metadata.get("event_payload")
    if not isinstance(event, Mapping) or not event.get("message_id") or not message.get("ts"):
        return None
    alerts = event.get("alert_ids")
    ids = tuple(str(one) for one in alerts) if isinstance(alerts, list) else ()
    return Posted(str(event["message_id"]), str(message["ts"]), ids)


async def _all(
    read: Read, method: str, query: Mapping[str, Any]
) -> tuple[list[Mapping[str, Any]], Outcome | None]:
    """Every message of every page, and why reading ended early."""
    messages: list[Mapping[str, Any]] = []
    cursor = ""
    for _ in range(MAX_PAGES):
        answer = await read(method, **query, **({"cursor": cursor} if cursor else {}))
        if not answer.outcome.ok:
            return messages, answer.outcome
        messages += [one for one in answer.body.get("messages") or () if isinstance(one, Mapping)]
        following = (answer.body.get("response_metadata") or {}).get("next_cursor") or ""
        if not following or following == cursor:
            return messages, None
        cursor = following
    return messages, Outcome("ambiguous", code="history_too_long", message=_TOO_LONG)


async def _paged(read: Read, method: str, query: Mapping[str, Any], message_id: str) -> Found:
    messages, problem = await _all(read, method, query)
    all_ts = tuple(sorted({str(one["ts"]) for one in messages if one.get("ts") and is_ours(one, message_id)}))
    return Found(all_ts[0] if all_ts else None, problem is None, problem, all_ts)


_TOO_LONG = (
    f"The history since the send has more than {MAX_PAGES * PAGE_SIZE} messages; it was not read to its end"
)
