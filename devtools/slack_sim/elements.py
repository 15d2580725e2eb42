"""Checks of block elements and their parts: Block Kit reference, one function for each."""

from __future__ import annotations

from typing import Any

from devtools.slack_sim.shape import (
    STRING_ID_MAX,
    Findings,
    check_choice,
    check_keys,
    check_list,
    check_string,
    check_text_object,
    check_url,
)

OVERFLOW_MAX = 5
PRESSED = ("button", "overflow")
"""The elements of messages that a reader can click."""


def check_element(found: Findings, value: Any, pointer: str, kinds: tuple[str, ...]) -> None:
    """A button, an overflow menu or an image, if `kinds` allows it at this place."""
    kind = value.get("type") if isinstance(value, dict) else None
    if kind not in kinds:
        found.say(f"unsupported type: {kind}", f"{pointer}/type")
    elif kind == "button":
        _button(found, value, pointer)
    elif kind == "overflow":
        _overflow(found, value, pointer)
    else:
        check_image(found, value, pointer)


def check_image(found: Findings, value: dict[str, Any], pointer: str) -> None:
    """Block Kit reference: image element."""
    if check_keys(found, value, pointer, required=("image_url", "alt_text")):
        check_url(found, value["image_url"], f"{pointer}/image_url")
        check_string(found, value["alt_text"], f"{pointer}/alt_text", most=2000)


def _button(found: Findings, value: dict[str, Any], pointer: str) -> None:
    # Block Kit reference: button element (text 75, action_id 255, url 3,000, value 2,000)
    optional = ("action_id", "url", "value", "style", "confirm", "accessibility_label")
    if check_keys(found, value, pointer, required=("text",), optional=optional):
        check_text_object(found, value["text"], f"{pointer}/text", most=75, kinds=("plain_text",))
    for name, most in (("action_id", STRING_ID_MAX), ("value", 2000), ("accessibility_label", 75)):
        if name in value:
            check_string(found, value[name], f"{pointer}/{name}", most=most)
    if "url" in value:
        check_url(found, value["url"], f"{pointer}/url")
    check_choice(found, value.get("style", "primary"), f"{pointer}/style", ("primary", "danger"))
    if "confirm" in value:
        _confirm(found, value["confirm"], f"{pointer}/confirm")


def _overflow(found: Findings, value: dict[str, Any], pointer: str) -> None:
    # Block Kit reference: overflow menu element (1 to 5 options, action_id 255)
    if check_keys(found, value, pointer, required=("options",), optional=("action_id", "confirm")):
        options = check_list(found, value["options"], f"{pointer}/options", most=OVERFLOW_MAX)
        for index, option in enumerate(options):
            check_option(found, option, f"{pointer}/options/{index}", more=("url",))
        values = [str(option.get("value")) for option in options if isinstance(option, dict)]
        if len(set(values)) < len(values):  # else nobody could say which of them was chosen
            found.say("values of options must be unique", f"{pointer}/options")
    if "action_id" in value:
        check_string(found, value["action_id"], f"{pointer}/action_id", most=STRING_ID_MAX)
    if "confirm" in value:
        _confirm(found, value["confirm"], f"{pointer}/confirm")


def check_option(found: Findings, option: Any, pointer: str, more: tuple[str, ...] = ()) -> None:
    """Block Kit reference: option object (text and description 75, value 150, url 3,000 in overflow menus only)."""
    if not isinstance(option, dict):
        found.say("must provide an object", pointer)
        return
    if not check_keys(found, option, pointer, required=("text", "value"), optional=("description", *more)):
        return
    check_text_object(found, option["text"], f"{pointer}/text", most=75, kinds=("plain_text",))
    check_string(found, option["value"], f"{pointer}/value", most=150)
    if "description" in option:
        check_text_object(
            found, option["description"], f"{pointer}/description", most=75, kinds=("plain_text",)
        )
    if "url" in option:
        check_url(found, option["url"], f"{pointer}/url")


def _confirm(found: Findings, value: Any, pointer: str) -> None:
    # Block Kit reference: confirmation dialog object (title 100, text 300, confirm and deny 30)
    if not isinstance(value, dict):
        found.say("must provide an object", pointer)
        return
    required = ("title", "text", "confirm", "deny")
    if check_keys(found, value, pointer, required=required, optional=("style",)):
        for name, most in (("title", 100), ("confirm", 30), ("deny", 30)):
            check_text_object(found, value[name], f"{pointer}/{name}", most=most, kinds=("plain_text",))
        check_text_object(found, value["text"], f"{pointer}/text", most=300)
    check_choice(found, value.get("style", "primary"), f"{pointer}/style", ("primary", "danger"))
