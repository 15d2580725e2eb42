"""The Web API methods, one function each.

Each follows the page of the same name in Slack's method reference.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from devtools.slack_sim.arguments import flag, number, required
from devtools.slack_sim.call import Call
from devtools.slack_sim.dialogs import required_view
from devtools.slack_sim.elements import PRESSED
from devtools.slack_sim.errors import SlackError, invalid
from devtools.slack_sim.history import conversations_history, conversations_replies
from devtools.slack_sim.limits import TEXT_MAX, UPDATE_TEXT_MAX, check_content
from devtools.slack_sim.shown import shown
from devtools.slack_sim.state import BOT, Channel, SimMessage
from devtools.slack_sim.users import described

_id_numbers = itertools.count(1)


def auth_test(call: Call) -> dict[str, Any]:
    """auth.test."""
    del call
    return {
        "url": "https://simulator.invalid/",
        "team": "Slack simulator",
        "user": "newswatch",
        "team_id": BOT["team"],
        "user_id": BOT["user"],
        "bot_id": BOT["bot_id"],
        "is_enterprise_install": False,
    }


def apps_connections_open(call: Call) -> dict[str, Any]:
    """apps.connections.open: the address of a WebSocket, which works once."""
    return {"url": f"ws://{call.host}/sim/socket/{call.sockets.ticket()}"}


def chat_post_message(call: Call) -> dict[str, Any]:
    """chat.postMessage. It is not idempotent: two equal calls make two messages."""
    args = call.args
    channel = _writable(call)
    _refuse_parsing(args)
    check_content(args, text_max=TEXT_MAX, users=call.workspace.users)
    thread_ts = _thread(channel, str(args.get("thread_ts") or ""))
    settings = call.settings
    call.pacing.admit_post(channel.id, call.now, settings.interval_s, settings.posts_per_minute)
    content = {
        "text": args.get("text") or "",
        "blocks": _with_ids(args.get("blocks")),
        "metadata": args.get("metadata") or None,
    }
    broadcast = bool(thread_ts) and flag(args, "reply_broadcast")
    message = call.workspace.post(channel, content, thread_ts=thread_ts, broadcast=broadcast)
    return {"channel": channel.id, "ts": message.ts, "message": shown(message, channel)}


def chat_update(call: Call) -> dict[str, Any]:
    """chat.update: without blocks or metadata they stay as they are; an empty value removes them.

    Method reference: `is_inactive` for an archived channel, `block_mismatch` if rich text is replaced by something
    else. The page does not say whether an empty list of blocks is such a replacement; here it is.
    """
    args = call.args
    channel = _known(call)
    if channel.archived:
        raise SlackError("is_inactive")
    required(args, "ts")
    message = channel.messages.get(str(args["ts"]))
    if message is None:
        raise SlackError("message_not_found")
    _refuse_parsing(args)
    blocks = message.blocks if args.get("blocks") is None else args["blocks"]
    check_content({**args, "blocks": blocks}, text_max=UPDATE_TEXT_MAX, users=call.workspace.users)
    if _is_rich(message.blocks) and not _is_rich(blocks):
        raise SlackError("block_mismatch")
    call.workspace.update(message, _replacement(args, message))
    return {"channel": channel.id, "ts": message.ts, "text": message.text, "message": shown(message, channel)}


def chat_post_ephemeral(call: Call) -> dict[str, Any]:
    """chat.postEphemeral: shown to one user and not stored. Tests read it at `GET /sim/whispers`."""
    channel = _writable(call)
    required(call.args, "user")
    _refuse_parsing(call.args)
    check_content(call.args, text_max=TEXT_MAX)
    if str(call.args["user"]) not in call.workspace.people_in(channel):
        raise SlackError("user_not_in_channel")
    whisper = {
        "channel": channel.id,
        "user": str(call.args["user"]),
        "text": str(call.args.get("text") or ""),
        **({"blocks": call.args["blocks"]} if call.args.get("blocks") else {}),
    }
    call.workspace.whisper(whisper)
    return {"message_ts": f"{call.wall:.6f}"}


def conversations_info(call: Call) -> dict[str, Any]:
    """conversations.info."""
    required(call.args, "channel")
    channel = call.workspace.channel(str(call.args["channel"]))
    return {"channel": _described(channel)}


def conversations_list(call: Call) -> dict[str, Any]:
    """conversations.list: public channels unless `types` says otherwise, private ones only if the app is in them."""
    types = str(call.args.get("types") or "public_channel").split(",")
    if set(types) - {"public_channel", "private_channel", "mpim", "im"}:
        raise SlackError("invalid_types")
    if "private_channel" in types and "groups:read" not in call.settings.scopes:
        # Method reference: each type needs the scope of its own
        raise SlackError("missing_scope", needed="groups:read", provided=",".join(call.settings.scopes))
    found = [
        channel
        for channel in call.workspace.channels.values()
        if ("private_channel" if channel.private else "public_channel") in types
        and (channel.member or not channel.private)
        and not (flag(call.args, "exclude_archived") and channel.archived)
    ]
    start = _start(call.args.get("cursor"), len(found))
    end = start + number(call.args, "limit", 100, most=999)
    following = f"page:{end}" if end < len(found) else ""
    return {
        "channels": [_described(channel) for channel in found[start:end]],
        "response_metadata": {"next_cursor": following},
    }


def _start(cursor: Any, most: int) -> int:
    if not cursor:
        return 0
    given = str(cursor).removeprefix("page:")
    if not given.isdigit() or int(given) >= most:
        raise SlackError("invalid_cursor")
    return int(given)


def conversations_members(call: Call) -> dict[str, Any]:
    """conversations.members: ids, the app's own among them, in pages of at most 1,000."""
    required(call.args, "channel")
    channel = call.workspace.channel(str(call.args["channel"]))
    if channel.private and not channel.member:
        raise SlackError("channel_not_found")
    people = call.workspace.people_in(channel)
    limit = number(call.args, "limit", 100, most=1000)
    cursor = str(call.args.get("cursor") or "0")
    if not cursor.isdigit() or int(cursor) > len(people):
        raise SlackError("invalid_cursor")
    end = int(cursor) + limit
    following = str(end) if end < len(people) else ""
    return {"members": people[int(cursor) : end], "response_metadata": {"next_cursor": following}}


