"""Slack's limits, checked before sending, because slack_sdk lets most bad payloads through. Pure.

The numbers are those of Slack's block and message reference; the total was measured
(`msg_blocks_too_long` near 13,200 characters). Only element types that this package uses are
accepted.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from newswatch.slack.text import usable_link

MAX_BLOCKS = 50
MAX_TEXT_CHARS = 3_500
MAX_PLAIN_CHARS = 11_000
"""A message without blocks: `text` is all there is then, and Slack shows up to 40,000 characters of it."""
MAX_MESSAGE_CHARS = 12_000
"""The whole payload as JSON. Slack refuses more."""
MAX_METADATA_CHARS = 6_000
MAX_BLOCK_ID_CHARS = 255

_TEXT_LIMITS = {"section": 3_000, "header": 150}
_BUTTON_LIMITS = {"value": 2_000, "url": 3_000, "action_id": 255}
_MAX_OPTIONS = 5
_MAX_OPTION_TEXT_CHARS = 75
_MAX_OPTION_VALUE_CHARS = 150
_LEAVES = ("text", "link", "date", "emoji", "user", "usergroup")
_MENTIONS = {"user": "user_id", "usergroup": "usergroup_id"}
_GROUPS = ("rich_text_section", "rich_text_quote", "rich_text_list", "rich_text_preformatted")


def check_payload(payload: Mapping[str, Any]) -> list[str]:
    """Every limit this payload breaks, as text for a log. Empty: Slack will accept it."""
    return list(_violations(payload))


def message_chars(payload: Mapping[str, Any]) -> int:
    """The size of a payload in the unit of MAX_MESSAGE_CHARS."""
    return len(json.dumps(payload, ensure_ascii=False, separators=(",", ":")))


def _violations(payload: Mapping[str, Any]) -> Iterator[str]:
    if not payload.get("channel"):
        yield "channel is missing"
    text = payload.get("text") or ""
    if not text.strip():
        yield "text is empty: screen readers and notifications would show nothing"
    most = MAX_TEXT_CHARS if payload.get("blocks") else MAX_PLAIN_CHARS
    if len(text) > most:
        yield f"text has {len(text)} characters, at most {most} are allowed"
    for name in ("unfurl_links", "unfurl_media"):
        if payload.get(name) is not False:
            yield f"{name} must be false"
    yield from _metadata(payload.get("metadata") or {})
    yield from _blocks(payload.get("blocks") or [])
    yield from _whole(payload)


def _whole(payload: Mapping[str, Any]) -> Iterator[str]:
    size = message_chars(payload)
    if size > MAX_MESSAGE_CHARS:
        yield f"the message has {size} characters, at most {MAX_MESSAGE_CHARS} are allowed"
    try:
        json.dumps(payload, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        yield "a text contains half a surrogate pair and cannot be sent"


def _metadata(metadata: Mapping[str, Any]) -> Iterator[str]:
    event = metadata.get("event_payload") or {}
    if not metadata.get("event_type") or not event.get("message_id"):
        yield "metadata has no event_type or message_id: the message could not be found again"
    size = message_chars(metadata)
    if size > MAX_METADATA_CHARS:
        yield f"metadata has {size} characters, at most {MAX_METADATA_CHARS} are allowed"


def _blocks(blocks: list[dict[str, Any]]) -> Iterator[str]:
    if len(blocks) > MAX_BLOCKS:
        yield f"{len(blocks)} blocks, at most {MAX_BLOCKS} are allowed"
    ids = [block.get("block_id", "") for block in blocks]
    if len(set(ids)) < len(ids):
        yield "two blocks share a block_id"
    for block, block_id in zip(blocks, ids, strict=True):
        if not 0 < len(block_id) <= MAX_BLOCK_ID_CHARS:
            yield f"block_id has {len(block_id)} characters, 1 to {MAX_BLOCK_ID_CHARS} are allowed"
        yield from _block(block)


def _block(block: Mapping[str, Any]) -> Iterator[str]:
    kind = block.get("type")
    elements = block.get("elements") or []
    if kind == "rich_text":
        yield from _rich_text(elements)
    elif kind in _TEXT_LIMITS:
        yield from _length(f"{kind} text", (block.get("text") or {}).get("text", ""), _TEXT_LIMITS[kind])
        yield from _fields(block.get("fields") or [])
    elif kind == "context":
        yield from _count("context elements", len(elements), 10)
    elif kind == "actions":
        yield from _count("actions elements", len(elements), 25)
        for element in elements:
            yield from _overflow(element) if element.get("type") == "overflow" else _button(element)
    elif kind != "divider":
        yield f"unknown block type {kind!r}"


def _fields(fields: list[dict[str, Any]]) -> Iterator[str]:
    if len(fields) > 10:
        yield f"{len(fields)} section fields, at most 10 are allowed"
    for field in fields:
        yield from _length("section field", field.get("text", ""), 2_000)


def _button(button: Mapping[str, Any]) -> Iterator[str]:
    yield from _length("button text", (button.get("text") or {}).get("text", ""), 75)
    for name, most in _BUTTON_LIMITS.items():
        if len(button.get(name) or "") > most:
            yield f"button {name} is longer than {most} characters"


def _overflow(menu: Mapping[str, Any]) -> Iterator[str]:
    options = menu.get("options") or []
    yield from _count("options", len(options), _MAX_OPTIONS)
    for option in options:
        yield from _length("option text", (option.get("text") or {}).get("text", ""), _MAX_OPTION_TEXT_CHARS)
        yield from _length("option value", option.get("value") or "", _MAX_OPTION_VALUE_CHARS)


def _rich_text(elements: list[dict[str, Any]]) -> Iterator[str]:
    if not elements:
        yield "a rich_text block or group has no elements"
    for element in elements:
        kind = element.get("type")
        if kind in _GROUPS:
            yield from _rich_text(element.get("elements") or [])
        elif kind not in _LEAVES:
            yield f"unknown rich_text element {kind!r}"
        else:
            yield from _leaf(element, str(kind))


def _leaf(element: Mapping[str, Any], kind: str) -> Iterator[str]:
    if kind == "date":
        if type(element.get("timestamp")) is not int or not element.get("format"):
            yield "a date needs a whole number of seconds and a format"
        return
    if kind in _MENTIONS:
        if not element.get(_MENTIONS[kind]):
            yield f"a {kind} element has no {_MENTIONS[kind]}"
        return
    if kind == "link" and usable_link(str(element.get("url", ""))) is None:
        yield "a link's url is not http(s) or longer than 3,000 characters"
    yield from _length(f"rich_text {kind}", element.get("name" if kind == "emoji" else "text") or "", 3_000)


def _length(what: str, text: str, most: int) -> Iterator[str]:
    if not 0 < len(text) <= most:
        yield f"{what} has {len(text)} characters, 1 to {most} are allowed"


def _count(what: str, count: int, most: int) -> Iterator[str]:
    if not 0 < count <= most:
        yield f"{count} {what}, 1 to {most} are allowed"
