"""Checks of block elements and their parts: Block Kit reference, one function for each."""

from __future__ import annotations

from typing import Any

from devtools.slack_sim.shape import (
    STRING_ID_MAX,
    Findings,
    check_choice,
    check_keys,
    check_string,
    check_text_object,
    check_url,
)


def check_element(found: Findings, value: Any, pointer: str, kinds: tuple[str, ...]) -> None:
    """A button or an image, if `kinds` allows it at this place."""
    kind = value.get("type") if isinstance(value, dict) else None
    if kind not in kinds:
        found.say(f"unsupported type: {kind}", f"{pointer}/type")
    elif kind == "button":
        _button(found, value, pointer)
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