def users_info(call: Call) -> dict[str, Any]:
    """users.info."""
    required(call.args, "user")
    found = call.workspace.user(str(call.args["user"]))
    if found is None:
        raise SlackError("user_not_found")
    return {"user": described(found)}


def views_open(call: Call) -> dict[str, Any]:
    """views.open: the trigger_id works once, within three seconds."""
    required(call.args, "trigger_id")
    view = required_view(call.args)
    opened = call.dialogs.open(str(call.args["trigger_id"]), view, call.now, call.settings.trigger_valid_s)
    call.workspace.version += 1
    return {"view": opened.shown()}


def views_update(call: Call) -> dict[str, Any]:
    """views.update, by view_id."""
    required(call.args, "view_id")
    view, given_hash = required_view(call.args), call.args.get("hash")
    changed = call.dialogs.update(
        str(call.args["view_id"]), view, None if given_hash is None else str(given_hash)
    )
    call.workspace.version += 1
    return {"view": changed.shown()}


def _writable(call: Call) -> Channel:
    """The channel of a new message. Method reference: chat.postMessage (channel_not_found, not_in_channel, is_archived)."""
    required(call.args, "channel")
    channel = call.workspace.channel(str(call.args["channel"]))
    if not channel.member and not channel.private:
        raise SlackError("not_in_channel")
    channel = _known(call)
    if channel.archived:
        raise SlackError("is_archived")
    return channel


def _known(call: Call) -> Channel:
    # chat.update has no not_in_channel. A private channel does not exist for an app that is not in it.
    required(call.args, "channel")
    channel = call.workspace.channel(str(call.args["channel"]))
    if not channel.member:
        raise SlackError("channel_not_found")
    return channel


def _is_rich(blocks: Any) -> bool:
    return any(block.get("type") == "rich_text" for block in blocks or ())


