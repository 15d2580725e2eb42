"""What a person fills into a modal: the values of its inputs, and what Slack's client does not let through."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")


class BadForm(ValueError):
    """Slack's client would not send this; the text says why."""


def inputs_of(view: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """The input blocks of a view."""
    return (block for block in view["blocks"] if block["type"] == "input")


def initial_values(view: Mapping[str, Any]) -> dict[str, Any]:
    """What the inputs begin with, by block_id: a text, the value of an option, or a date."""
    found: dict[str, Any] = {}
    for block in inputs_of(view):
        element = block["element"]
        option = element.get("initial_option")
        given = option["value"] if option else element.get("initial_value") or element.get("initial_date")
        if given is not None:
            found[block["block_id"]] = given
    return found


def state_of(view: Mapping[str, Any], values: Mapping[str, Any], *, complete: bool) -> dict[str, Any]:
    """`view.state.values` of a payload. Raises BadForm; with `complete` also for required inputs without a value."""
    known = {block["block_id"] for block in inputs_of(view)}
    unknown = set(values) - known
    if unknown:
        raise BadForm(f"no input has the block_id {min(unknown)}; there are: {', '.join(sorted(known))}")
    state: dict[str, Any] = {}
    for block in inputs_of(view):
        value = values.get(block["block_id"])
        if complete and not block.get("optional") and value in {None, ""}:
            raise BadForm(f"{block['block_id']} must be filled in")
        action = block["element"].get("action_id", "a")
        state[block["block_id"]] = {action: _typed(block["element"], block["block_id"], value)}
    return state


def _typed(element: Mapping[str, Any], name: str, value: Any) -> dict[str, Any]:
    kind = element["type"]
    if kind == "plain_text_input":
        text = value or None
        least, most = element.get("min_length", 0), element.get("max_length", 3000)
        if text is not None and not (isinstance(text, str) and least <= len(text) <= most):
            raise BadForm(f"{name} must be a text of {least} to {most} characters")
        return {"type": kind, "value": text}
    if kind == "datepicker":
        if value is not None and not (isinstance(value, str) and _DATE.fullmatch(value)):
            raise BadForm(f"{name} must be a date, not {value!r}")
        return {"type": kind, "selected_date": value}
    chosen = next((option for option in element["options"] if option["value"] == value), None)
    if value is not None and chosen is None:
        raise BadForm(f"{name} has no option {value!r}")
    return {"type": kind, "selected_option": chosen}
