"""Whether Slack would accept the content of a message: text, blocks and metadata."""

from __future__ import annotations

import json
import re
from collections.abc import Collection
from typing import Any

from devtools.slack_sim.blocks import MESSAGE_CHARS_MAX, check_blocks, message_chars
from devtools.slack_sim.errors import SlackError, invalid
from devtools.slack_sim.rich_text import mentioned_users
from devtools.slack_sim.text import check_control

TEXT_MAX = 40_000
UPDATE_TEXT_MAX = 4_000
METADATA_BYTES_MAX = 8_000
_EVENT_TYPE = re.compile(r"[A-Za-z0-9_.-]{1,255}")


def check_content(args: dict[str, Any], *, text_max: int, users: Collection[str] | None = None) -> None:
    """Raises the SlackError of Slack's answer if text, blocks or metadata in `args` are not valid.

    `text` may mention a user only if a user element of the blocks does so too: newswatch never makes such
    an element from the words of a feed. `users` are the existing ids; None allows any id.

    Method reference: chat.postMessage (no_text, msg_too_long over 40,000 characters,
    msg_blocks_too_long, invalid_blocks) and chat.update (text of at most 4,000 characters).
    """
    text, blocks = args.get("text") or "", args.get("blocks")
    if not isinstance(text, str):
        raise invalid("invalid_arguments", ["must provide a string [json-pointer:/text]"])
    if not text.strip() and not blocks:
        raise SlackError("no_text")
    if len(text) > text_max:
        raise SlackError("msg_too_long")
    if blocks is not None:
        _check_blocks(blocks)
    mentions = mentioned_users(blocks)
    check_control(text, "/text", mentions if users is None else mentions & set(users))
    check_metadata(args.get("metadata"))


def _check_blocks(blocks: Any) -> None:
    found = check_blocks(blocks)
    if found.problems:
        raise invalid("invalid_blocks", found.problems)
    if found.control:
        raise SlackError("sim_unescaped_control", detail="; ".join(found.control))
    length = message_chars(blocks)
    if length > MESSAGE_CHARS_MAX:
        raise SlackError(
            "msg_blocks_too_long", detail=f"about {length} characters, the limit is {MESSAGE_CHARS_MAX}"
        )


def check_metadata(metadata: Any) -> None:
    """Slack docs: "Using message metadata": an event_type and an event_payload object.

    An empty object is allowed: chat.update removes the metadata then.
    """
    if metadata is None or metadata == {}:
        return
    if not isinstance(metadata, dict) or set(metadata) != {"event_type", "event_payload"}:
        raise SlackError("invalid_metadata_format")
    kind, payload = metadata["event_type"], metadata["event_payload"]
    if not (isinstance(kind, str) and _EVENT_TYPE.fullmatch(kind) and isinstance(payload, dict)):
        raise SlackError("invalid_metadata_format")
    if not all(_is_plain(value) for value in payload.values()):
        raise SlackError("invalid_metadata_format")
    if len(json.dumps(metadata, ensure_ascii=False).encode("utf-8", "surrogatepass")) > METADATA_BYTES_MAX:
        raise SlackError("metadata_too_large")


def _is_plain(value: Any, depth: int = 0) -> bool:
    # @slack/types, MessageMetadataEventPayloadObject: strings, numbers, booleans, one level of objects
    if isinstance(value, list):
        return all(_is_plain(entry, depth) for entry in value)
    if isinstance(value, dict):
        return depth == 0 and all(_is_plain(entry, 1) for entry in value.values())
    return isinstance(value, (str, int, float, bool))
