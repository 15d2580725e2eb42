"""A click on a button or on an option of an overflow menu: finding it, and the payload that Slack sends to the app."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from devtools.slack_sim.elements import PRESSED
from devtools.slack_sim.shown import shown
from devtools.slack_sim.signing import SIGNATURES, TIMESTAMPS
from devtools.slack_sim.state import BOT, Channel, SimMessage
from devtools.slack_sim.users import READER, User

REPEAT_MAX = 100
# Deprecated by Slack in favour of signatures, but still in every payload.
VERIFICATION_TOKEN = "simulator-verification-token"  # noqa: S105 - opens nothing
_KEYS = ("channel", "ts", "action_id", "option", "block_id", "user", "repeat", "signature", "timestamp")
_USER_ID = re.compile(r"[UW][A-Z0-9]{2,}")


class BadClickOrder(ValueError):
    """An order to click that is not valid; the text says why."""


class NoSuchButton(LookupError):
    """The message, the button or the option does not exist; the text says which do."""


@dataclass(frozen=True, slots=True)
class ClickOrder:
    """Who clicks what. `option` is the value of the chosen option of an overflow menu.

    `repeat`: how often the same payload is delivered.

    `signature` and `timestamp` make the signed request wrong, see devtools.slack_sim.signing.
    """

    channel: str
    ts: str
    action_id: str
    option: str | None = None
    block_id: str | None = None
    user: User = READER
    repeat: int = 1
    signature: str | None = None
    timestamp: str | None = None


def read_click(order: Any, known: Mapping[str, str]) -> ClickOrder:
    """A click from its JSON form; `known` are names by user id. Raises BadClickOrder."""
    if not isinstance(order, dict):
        raise BadClickOrder(f"a click must be an object, not {order!r}")
    if set(order) - set(_KEYS):
        raise BadClickOrder(f"unknown keys {sorted(set(order) - set(_KEYS))}; known: {', '.join(_KEYS)}")
    for name in ("channel", "ts", "action_id"):
        if not isinstance(order.get(name), str) or not order[name]:
            raise BadClickOrder(f"{name} must be a text, not {order.get(name)!r}")
    if not isinstance(order.get("option", ""), str | None):
        raise BadClickOrder(f"option must be the value of an option, not {order['option']!r}")
    for name, values in (("signature", SIGNATURES), ("timestamp", TIMESTAMPS)):
        if order.get(name) not in values:
            raise BadClickOrder(
                f"{name} must be one of {', '.join(map(str, values[1:]))}, not {order[name]!r}"
            )
    repeat = order.get("repeat", 1)
    if isinstance(repeat, bool) or not isinstance(repeat, int) or not 1 <= repeat <= REPEAT_MAX:
        raise BadClickOrder(f"repeat must be a whole number from 1 to {REPEAT_MAX}, not {repeat!r}")
    return ClickOrder(**{**order, "user": read_user(order.get("user"), known), "repeat": repeat})


def read_user(value: Any, known: Mapping[str, str]) -> User:
    """The user of an order; the reader of the page if it names none. Raises BadClickOrder."""
    if value is None:
        return READER
    if not isinstance(value, dict) or not _USER_ID.fullmatch(str(value.get("id"))):
        raise BadClickOrder(
            f'user must be an object such as {{"id": "U0EDITOR", "name": "editor"}}, not {value!r}'
        )
    return User(value["id"], str(value.get("name") or known.get(value["id"]) or value["id"].lower()))


@dataclass(frozen=True, slots=True)
class Button:
    """A button or an overflow menu in its message. `element` is its Block Kit element."""

    channel: Channel
    message: SimMessage
    block_id: str
    element: dict[str, Any]
    option: dict[str, Any] | None = None
    """The chosen option of a menu."""


def find_button(click: ClickOrder, channels: Mapping[str, Channel]) -> Button:
    """The button of this click. Raises NoSuchButton."""
    channel = channels.get(click.channel)
    message = channel.messages.get(click.ts) if channel else None
    if channel is None or message is None:
        raise NoSuchButton(f"channel {click.channel} has no message {click.ts}")
    there = list(_buttons(message))
    for block_id, button in there:
        if button["action_id"] == click.action_id and click.block_id in {None, block_id}:
            return Button(channel, message, block_id, button, _option(click, button))
    names = ", ".join(f"{button['action_id']} in block {block_id}" for block_id, button in there)
    place = f" in block {click.block_id}" if click.block_id else ""
    raise NoSuchButton(
        f"message {click.ts} has no button {click.action_id}{place}; its buttons: {names or 'none'}"
    )


def _option(click: ClickOrder, element: dict[str, Any]) -> dict[str, Any] | None:
    """The chosen option, None for a button. Raises NoSuchButton."""
    options: list[dict[str, Any]] = element.get("options", [])
    chosen = next((option for option in options if option["value"] == click.option), None)
    if chosen is None and (options or click.option is not None):
        names = ", ".join(option["value"] for option in options)
        raise NoSuchButton(
            f"{click.action_id} has no option {click.option}; its options: {names or 'none, it is a button'}"
        )
    return chosen


def _buttons(message: SimMessage) -> Iterator[tuple[str, dict[str, Any]]]:
    for block in message.blocks:
        elements = block.get("elements", ()) if block["type"] == "actions" else [block.get("accessory")]
        for element in elements:
            if element and element["type"] in PRESSED:
                yield block["block_id"], element


def block_actions(
    click: ClickOrder, button: Button, *, wall: float, trigger_id: str, response_url: str
) -> dict[str, Any]:
    """The payload. Slack docs: "block_actions payload", the columns for messages.

    It has the message without its metadata.
    """
    channel, message = button.channel, button.message
    thread = {"thread_ts": message.thread_ts} if message.thread_ts else {}
    return {
        "type": "block_actions",
        "user": {
            "id": click.user.id,
            "username": click.user.name,
            "name": click.user.name,
            "team_id": click.user.team_id,
        },
        "api_app_id": BOT["app_id"],
        "token": VERIFICATION_TOKEN,
        "container": {
            "type": "message",
            "message_ts": message.ts,
            "channel_id": channel.id,
            "is_ephemeral": False,
            **thread,
        },
        "trigger_id": trigger_id,
        "team": {"id": BOT["team"], "domain": "simulator"},
        "enterprise": None,
        "is_enterprise_install": False,
        "channel": {"id": channel.id, "name": channel.name},
        "message": shown(message, channel),
        "state": {"values": {}},
        "response_url": response_url,
        "actions": [_action(button, wall)],
    }


def _action(button: Button, wall: float) -> dict[str, Any]:
    element, option = button.element, button.option
    if option is None:
        given: dict[str, Any] = {name: element[name] for name in ("value", "style", "url") if name in element}
        what: dict[str, Any] = {"text": _with_emoji(element["text"]), **given}
    else:
        what = {"selected_option": {**option, "text": _with_emoji(option["text"])}}
    micros = int(wall * 1_000_000)
    return {
        "type": element["type"],
        "action_id": element["action_id"],
        "block_id": button.block_id,
        **what,
        "action_ts": f"{micros // 1_000_000}.{micros % 1_000_000:06d}",
    }


def _with_emoji(text: dict[str, Any]) -> dict[str, Any]:
    return {"emoji": True, **text}
