"""Checks of layout blocks: Block Kit reference, one function for each block."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from devtools.slack_sim.elements import check_element, check_image
from devtools.slack_sim.rich_text import check_rich_text
from devtools.slack_sim.shape import (
    STRING_ID_MAX,
    Findings,
    check_keys,
    check_list,
    check_string,
    check_text_object,
    check_url,
)

BLOCKS_MAX = 50
MESSAGE_CHARS_MAX = 13_200
BLOCK_OVERHEAD_CHARS = 50
_COUNTED = ("text", "url", "value", "fallback", "alt_text", "image_url")


def message_chars(blocks: list[Any]) -> int:
    """The length of these blocks, as far as Slack's way of counting is known.

    The limit is not in the reference. According to reports to Slack's bolt-js (#2509, #2867) it is about
    13,200 characters of all texts, with an amount for each block on top: 9,597 characters in 50 blocks
    passed, 11,341 in 45 did not. Here texts, links and values count, plus 50 for each block.
    """
    return sum(len(text) for text in _strings(blocks)) + BLOCK_OVERHEAD_CHARS * max(0, len(blocks) - 1)


def _strings(value: Any) -> Iterator[str]:
    if isinstance(value, list):
        for entry in value:
            yield from _strings(entry)
    elif isinstance(value, dict):
        for name, entry in value.items():
            if isinstance(entry, str) and name in _COUNTED:
                yield entry
            elif isinstance(entry, (dict, list)):
                yield from _strings(entry)


def check_blocks(blocks: Any) -> Findings:
    """Everything wrong with the `blocks` argument. Block Kit reference: blocks (50 in a message)."""
    found = Findings()
    entries = check_list(found, blocks, "/blocks", most=BLOCKS_MAX, least=0)
    for index, block in enumerate(entries):
        check_block(found, block, f"/blocks/{index}")
    check_unique(found, entries, "block_id", "/blocks")
    check_unique(found, list(_interactive(entries)), "action_id", "/blocks")
    return found


def check_block(
    found: Findings, block: Any, pointer: str, more: Mapping[str, Callable[..., None]] | None = None
) -> None:
    """One block; `more` are kinds that only this surface has."""
    kind = block.get("type") if isinstance(block, dict) else None
    check = {**_BLOCKS, **(more or {})}.get(kind) if isinstance(kind, str) else None
    if check is None:
        found.say(f"unsupported type: {kind}", f"{pointer}/type")
        return
    check(found, block, pointer)
    if "block_id" in block:
        check_string(found, block["block_id"], f"{pointer}/block_id", most=STRING_ID_MAX)


def _interactive(blocks: list[Any]) -> Iterator[Any]:
    for block in blocks:
        if isinstance(block, dict) and block.get("type") == "actions":
            yield from block["elements"] if isinstance(block.get("elements"), list) else ()
        elif isinstance(block, dict) and block.get("type") == "section":
            yield block.get("accessory")


def check_unique(found: Findings, entries: list[Any], name: str, pointer: str) -> None:
    """Reports each value of `name` that several entries have."""
    # Block Kit reference: block_id "should be unique for each message", action_id only within its block.
    # Here action_id must be unique within the message, so that a click always means one button.
    ids = Counter(str(entry[name]) for entry in entries if isinstance(entry, dict) and name in entry)
    for value, count in ids.items():
        if count > 1:
            found.say(f"{name} {value!r} already exists", pointer)


def _section(found: Findings, block: dict[str, Any], pointer: str) -> None:
    # Block Kit reference: section block (text 3,000; 10 fields of 2,000; text or fields required)
    check_keys(
        found, block, pointer, required=(), optional=("block_id", "text", "fields", "accessory", "expand")
    )
    if "text" not in block and "fields" not in block:
        found.say("missing required field: text or fields", pointer)
    if "text" in block:
        check_text_object(found, block["text"], f"{pointer}/text", most=3000)
    if "fields" in block:
        for index, entry in enumerate(check_list(found, block["fields"], f"{pointer}/fields", most=10)):
            check_text_object(found, entry, f"{pointer}/fields/{index}", most=2000)
    if "accessory" in block:
        check_element(found, block["accessory"], f"{pointer}/accessory", ("button", "overflow", "image"))


def _header(found: Findings, block: dict[str, Any], pointer: str) -> None:
    # Block Kit reference: header block (plain_text, 150)
    if check_keys(found, block, pointer, required=("text",), optional=("block_id",)):
        check_text_object(found, block["text"], f"{pointer}/text", most=150, kinds=("plain_text",))


def _divider(found: Findings, block: dict[str, Any], pointer: str) -> None:
    # Block Kit reference: divider block
    check_keys(found, block, pointer, required=(), optional=("block_id",))


def _context(found: Findings, block: dict[str, Any], pointer: str) -> None:
    # Block Kit reference: context block (at most 10 elements, images and text objects)
    if not check_keys(found, block, pointer, required=("elements",), optional=("block_id",)):
        return
    for index, entry in enumerate(check_list(found, block["elements"], f"{pointer}/elements", most=10)):
        place = f"{pointer}/elements/{index}"
        if isinstance(entry, dict) and entry.get("type") == "image":
            check_image(found, entry, place)
        else:
            check_text_object(found, entry, place, most=3000)


def _actions(found: Findings, block: dict[str, Any], pointer: str) -> None:
    # Block Kit reference: actions block (at most 25 elements)
    if not check_keys(found, block, pointer, required=("elements",), optional=("block_id",)):
        return
    entries = check_list(found, block["elements"], f"{pointer}/elements", most=25)
    for index, entry in enumerate(entries):
        check_element(found, entry, f"{pointer}/elements/{index}", ("button", "overflow"))


def _image(found: Findings, block: dict[str, Any], pointer: str) -> None:
    # Block Kit reference: image block (url 3,000, alt_text 2,000, title 2,000)
    optional = ("block_id", "title")
    if check_keys(found, block, pointer, required=("image_url", "alt_text"), optional=optional):
        check_url(found, block["image_url"], f"{pointer}/image_url")
        check_string(found, block["alt_text"], f"{pointer}/alt_text", most=2000)
    if "title" in block:
        check_text_object(found, block["title"], f"{pointer}/title", most=2000, kinds=("plain_text",))


_BLOCKS = {
    "section": _section,
    "header": _header,
    "divider": _divider,
    "context": _context,
    "actions": _actions,
    "image": _image,
    "rich_text": check_rich_text,
}