def _refuse_parsing(args: dict[str, Any]) -> None:
    # Formatting text for app surfaces: parse=full and link_names turn plain words into mentions
    if flag(args, "link_names") or args.get("parse") == "full":
        raise SlackError("sim_unescaped_control", detail="parse=full and link_names let text mention people")
    if args.get("attachments"):
        raise invalid("invalid_attachments", ["the simulator takes blocks only [json-pointer:/attachments]"])


def _thread(channel: Channel, thread_ts: str) -> str | None:
    """The parent of a reply. A reply to a deleted message becomes a message of its own, without an error.

    Slack does not document that. It does so for any ts that it does not know; the simulator refuses a ts that never
    existed, and that of a reply (chat.postMessage, thread_ts: "Avoid using a reply's ts value; use its parent
    instead"), to find mistakes.
    """
    if not thread_ts or thread_ts in channel.deleted:
        return None
    parent = channel.messages.get(thread_ts)
    if parent is None or parent.thread_ts is not None:
        raise SlackError("thread_not_found")
    return thread_ts


def _with_ids(blocks: Any) -> list[dict[str, Any]]:
    # Block Kit reference: block_id, "if not specified, one will be generated"; Slack does so for buttons too
    return [_with_id({**block, **_action_ids(block)}, "block_id", "b") for block in blocks or []]


def _action_ids(block: dict[str, Any]) -> dict[str, Any]:
    if block["type"] == "actions":
        return {"elements": [_with_id(element, "action_id", "a") for element in block["elements"]]}
    if block.get("accessory", {}).get("type") in PRESSED:
        return {"accessory": _with_id(block["accessory"], "action_id", "a")}
    return {}


def _with_id(value: dict[str, Any], name: str, letter: str) -> dict[str, Any]:
    return value if name in value else {**value, name: f"{letter}{next(_id_numbers):05x}"}


def _replacement(args: dict[str, Any], message: SimMessage) -> dict[str, Any]:
    change: dict[str, Any] = {"text": args.get("text") or ""}
    if args.get("blocks") is not None:
        change["blocks"] = _with_ids(args["blocks"])
    if args.get("metadata") is not None:
        change["metadata"] = args["metadata"] or None
    if flag(args, "reply_broadcast") and message.thread_ts:
        change["broadcast"] = True
    return change


def _described(channel: Channel) -> dict[str, Any]:
    return {
        "id": channel.id,
        "name": channel.name,
        "is_channel": not channel.private,
        "is_group": channel.private,
        "is_private": channel.private,
        "is_archived": channel.archived,
        "is_member": channel.member,
        "is_im": False,
        "is_mpim": False,
    }


@dataclass(frozen=True, slots=True)
class Method:
    """A method's function, the scopes it needs (public, private channels), its kind of token, and its tier (0: no limit)."""

    run: Callable[[Call], dict[str, Any]]
    scopes: tuple[str, str] | None = None
    app_level: bool = False
    tier: int = 0

    def needed(self, *, private: bool) -> str | None:
        """The scope for a call about a channel. A private channel's id may begin with C too.

        Slack docs: conversations.history and the like, "Scopes" (channels:… for public, groups:… for private).
        """
        if self.scopes is None:
            return None
        return self.scopes[1 if private else 0]


METHODS = {
    "apps.connections.open": Method(apps_connections_open, app_level=True),
    "auth.test": Method(auth_test),
    "chat.postMessage": Method(chat_post_message, ("chat:write", "chat:write")),
    "chat.postEphemeral": Method(chat_post_ephemeral, ("chat:write", "chat:write")),
    "chat.update": Method(chat_update, ("chat:write", "chat:write"), tier=3),
    "conversations.history": Method(conversations_history, ("channels:history", "groups:history"), tier=3),
    "conversations.replies": Method(conversations_replies, ("channels:history", "groups:history"), tier=3),
    "conversations.info": Method(conversations_info, ("channels:read", "groups:read")),
    "conversations.list": Method(conversations_list, ("channels:read", "groups:read")),
    "conversations.members": Method(conversations_members, ("channels:read", "groups:read")),
    "users.info": Method(users_info, ("users:read", "users:read"), tier=4),
    "views.open": Method(views_open),
    "views.update": Method(views_update),
}
PAGED = ("conversations.history", "conversations.replies")
"""The methods that answer in pages of messages."""
