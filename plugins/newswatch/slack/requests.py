"""What people ask for in Slack besides clicks: commands, message shortcuts, and modals that they send. Pure.

Slack's reference: "Slash commands", "Shortcuts payloads", "view_submission payload", "block_actions payload". The same
payloads come over Socket Mode and as signed forms. Their texts are not trusted: what somebody may do is asked of Slack
by the user's id, never read from here.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from newswatch.slack.clicks import BadClick, formed, part_of
from newswatch.slack.payload import BLOCK_MARKER
from newswatch.slack.text import clean, shorten

COMMAND = "/newswatch"
MISSED, WHY = "newswatch_missed", "newswatch_why"
"""The callback ids of the message shortcuts, as in docs/slack-app.yaml."""

MAX_TEXT_CHARS = 3_000
_MAX_NAME_CHARS = 60
_SLACK_ID = re.compile(r"[A-Z0-9]{3,30}", re.ASCII)
_TOKEN = re.compile(r"[!-;=?-~]{1,300}", re.ASCII)
_MARKER = re.compile(rf"{BLOCK_MARKER}:([\w.:-]{{1,64}}):", re.ASCII)
_LINK = re.compile(r"https?://[^\s<>|]+")


@dataclass(frozen=True, slots=True)
class Asker:
    """Who asks. `name` is for people to read and proves nothing."""

    id: str
    name: str


@dataclass(frozen=True, slots=True)
class Command:
    """`/newswatch VERB REST`, typed in a channel. The answer goes to `response_url`, a modal needs `trigger_id`."""

    asker: Asker
    channel: str
    verb: str
    rest: str
    trigger_id: str
    response_url: str


@dataclass(frozen=True, slots=True)
class Shortcut:
    """A shortcut chosen in a message's menu.

    `text` and `link` are the message's own, "" where it has none. `message_id` is ours, "" for a message of somebody else.
    """

    asker: Asker
    channel: str
    name: str
    text: str
    link: str
    message_id: str
    trigger_id: str
    response_url: str


@dataclass(frozen=True, slots=True)
class Sent:
    """A modal that was sent, or (`button` is not "") a button in it that was pressed.

    `values` are by block_id: texts, options' values and dates, "" for what was left empty. `kept` is its private_metadata.
    """

    asker: Asker
    view_id: str
    form: str
    button: str
    values: Mapping[str, str] = field(default_factory=dict)
    kept: Mapping[str, str] = field(default_factory=dict)


Request = Command | Shortcut | Sent


def _nothing() -> None:
    """Nothing is left to do."""


@dataclass(frozen=True, slots=True)
class Receipt:
    """What is acknowledged to Slack, and what begins once that is sent: Slack waits three seconds.

    `answer` is the acknowledgement's payload, None for none.
    """

    answer: dict[str, Any] | None = None
    begin: Callable[[], None] = _nothing


def read_request(payload: Any) -> Request | None:
    """The request in a payload; None if it is for nothing of ours. Raises BadClick for what Slack would not send."""
    if not isinstance(payload, Mapping):
        raise BadClick("the payload is not an object")
    kind = payload.get("type")
    if payload.get("command") == COMMAND:
        return _command(payload)
    if kind == "message_action" and payload.get("callback_id") in {MISSED, WHY}:
        return _shortcut(payload)
    if kind == "view_submission":
        return _sent(payload, "")
    view, actions = payload.get("view"), payload.get("actions")
    if kind == "block_actions" and isinstance(view, Mapping) and isinstance(actions, list) and actions:
        action = actions[0] if isinstance(actions[0], Mapping) else {}
        return _sent(payload, str(action.get("action_id")))
    return None


def _command(payload: Mapping[str, Any]) -> Command:
    verb, _, rest = _text(payload.get("text")).partition(" ")
    return Command(
        asker=_asker(payload.get("user_id"), payload.get("user_name")),
        channel=formed(payload.get("channel_id"), _SLACK_ID, "channel_id"),
        verb=verb.lower(),
        rest=rest.strip(),
        trigger_id=formed(payload.get("trigger_id"), _TOKEN, "trigger_id"),
        response_url=formed(payload.get("response_url"), _TOKEN, "response_url"),
    )


def _shortcut(payload: Mapping[str, Any]) -> Shortcut:
    message = part_of(payload, "message")
    said = str(message.get("text") or "")
    links = [*_links(message.get("blocks")), *map(_unescaped, _LINK.findall(said))]
    return Shortcut(
        asker=_user(payload),
        channel=formed(part_of(payload, "channel").get("id"), _SLACK_ID, "channel.id"),
        name=str(payload["callback_id"]),
        text=_text(_unescaped(said)),
        link=links[0] if links else "",
        message_id=_marker(message),
        trigger_id=formed(payload.get("trigger_id"), _TOKEN, "trigger_id"),
        response_url=formed(payload.get("response_url"), _TOKEN, "response_url"),
    )


def _sent(payload: Mapping[str, Any], button: str) -> Sent:
    view = part_of(payload, "view")
    return Sent(
        asker=_user(payload),
        view_id=formed(view.get("id"), _SLACK_ID, "view.id"),
        form=str(view.get("callback_id") or ""),
        button=button,
        values=_values(view),
        kept=_kept(view.get("private_metadata")),
    )


def _values(view: Mapping[str, Any]) -> dict[str, str]:
    """Slack's reference: `view.state.values`, by block_id and action_id. Each of our inputs has one action."""
    state = view.get("state")
    given = state.get("values") if isinstance(state, Mapping) else None
    found: dict[str, str] = {}
    for name, actions in (given or {}).items() if isinstance(given, Mapping) else ():
        one = next(iter(actions.values()), None) if isinstance(actions, Mapping) else None
        if isinstance(one, Mapping):
            option = one.get("selected_option")
            chosen = option.get("value") if isinstance(option, Mapping) else None
            found[str(name)] = _text(chosen or one.get("selected_date") or one.get("value"))
    return found


def _kept(given: Any) -> dict[str, str]:
    try:
        plain = json.loads(given or "{}")
    except (TypeError, ValueError) as error:
        raise BadClick("private_metadata is not ours") from error
    if not isinstance(plain, dict):
        raise BadClick("private_metadata is not ours")
    return {str(name): str(value) for name, value in plain.items()}


def _marker(message: Mapping[str, Any]) -> str:
    """The id of our message, from the block_id that each of its blocks begins with."""
    blocks = message.get("blocks")
    for block in blocks if isinstance(blocks, list) else ():
        found = _MARKER.match(str(block.get("block_id"))) if isinstance(block, Mapping) else None
        if found:
            return found[1]
    return ""


def _links(value: Any, depth: int = 0) -> Iterator[str]:
    """The links of rich text, in order."""
    if isinstance(value, list) and depth < 20:
        for one in value:
            yield from _links(one, depth + 1)
    elif isinstance(value, Mapping):
        if value.get("type") == "link" and _LINK.fullmatch(str(value.get("url"))):
            yield str(value["url"])
        yield from _links(value.get("elements"), depth + 1)


def _user(payload: Mapping[str, Any]) -> Asker:
    user = part_of(payload, "user")
    return _asker(user.get("id"), user.get("username") or user.get("name"))


def _asker(user_id: Any, name: Any) -> Asker:
    shown = shorten(clean(str(name or "")), _MAX_NAME_CHARS)
    return Asker(formed(user_id, _SLACK_ID, "the user's id"), shown)


def _unescaped(text: str) -> str:
    """Slack escapes exactly these three in a message's text."""
    return text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


def _text(value: Any) -> str:
    return clean(str(value or "")[:MAX_TEXT_CHARS])
