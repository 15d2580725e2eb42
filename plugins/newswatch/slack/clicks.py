"""A click on a button or an option of the overflow menu, read from the payload that Slack sends. Pure.

Slack's reference: "block_actions payloads". The same payload comes over Socket Mode and as a
signed form. Its texts are not trusted: the message is looked up by its id, and the channel has to
be that message's own.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import Any

from newswatch.errors import PermanentError
from newswatch.slack.buttons import ACTIONS, MENU, Action
from newswatch.slack.text import clean, shorten

_MESSAGE_ID = re.compile(r"[\w.:-]{1,64}", re.ASCII)
_SLACK_ID = re.compile(r"[A-Z0-9]{3,30}", re.ASCII)
_MAX_NAME_CHARS = 60


class BadClick(PermanentError):
    """The payload is not a click that Slack would send."""


@dataclass(frozen=True, slots=True)
class Click:
    """One click. `at` is when the reader clicked, by Slack's clock."""

    action: Action
    message_id: str
    channel: str
    user_id: str
    user_name: str
    at: datetime


def read_click(payload: Any) -> Click | None:
    """The click in an interactive payload; None if it is not for one of our buttons. Raises BadClick."""
    if not isinstance(payload, Mapping):
        raise BadClick("the payload is not an object")
    actions = payload.get("actions")
    if payload.get("type") != "block_actions" or not isinstance(actions, list) or not actions:
        return None
    action = actions[0] if isinstance(actions[0], Mapping) else {}
    name, value = action.get("action_id"), action.get("value")
    if name == MENU:
        name, _, value = str(part_of(action, "selected_option").get("value")).partition(" ")
    known = ACTIONS.get(str(name))
    if known is None:
        return None
    user = part_of(payload, "user")
    return Click(
        action=known,
        message_id=formed(value, _MESSAGE_ID, "the button's value"),
        channel=formed(part_of(payload, "channel").get("id"), _SLACK_ID, "channel.id"),
        user_id=formed(user.get("id"), _SLACK_ID, "user.id"),
        user_name=shorten(clean(str(user.get("username") or user.get("name") or "")), _MAX_NAME_CHARS),
        at=_moment(action.get("action_ts")),
    )


def part_of(payload: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    """An object inside what Slack sent. Raises BadClick if it is not there."""
    part = payload.get(name)
    if not isinstance(part, Mapping):
        raise BadClick(f"the payload has no {name}")
    return part


def formed(value: Any, form: re.Pattern[str], what: str) -> str:
    """A text that has this form. Raises BadClick, naming `what`, for anything else."""
    if not isinstance(value, str) or not form.fullmatch(value):
        raise BadClick(f"{what} is not what Slack would send")
    return value


def _moment(value: Any) -> datetime:
    try:
        return datetime.fromtimestamp(float(value), timezone.utc)
    except (TypeError, ValueError, OverflowError, OSError) as error:
        raise BadClick("action_ts is not a time") from error
