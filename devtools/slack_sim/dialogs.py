"""Modals and what opens them: trigger ids, open views, and the addresses that answer an interaction.

Slack docs: "Modals" (a trigger_id works once, within three seconds) and "Handling user interaction" (a response_url
works five times within thirty minutes).
"""

from __future__ import annotations

import itertools
import secrets
from dataclasses import dataclass, field
from typing import Any

from devtools.slack_sim.errors import SlackError, invalid
from devtools.slack_sim.modals import check_view
from devtools.slack_sim.state import BOT

ANSWERS_MOST = 5
ANSWERS_WITHIN_S = 1800.0


@dataclass(slots=True)
class OpenView:
    """A modal as its user sees it. `errors` are by block_id; `values` are what was typed, by block_id."""

    id: str
    user: str
    view: dict[str, Any]
    hash: str
    errors: dict[str, str] = field(default_factory=dict)
    values: dict[str, Any] = field(default_factory=dict)

    def record(self) -> dict[str, Any]:
        """For `GET /sim/views` and the page."""
        return {
            "id": self.id,
            "user": self.user,
            "view": self.view,
            "errors": self.errors,
            "values": self.values,
        }

    def shown(self) -> dict[str, Any]:
        """The view object, as in payloads and in the answers of the Web API."""
        empty = {"private_metadata": "", "callback_id": "", "close": None, "submit": None}
        ids = {"id": self.id, "team_id": BOT["team"], "app_id": BOT["app_id"], "bot_id": BOT["bot_id"]}
        tree = {"root_view_id": self.id, "previous_view_id": None, "hash": self.hash, "external_id": ""}
        return {**empty, **self.view, **ids, **tree}


@dataclass(slots=True)
class _Answering:
    """Where an answer to an interaction goes."""

    channel: str
    user: str
    since: float
    used: int = 0


class Dialogs:
    """Trigger ids, views and response addresses. Times are monotonic seconds."""

    def __init__(self) -> None:
        self._numbers = itertools.count(1)
        self._triggers: dict[str, tuple[float, str]] = {}
        self._used: set[str] = set()
        self._answers: dict[str, _Answering] = {}
        self.views: dict[str, OpenView] = {}

    def trigger(self, user: str, now: float) -> str:
        """A trigger_id for an interaction of this user."""
        made = f"{next(self._numbers)}.{int(now)}.{secrets.token_hex(16)}"
        self._triggers[made] = (now, user)
        return made

    def answer_path(self, channel: str, user: str, now: float) -> str:
        """The path of a response_url."""
        key = f"{next(self._numbers)}/{secrets.token_urlsafe(18)}"
        self._answers[key] = _Answering(channel, user, now)
        return f"/sim/response/{key}"

    def answering(self, key: str, now: float) -> tuple[str, str]:
        """The channel and the user of a response_url; counts its use. Raises Slack's answer to one that ended."""
        found = self._answers.get(key)
        if found is None or now - found.since > ANSWERS_WITHIN_S:
            raise SlackError("expired_url")
        if found.used >= ANSWERS_MOST:
            raise SlackError("used_url")
        found.used += 1
        return found.channel, found.user

    def open(self, trigger_id: str, view: Any, now: float, valid_s: float) -> OpenView:
        """views.open. Raises SlackError."""
        if trigger_id in self._used:
            raise SlackError("exchanged_trigger_id")
        if trigger_id not in self._triggers:
            raise SlackError("invalid_trigger_id")
        since, user = self._triggers[trigger_id]
        if now - since > valid_s:
            raise SlackError("expired_trigger_id")
        check_view(view)
        self._used.add(trigger_id)
        opened = OpenView(f"V{next(self._numbers):08d}", user, _with_ids(view), _hash())
        self.views[opened.id] = opened
        return opened

    def update(self, view_id: str, view: Any, given_hash: str | None = None) -> OpenView:
        """views.update, and the response_action of that name. Raises SlackError."""
        found = self.views.get(view_id)
        if found is None:
            raise SlackError("not_found")
        if given_hash and given_hash != found.hash:
            raise SlackError("hash_conflict")
        check_view(view)
        made = _with_ids(view)
        kept = {block["block_id"] for block in made["blocks"] if block["type"] == "input"}
        # Modal views, "preserving input entry": the same block_id and action_id keep what was typed
        found.values = {name: value for name, value in found.values.items() if name in kept}
        found.view, found.hash, found.errors = made, _hash(), {}
        return found

    def close(self, view_id: str) -> bool:
        """Whether there was such a view."""
        return self.views.pop(view_id, None) is not None


def required_view(args: dict[str, Any]) -> Any:
    """The `view` argument. Raises invalid_arguments."""
    if not isinstance(args.get("view"), dict):
        raise invalid("invalid_arguments", ["missing required field: view"])
    return args["view"]


def _hash() -> str:
    return f"{secrets.randbelow(10**10)}.{secrets.token_hex(4)}"


def _with_ids(view: dict[str, Any]) -> dict[str, Any]:
    blocks = [
        {**block, "block_id": block.get("block_id") or secrets.token_hex(3)} for block in view["blocks"]
    ]
    return {**view, "blocks": blocks}
