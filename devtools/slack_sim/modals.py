"""Checks of modal views: Block Kit reference, "Modal views" and the blocks and elements that only they have."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

from devtools.slack_sim.blocks import check_block, check_unique
from devtools.slack_sim.elements import check_option
from devtools.slack_sim.errors import SlackError, invalid
from devtools.slack_sim.shape import (
    STRING_ID_MAX,
    Findings,
    check_choice,
    check_keys,
    check_list,
    check_string,
    check_text_object,
)

VIEW_BYTES_MAX = 250_000
BLOCKS_MAX = 100
TITLE_MAX = 24
METADATA_MAX = 3000
OPTIONS_MAX = {"static_select": 100, "radio_buttons": 10}
_DATE = re.compile(r"\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])")
_OPTIONAL = ("private_metadata", "callback_id", "external_id", "close", "submit")
_FLAGS = ("clear_on_close", "notify_on_close", "submit_disabled")


def check_view(view: Any) -> None:
    """Raises the SlackError of Slack's answer to a view that is not valid."""
    if not isinstance(view, dict):
        raise invalid("invalid_arguments", ["must provide an object [json-pointer:/view]"])
    if len(json.dumps(view, ensure_ascii=False).encode("utf-8", "surrogatepass")) > VIEW_BYTES_MAX:
        raise SlackError("view_too_large")
    found = Findings()
    check_keys(found, view, "/view", required=("type", "title", "blocks"), optional=(*_OPTIONAL, *_FLAGS))
    check_choice(found, view.get("type"), "/view/type", ("modal",))
    _check_texts(found, view)
    blocks = check_list(found, view.get("blocks", []), "/view/blocks", most=BLOCKS_MAX, least=0)
    for index, block in enumerate(blocks):
        check_block(found, block, f"/view/blocks/{index}", {"input": _input})
    check_unique(found, blocks, "block_id", "/view/blocks")
    if "submit" not in view and any(
        isinstance(block, dict) and block.get("type") == "input" for block in blocks
    ):
        found.say("submit is required when an input block is within the blocks array", "/view/submit")
    if found.problems:
        raise invalid("invalid_arguments", found.problems)
    if found.control:
        raise SlackError("sim_unescaped_control", detail="; ".join(found.control))


def _check_texts(found: Findings, view: dict[str, Any]) -> None:
    for name in ("title", "submit", "close"):
        if name in view:
            check_text_object(found, view[name], f"/view/{name}", most=TITLE_MAX, kinds=("plain_text",))
    for name, most in (("private_metadata", METADATA_MAX), ("callback_id", STRING_ID_MAX)):
        if name in view:
            check_string(found, view[name], f"/view/{name}", most=most, least=0)


def _input(found: Findings, block: dict[str, Any], pointer: str) -> None:
    # Block Kit reference: input block (label and hint 2,000)
    optional = ("block_id", "hint", "optional", "dispatch_action")
    if not check_keys(found, block, pointer, required=("label", "element"), optional=optional):
        return
    for name in ("label", "hint"):
        if name in block:
            check_text_object(found, block[name], f"{pointer}/{name}", most=2000, kinds=("plain_text",))
    element = block["element"]
    kind = element.get("type") if isinstance(element, dict) else None
    check = _ELEMENTS.get(kind) if isinstance(kind, str) else None
    if check is None:
        found.say(f"unsupported type: {kind}", f"{pointer}/element/type")
        return
    check(found, element, f"{pointer}/element")
    if "action_id" in element:
        check_string(found, element["action_id"], f"{pointer}/element/action_id", most=STRING_ID_MAX)
    if "placeholder" in element:
        place = f"{pointer}/element/placeholder"
        check_text_object(found, element["placeholder"], place, most=150, kinds=("plain_text",))


def _plain_text_input(found: Findings, value: dict[str, Any], pointer: str) -> None:
    # Block Kit reference: plain-text input element (min_length 0 to 3,000, max_length 1 to 3,000)
    optional = ("action_id", "placeholder", "initial_value", "multiline", "min_length", "max_length")
    check_keys(found, value, pointer, required=(), optional=(*optional, "focus_on_load"))
    most = value.get("max_length", 3000)
    if isinstance(most, bool) or not isinstance(most, int) or not 1 <= most <= 3000:
        found.say("must be between 1 and 3000", f"{pointer}/max_length")
        return
    least = value.get("min_length", 0)
    if isinstance(least, bool) or not isinstance(least, int) or not 0 <= least <= 3000:
        found.say("must be between 0 and 3000", f"{pointer}/min_length")
    if "initial_value" in value:
        check_string(found, value["initial_value"], f"{pointer}/initial_value", most=most, least=0)


def _choosing(kind: str) -> Callable[[Findings, dict[str, Any], str], None]:
    # Block Kit reference: select menu of static options (100), radio button group (10), option object
    def check(found: Findings, value: dict[str, Any], pointer: str) -> None:
        optional = ("action_id", "initial_option", "focus_on_load")
        more = ("placeholder",) if kind == "static_select" else ()
        if not check_keys(found, value, pointer, required=("options",), optional=(*optional, *more)):
            return
        options = check_list(found, value["options"], f"{pointer}/options", most=OPTIONS_MAX[kind])
        for index, option in enumerate(options):
            check_option(found, option, f"{pointer}/options/{index}")
        if "initial_option" in value and value["initial_option"] not in options:
            found.say("must match one of the options", f"{pointer}/initial_option")

    return check


def _datepicker(found: Findings, value: dict[str, Any], pointer: str) -> None:
    # Block Kit reference: date picker element (initial_date YYYY-MM-DD)
    optional = ("action_id", "initial_date", "placeholder", "focus_on_load")
    check_keys(found, value, pointer, required=(), optional=optional)
    given = value.get("initial_date", "2026-01-01")
    if not isinstance(given, str) or not _DATE.fullmatch(given):
        found.say("must be a date in the form YYYY-MM-DD", f"{pointer}/initial_date")


_ELEMENTS = {
    "plain_text_input": _plain_text_input,
    "static_select": _choosing("static_select"),
    "radio_buttons": _choosing("radio_buttons"),
    "datepicker": _datepicker,
}
