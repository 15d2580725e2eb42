"""Reading messages: conversations.history and conversations.replies, with pagination."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable
from typing import Any

from devtools.slack_sim.arguments import flag, number, required, timestamp, ts_key
from devtools.slack_sim.call import Call
from devtools.slack_sim.errors import SlackError
from devtools.slack_sim.shown import shown
from devtools.slack_sim.state import Channel, SimMessage

PAGE_MAX = 999
_FAR_FUTURE = 99_999_999_999.0
_CURSOR = "next_ts:"


def conversations_history(call: Call) -> dict[str, Any]:
    """conversations.history: newest first, without replies unless they were broadcast."""
    channel = _readable(call)
    tops = [message for message in _visible(call, channel) if message.thread_ts is None or message.broadcast]
    tops.reverse()
    return {**_page(call, channel, tops, default_limit=100), "pin_count": 0}


def conversations_replies(call: Call) -> dict[str, Any]:
    """conversations.replies: the parent, then its replies, oldest first.

    For a message without replies it is the message alone. An unknown ts, or one that was deleted, is
    thread_not_found (method reference: conversations.replies).
    """
    channel = _readable(call)
    required(call.args, "ts")
    ts = str(call.args["ts"])
    thread = [message for message in _visible(call, channel) if ts in {message.ts, message.thread_ts}]
    if not any(message.ts == ts for message in thread):
        raise SlackError("thread_not_found")
    return _page(call, channel, thread, default_limit=PAGE_MAX, always=ts)


def _readable(call: Call) -> Channel:
    required(call.args, "channel")
    channel = call.workspace.channel(str(call.args["channel"]))
    if not channel.member:
        raise SlackError("channel_not_found" if channel.private else "not_in_channel")
    return channel


def _visible(call: Call, channel: Channel) -> list[SimMessage]:
    visible_until = call.wall - call.settings.history_delay_s
    everything = [channel.messages[ts] for ts in channel.order]
    return [message for message in everything if message.accepted <= visible_until]


def _page(
    call: Call, channel: Channel, messages: list[SimMessage], *, default_limit: int, always: str | None = None
) -> dict[str, Any]:
    """One page of `messages`. `always` is the ts of a parent that is included whatever the time range."""
    in_range = _range(call.args)
    wanted = [message for message in messages if message.ts == always or in_range(message.ts)]
    wanted = _from_cursor(call.args, wanted)
    limit = number(call.args, "limit", default_limit, most=PAGE_MAX)
    page, rest = wanted[:limit], wanted[limit:]
    with_metadata = flag(call.args, "include_all_metadata") and not call.settings.strip_metadata
    answer: dict[str, Any] = {
        "messages": [shown(message, channel, with_metadata=with_metadata) for message in page],
        "has_more": bool(rest),
    }
    if rest:
        answer["response_metadata"] = {"next_cursor": _cursor(rest[0].ts)}
    return answer


def _range(args: dict[str, Any]) -> Callable[[str], bool]:
    """A test for the requested range. Method reference: without oldest and latest unless `inclusive`."""
    oldest, latest = timestamp(args, "oldest", 0), timestamp(args, "latest", _FAR_FUTURE)
    if flag(args, "inclusive"):
        return lambda ts: oldest <= ts_key(ts) <= latest
    return lambda ts: oldest < ts_key(ts) < latest


def _cursor(ts: str) -> str:
    return base64.b64encode(f"{_CURSOR}{ts}".encode("ascii")).decode("ascii")


def _from_cursor(args: dict[str, Any], messages: list[SimMessage]) -> list[SimMessage]:
    """The messages from the cursor's message on, so that new messages do not shift the pages."""
    cursor = args.get("cursor")
    if not cursor:
        return messages
    try:
        start = base64.b64decode(str(cursor), validate=True).decode("ascii")
    except (binascii.Error, UnicodeDecodeError, ValueError) as error:
        raise SlackError("invalid_cursor") from error
    places = [index for index, message in enumerate(messages) if f"{_CURSOR}{message.ts}" == start]
    if not places:
        raise SlackError("invalid_cursor")
    return messages[places[0] :]
