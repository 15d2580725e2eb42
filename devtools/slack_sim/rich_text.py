"""Checks of rich text: Block Kit reference, rich text block and its elements.

Text in rich text is literal: nothing in it needs escaping, and nothing in it can notify anybody.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from devtools.slack_sim.shape import (
    STRING_ID_MAX,
    Findings,
    check_choice,
    check_keys,
    check_list,
    check_string,
    check_url,
)

# Block Kit reference: text element, link element ("an object of optional boolean properties")
STYLE_KEYS = frozenset(
    {"bold", "italic", "strike", "code", "underline", "highlight", "client_highlight", "unlink"}
)
_DATE_TOKENS = frozenset(
    [
        "date_num",
        "date_slash",
        "date_long",
        "date_long_full",
        "date_long_pretty",
        "date",
        "date_pretty",
        "date_short",
        "date_short_pretty",
        "time",
        "time_secs",
        "ago",
        "day_divider_pretty",
    ]
)
_TOKEN = re.compile(r"\{([a-z_]*)\}")
_COLOR = re.compile(r"#[0-9A-Fa-f]{6}")
_SLACK_ID = re.compile(r"[A-Z][A-Z0-9]{2,}")


def check_rich_text(found: Findings, block: dict[str, Any], pointer: str) -> None:
    """Block Kit reference: rich text block."""
    if not check_keys(found, block, pointer, required=("elements",), optional=("block_id",)):
        return
    for index, element in enumerate(check_list(found, block["elements"], f"{pointer}/elements")):
        _check_by_type(found, element, f"{pointer}/elements/{index}", _CONTAINERS)


def mentioned_users(blocks: Any) -> set[str]:
    """The ids in all user elements of these blocks."""
    if isinstance(blocks, list):
        return set().union(*map(mentioned_users, blocks))
    if not isinstance(blocks, dict):
        return set()
    if blocks.get("type") == "user":
        return {str(blocks.get("user_id"))}
    return mentioned_users(blocks.get("elements"))


def _check_by_type(
    found: Findings,
    element: Any,
    pointer: str,
    known: Mapping[str, Callable[[Findings, dict[str, Any], str], None]],
) -> None:
    kind = element.get("type") if isinstance(element, dict) else None
    check = known.get(kind) if isinstance(kind, str) else None
    if check is None:
        found.say(f"unsupported type: {kind}", f"{pointer}/type")
    else:
        check(found, element, pointer)


def _check_parts(found: Findings, value: Any, pointer: str, *, least: int = 0) -> None:
    for index, part in enumerate(check_list(found, value, pointer, least=least)):
        _check_by_type(found, part, f"{pointer}/{index}", _PARTS)


def _section(found: Findings, element: dict[str, Any], pointer: str) -> None:
    # Block Kit reference: rich text section element
    if check_keys(found, element, pointer, required=("elements",)):
        _check_parts(found, element["elements"], f"{pointer}/elements")


def _quote(found: Findings, element: dict[str, Any], pointer: str) -> None:
    # Block Kit reference: rich text quote element (border 0 or 1)
    if check_keys(found, element, pointer, required=("elements",), optional=("border",)):
        _check_parts(found, element["elements"], f"{pointer}/elements")
    check_choice(found, element.get("border", 0), f"{pointer}/border", (0, 1))


def _preformatted(found: Findings, element: dict[str, Any], pointer: str) -> None:
    # Block Kit reference: rich text preformatted element (text and link elements only, language)
    if check_keys(found, element, pointer, required=("elements",), optional=("border", "language")):
        for index, part in enumerate(check_list(found, element["elements"], f"{pointer}/elements", least=0)):
            kinds = {"text": _text, "link": _link}
            _check_by_type(found, part, f"{pointer}/elements/{index}", kinds)
    check_choice(found, element.get("border", 0), f"{pointer}/border", (0, 1))


def _list(found: Findings, element: dict[str, Any], pointer: str) -> None:
    # Block Kit reference: rich text list element (bullet or ordered, indent 0 to 8, offset, border)
    optional = ("indent", "offset", "border")
    if check_keys(found, element, pointer, required=("style", "elements"), optional=optional):
        check_choice(found, element["style"], f"{pointer}/style", ("bullet", "ordered"))
        for index, part in enumerate(check_list(found, element["elements"], f"{pointer}/elements")):
            _check_by_type(found, part, f"{pointer}/elements/{index}", {"rich_text_section": _section})
    check_choice(found, element.get("indent", 0), f"{pointer}/indent", range(9))
    check_choice(found, element.get("border", 0), f"{pointer}/border", (0, 1))
    if not isinstance(element.get("offset", 0), int) or element.get("offset", 0) < 0:
        found.say("must provide an integer", f"{pointer}/offset")


def _style(found: Findings, element: dict[str, Any], pointer: str) -> None:
    style = element.get("style", {})
    if not isinstance(style, dict):
        found.say("must provide an object", f"{pointer}/style")
        return
    for name, value in style.items():
        if name not in STYLE_KEYS:
            found.say(f"invalid additional property: {name}", f"{pointer}/style")
        elif not isinstance(value, bool):
            found.say("must provide a boolean", f"{pointer}/style/{name}")


def _text(found: Findings, element: dict[str, Any], pointer: str) -> None:
    # Block Kit reference: text element
    if check_keys(found, element, pointer, required=("text",), optional=("style",)):
        check_string(found, element["text"], f"{pointer}/text")
    _style(found, element, pointer)


def _link(found: Findings, element: dict[str, Any], pointer: str) -> None:
    # Block Kit reference: link element
    optional = ("text", "unsafe", "style")
    if check_keys(found, element, pointer, required=("url",), optional=optional):
        check_url(found, element["url"], f"{pointer}/url")
    if "text" in element:
        check_string(found, element["text"], f"{pointer}/text")
    _style(found, element, pointer)


def _emoji(found: Findings, element: dict[str, Any], pointer: str) -> None:
    # Block Kit reference: emoji element
    if check_keys(found, element, pointer, required=("name",), optional=("unicode", "skin_tone", "style")):
        check_string(found, element["name"], f"{pointer}/name", most=STRING_ID_MAX)
    _style(found, element, pointer)


def _date(found: Findings, element: dict[str, Any], pointer: str) -> None:
    # Block Kit reference: date element. Slack answers "must provide an integer" to a text timestamp.
    optional = ("url", "fallback", "timezone", "style")
    if not check_keys(found, element, pointer, required=("timestamp", "format"), optional=optional):
        return
    if isinstance(element["timestamp"], bool) or not isinstance(element["timestamp"], int):
        found.say("must provide an integer", f"{pointer}/timestamp")
    if check_string(found, element["format"], f"{pointer}/format"):
        tokens = _TOKEN.findall(element["format"])
        if not tokens or not _DATE_TOKENS.issuperset(tokens):
            found.say("must use known date tokens", f"{pointer}/format")
    if "url" in element:
        check_url(found, element["url"], f"{pointer}/url")
    if "fallback" in element:
        check_string(found, element["fallback"], f"{pointer}/fallback")
    _style(found, element, pointer)


def _color(found: Findings, element: dict[str, Any], pointer: str) -> None:
    # Block Kit reference: color element (a hex value)
    if check_keys(found, element, pointer, required=("value",), optional=("style",)) and not (
        isinstance(element["value"], str) and _COLOR.fullmatch(element["value"])
    ):
        found.say("must be a hex color", f"{pointer}/value")


def _broadcast(found: Findings, element: dict[str, Any], pointer: str) -> None:
    # Block Kit reference: broadcast element. The one way to notify a whole channel on purpose.
    if check_keys(found, element, pointer, required=("range",), optional=("style",)):
        check_choice(found, element["range"], f"{pointer}/range", ("here", "channel", "everyone"))


def _mention(name: str) -> Callable[[Findings, dict[str, Any], str], None]:
    # Block Kit reference: user, usergroup, channel and team elements
    def check(found: Findings, element: dict[str, Any], pointer: str) -> None:
        if check_keys(found, element, pointer, required=(name,), optional=("style",)) and not (
            isinstance(element[name], str) and _SLACK_ID.fullmatch(element[name])
        ):
            found.say("must be an encoded id", f"{pointer}/{name}")
        _style(found, element, pointer)

    return check


_CONTAINERS = {
    "rich_text_section": _section,
    "rich_text_list": _list,
    "rich_text_quote": _quote,
    "rich_text_preformatted": _preformatted,
}
_PARTS = {
    "text": _text,
    "link": _link,
    "emoji": _emoji,
    "date": _date,
    "color": _color,
    "broadcast": _broadcast,
    "user": _mention("user_id"),
    "usergroup": _mention("usergroup_id"),
    "channel": _mention("channel_id"),
    "team": _mention("team_id"),
}
