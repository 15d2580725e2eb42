"""Finds our messages in what Slack returns, to answer "was it posted?".

`chat.postMessage` has no idempotency key, so every message carries its `message_id` twice: in
its metadata (returned only on request, and only with the right scopes) and at the start of its
block ids. Either is proof. Only the metadata names the alerts.
"""

from __future__ import annotations

from collections.abc import Awaitable, Mapping
from datetime import datetime, timedelta
from typing import Any, Protocol

from newswatch.sending import Page, Posted
from newswatch.slack.answers import Answer
from newswatch.slack.payload import BLOCK_MARKER, EVENT_TYPE

CLOCK_TOLERANCE = timedelta(minutes=2)
"""How far our clock may be ahead of Slack's, beyond what is known, without our missing a message."""
PAGE_SIZE = 500
"""Messages a page. Slack allows 999, and one reading usually ends with one page of either size."""


class Read(Protocol):
    """A reading call of the Web API. Never raises for an error of Slack or the network."""

    def __call__(self, method: str, **params: Any) -> Awaitable[Answer]:
        """Ask `method` with these parameters."""


async def read_page(
    read: Read, channel: str, *, since: datetime, thread_ts: str | None, cursor: str, ahead: timedelta
) -> Page:
    """One page of the channel, or of a thread, in one request. `ahead`: how far our clock is ahead of Slack's."""
    query: dict[str, Any] = {
        "channel": channel,
        "oldest": f"{max(0.0, (since - ahead - CLOCK_TOLERANCE).timestamp()):.6f}",
        "limit": PAGE_SIZE,
        "include_all_metadata": True,
    }
    if cursor:
        query["cursor"] = cursor
    if thread_ts is None:
        answer = await read("conversations.history", **query)
    else:
        answer = await read("conversations.replies", **query, ts=thread_ts)
    if not answer.outcome.ok:
        return Page(problem=answer.outcome)
    messages = [one for one in answer.body.get("messages") or () if isinstance(one, Mapping)]
    following = str((answer.body.get("response_metadata") or {}).get("next_cursor") or "")
    posts = tuple(one for one in map(posted, messages) if one is not None)
    return Page(posts, following if following != cursor else "")


def posted(message: Mapping[str, Any]) -> Posted | None:
    """A message that Slack returned, if it is ours. Pure."""
    ts, latest_reply = str(message.get("ts") or ""), str(message.get("latest_reply") or "")
    if not ts:
        return None
    above = str(message.get("thread_ts") or "")
    thread_ts = above if above != ts else ""
    metadata = message.get("metadata")
    if isinstance(metadata, Mapping) and metadata.get("event_type") == EVENT_TYPE:
        event = metadata.get("event_payload")
        if isinstance(event, Mapping) and event.get("message_id"):
            alerts = event.get("alert_ids")
            ids = tuple(map(str, alerts)) if isinstance(alerts, list) else None
            return Posted(str(event["message_id"]), ts, ids, latest_reply, thread_ts)
    message_id = _marked(message.get("blocks"))
    return Posted(message_id, ts, None, latest_reply, thread_ts) if message_id else None


def _marked(blocks: Any) -> str:
    """The message id in the block ids, "" if there is none."""
    for block in blocks if isinstance(blocks, list) else ():
        parts = str(block.get("block_id", "")).split(":") if isinstance(block, Mapping) else []
        if len(parts) == 3 and parts[0] == BLOCK_MARKER:
            return parts[1]
    return ""
