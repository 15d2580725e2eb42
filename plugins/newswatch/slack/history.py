"""Our messages found again in what Slack returns: the answer to "was it posted?".

`chat.postMessage` knows no idempotency key, so every message carries its `message_id` twice: in
its metadata (returned only when asked for, and only with the right scopes) and at the start of
its block ids. Either is proof.
"""

from __future__ import annotations

from collections.abc import Awaitable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol

from newswatch.slack.answers import Answer, Outcome
from newswatch.slack.payload import EVENT_TYPE, block_marker

CLOCK_TOLERANCE = timedelta(minutes=5)
"""How far our clock may be ahead of Slack's before a message of ours is looked for too late."""
PAGE_SIZE = 200
MAX_PAGES = 50


class Read(Protocol):
    """A reading call of the Web API; never raises for what Slack or the network do."""

    def __call__(self, method: str, **params: Any) -> Awaitable[Answer]:
        """Ask `method` with these parameters."""


@dataclass(frozen=True, slots=True)
class Found:
    """What reading back found.

    `ts` is the oldest message with the id, `all_ts` all of them: more than one is a double.
    `readable` is False when history could not be read to its end; `problem` says why, and a
    `ts` of None then proves nothing.
    """

    ts: str | None
    readable: bool
    problem: Outcome | None = None
    all_ts: tuple[str, ...] = ()


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
    """Page the thread (for a reply) or the channel for the message, from 5 minutes before `since`."""
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
        # The parent was deleted: what was broadcast or posted without it stands in the channel.
        return await _paged(read, "conversations.history", query, message_id)
    return found


async def _paged(read: Read, method: str, query: Mapping[str, Any], message_id: str) -> Found:
    seen: dict[str, None] = {}
    cursor = ""
    for _ in range(MAX_PAGES):
        answer = await read(method, **query, **({"cursor": cursor} if cursor else {}))
        if not answer.outcome.ok:
            return _found(seen, answer.outcome)
        seen.update(dict.fromkeys(_matching(answer.body.get("messages") or (), message_id)))
        following = (answer.body.get("response_metadata") or {}).get("next_cursor") or ""
        if not following or following == cursor:
            return _found(seen, None)
        cursor = following
    return _found(seen, Outcome("ambiguous", code="history_too_long", message=_TOO_LONG))


_TOO_LONG = (
    f"The history since the send has more than {MAX_PAGES * PAGE_SIZE} messages; it was not read to its end"
)


def _matching(messages: Iterable[Any], message_id: str) -> list[str]:
    ours = (one for one in messages if isinstance(one, Mapping) and is_ours(one, message_id))
    return [str(message["ts"]) for message in ours if message.get("ts")]


def _found(seen: Iterable[str], problem: Outcome | None) -> Found:
    all_ts = tuple(sorted(seen))
    return Found(all_ts[0] if all_ts else None, problem is None, problem, all_ts)
