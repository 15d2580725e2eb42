"""A message in the answers of the Web API: Slack docs, "message event" and its subtypes."""

from __future__ import annotations

from typing import Any

from devtools.slack_sim.state import BOT, Channel, SimMessage


def shown(message: SimMessage, channel: Channel, *, with_metadata: bool = False) -> dict[str, Any]:
    """The JSON of a message. It has metadata only on request (`include_all_metadata`)."""
    view: dict[str, Any] = {"type": "message", **BOT, "text": message.text, "ts": message.ts}
    if message.blocks:
        view["blocks"] = message.blocks
    if message.edited:
        view["edited"] = {"user": BOT["user"], "ts": message.edited}
    if with_metadata and message.metadata:
        view["metadata"] = message.metadata
    view.update(_thread_fields(message, channel))
    return view


def _thread_fields(message: SimMessage, channel: Channel) -> dict[str, Any]:
    if message.thread_ts:
        fields = {"thread_ts": message.thread_ts, "parent_user_id": BOT["user"]}
        # message event: subtype thread_broadcast, "a message thread's reply was broadcast to a channel"
        return {**fields, "subtype": "thread_broadcast"} if message.broadcast else fields
    replies = channel.threads.get(message.ts, [])
    if not replies:
        return {}
    return {
        "thread_ts": message.ts,
        "reply_count": len(replies),
        "reply_users_count": 1,
        "reply_users": [BOT["user"]],
        "latest_reply": max(replies),
        "subscribed": False,
    }
